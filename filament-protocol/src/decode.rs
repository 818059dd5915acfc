//! Fail-closed decoding of commands, request bodies and events.
//!
//! One typed pass takes nearly everything that is correct. What it does not take is read again into a tree, which
//! tells syntax from shape from bounds and names the place. Verdicts fall in this order: size, UTF-8, JSON syntax and
//! depth, duplicate names, the envelope, an unknown name, the payload. A request body has no envelope; in it a wrong
//! shape wins over a value out of bounds.

mod envelope;
mod error;

pub use error::{CommandError, DecodeError, DecodeErrorKind};

use crate::command::{Command, CommandKind};
use crate::event::{Event, EventKind};
use crate::limits::{BODY_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::rest::Body;
use crate::strict::Strict;
use crate::tree::{NodeReader, Tree};
use envelope::{Decoded, Failure, decode_envelope};
use error::Level;

/// Reads one client command out of a whole gateway message.
///
/// # Errors
/// [`CommandError`], which says with which code the connection is closed (ENV-1 to ENV-9, CMD-3).
///
/// ```
/// use filament_protocol::{Command, decode_command};
///
/// let text = br#"{"v":1,"t":"heartbeat","d":{"s":7}}"#;
/// assert!(matches!(decode_command(text), Ok(Command::Heartbeat(beat)) if beat.s == 7));
/// ```
pub fn decode_command(message: &[u8]) -> Result<Command, CommandError> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(CommandError::TooLarge { bytes: message.len() });
    }
    let text = std::str::from_utf8(message).map_err(|_| CommandError::NotUtf8)?;
    match decode_envelope::<CommandKind>(text) {
        Ok(Decoded::Known(command)) => Ok(command),
        Ok(Decoded::Unknown(name)) => Err(CommandError::Unknown { name }),
        Err(Failure::Envelope(error)) => Err(CommandError::Envelope(error)),
        Err(Failure::Payload(command, error)) => Err(CommandError::Payload { command, error }),
    }
}

/// What [`decode_event`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// An event of this version of the contract.
    Event(Event),
    /// A well-formed event that this reader does not know, and skips (ENV-10).
    Unknown {
        /// Its `t`.
        name: Box<str>,
    },
}

/// Reads one server event: unknown events and unknown members of a payload are not errors (ENV-10).
///
/// # Errors
/// [`DecodeError`] for everything that no version of the contract allows.
pub fn decode_event(message: &[u8]) -> Result<Received, DecodeError> {
    let text = check_document(message, MESSAGE_BYTES_MAX)?;
    match decode_envelope::<EventKind>(text) {
        Ok(Decoded::Known(event)) => Ok(Received::Event(event)),
        Ok(Decoded::Unknown(name)) => Ok(Received::Unknown { name }),
        Err(Failure::Envelope(error)) => Err(error),
        Err(Failure::Payload(kind, error)) => Err(error.of_event(kind)),
    }
}

/// Reads the JSON body of a request: no unknown, missing, duplicate or null member.
///
/// # Errors
/// [`DecodeError`], of which exactly one of [`is_syntax`](DecodeError::is_syntax) (400),
/// [`is_shape`](DecodeError::is_shape) (422) and [`is_bounds`](DecodeError::is_bounds) (400) holds (HTTP-7).
pub fn decode_body<T: Body>(body: &[u8]) -> Result<T, DecodeError> {
    let text = check_document(body, BODY_BYTES_MAX)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    if let Ok(value) = T::deserialize(Strict(&mut reader))
        && reader.end().is_ok()
    {
        return Ok(value);
    }
    let tree = Tree::parse(text).map_err(|kind| DecodeError::new(kind, Level::Document, String::new()))?;
    if let Some(name) = tree.duplicate() {
        return Err(DecodeError::new(DecodeErrorKind::Duplicate, Level::Document, tree.path(name)));
    }
    T::deserialize(NodeReader::new(&tree, Tree::ROOT)).map_err(|mut fault| {
        if fault.kind == DecodeErrorKind::OutOfBounds
            && let Err(shape) = T::SHAPE.check(&tree, Tree::ROOT)
        {
            fault = shape;
        }
        DecodeError::new(fault.kind, Level::Payload, fault.path(&tree))
    })
}

fn check_document(bytes: &[u8], bytes_max: usize) -> Result<&str, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::new(DecodeErrorKind::TooLarge, Level::Document, String::new()));
    }
    std::str::from_utf8(bytes).map_err(|_| DecodeError::new(DecodeErrorKind::NotUtf8, Level::Document, String::new()))
}
