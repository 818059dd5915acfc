//! An event as text: the whole envelope, within its bound.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use thiserror::Error as ThisError;

use super::Event;
use crate::envelope;

/// Why an event could not be sealed.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum EncodeError {
    /// The whole text would be too long (ENV-12, RES-2).
    #[error("the event would take {bytes} bytes, over {bytes_max}")]
    TooLarge {
        /// Bytes it would take.
        bytes: usize,
        /// Bytes it may take.
        bytes_max: usize,
    },
    /// A payload has no JSON form: a batch that holds an event this crate does not know.
    #[error("the payload has no JSON form")]
    Payload(#[source] serde_json::Error),
}

impl Serialize for Event {
    /// Writes the whole envelope, `{"v":1,"t":…,"d":…}`. Knows no bound: [`encode`](Self::encode) does.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut envelope = serializer.serialize_struct("Event", 3)?;
        envelope.serialize_field("v", &envelope::VERSION)?;
        envelope.serialize_field("t", self.kind().name())?;
        self.serialize_members(&mut envelope)?;
        envelope.end()
    }
}

impl Event {
    /// Encodes the whole event, `{"v":1,"t":…,"d":…}`.
    ///
    /// # Errors
    /// As [`encode_into`](Self::encode_into).
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        /// Holds most events without growing.
        const CAPACITY: usize = 512;
        let mut text = Vec::with_capacity(CAPACITY);
        self.encode_into(&mut text)?;
        Ok(text)
    }

    /// Appends the whole event to `out`, which keeps its length on an error.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] over [`EventKind::bytes_max`](super::EventKind::bytes_max) bytes; [`EncodeError::Payload`]
    /// for a batch that holds an event this crate does not know.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        envelope::write_head(out, self.kind().name());
        if let Err(error) = self.write_payload(out) {
            out.truncate(start);
            return Err(EncodeError::Payload(error));
        }
        envelope::write_tail(out);
        let bytes = out.len() - start;
        let bytes_max = self.kind().bytes_max();
        if bytes > bytes_max {
            out.truncate(start);
            return Err(EncodeError::TooLarge { bytes, bytes_max });
        }
        Ok(())
    }
}
