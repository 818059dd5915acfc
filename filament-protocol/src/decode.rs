//! Fail-closed decoding of commands, request bodies and events.
//!
//! One typed pass takes nearly everything that is correct. What it does not take is read again into a tree, which
//! tells syntax from shape from bounds and names the place. Verdicts fall in this order: size, UTF-8, JSON syntax and
//! depth, duplicate names, the envelope, an unknown name, the payload. A request body has no envelope; in it a wrong
//! shape wins over a value out of bounds.

mod envelope;
mod error;
mod item;

pub use error::{CommandError, DecodeError, DecodeErrorKind};
pub(crate) use item::{BATCH_ITEM_SHAPE, IN_ORDER, read_batch_item};

use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::command::{Command, CommandKind};
use crate::event::{Event, EventKind};
use crate::limits::{ANSWER_BYTES_MAX, BODY_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::rest::{Answer, Body};
use crate::strict::Strict;
use crate::tree::{Fault, NodeReader, Tree};
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

impl Serialize for Received {
    /// Writes the whole envelope.
    ///
    /// # Errors
    /// An unknown event has no payload to write.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Event(event) => event.serialize(serializer),
            Self::Unknown { name } => Err(S::Error::custom(format_args!("the payload of `{name}` is not known"))),
        }
    }
}

/// Reads one server event as a client does: unknown events and unknown members of a payload are passed over (ENV-10),
/// everything else that no version of the contract allows is refused.
///
/// # Errors
/// [`DecodeError`]. A refused event is not to be applied in part (ROL-5).
pub fn decode_event(message: &[u8]) -> Result<Received, DecodeError> {
    let text = check_document(message, MESSAGE_BYTES_MAX)?;
    match decode_envelope::<EventKind>(text) {
        Ok(Decoded::Known(event)) => Ok(Received::Event(event)),
        Ok(Decoded::Unknown(name)) => Ok(Received::Unknown { name }),
        Err(Failure::Envelope(error)) => Err(error),
        Err(Failure::Payload(kind, error)) => Err(error.of_event(kind)),
    }
}

/// Reads one server event as its author does, to prove one's own output: like [`decode_event`], but an unknown member
/// anywhere in the payload is refused too, in the events of a batch as well. Slower, since it looks at everything twice.
///
/// # Errors
/// As [`decode_event`]; then [`DecodeErrorKind::UnknownField`] at the first member that is not of the contract.
pub fn decode_event_strict(message: &[u8]) -> Result<Received, DecodeError> {
    let received = decode_event(message)?;
    let Received::Event(event) = &received else { return Ok(received) };
    let kind = event.kind();
    let text = check_document(message, MESSAGE_BYTES_MAX)?;
    let tree = parse_document(text)?;
    let payload = tree.members(Tree::ROOT).find(|&(name, _)| name == "d").map_or(Tree::ROOT, |(_, value)| value);
    match kind.shape().check_known(&tree, payload) {
        Ok(()) => Ok(received),
        Err(fault) => Err(DecodeError::new(fault.kind, Level::Payload, fault.path(&tree)).of_event(kind)),
    }
}

/// Reads the JSON answer of a REST route as a client does: unknown members are passed over.
///
/// # Errors
/// [`DecodeError`] for everything that no version of the contract allows; over 65,536 bytes too (HTTP-3).
pub fn decode_answer<T: Answer>(body: &[u8]) -> Result<T, DecodeError> {
    let text = check_document(body, ANSWER_BYTES_MAX)?;
    read_document(text).map_err(|refused| match refused {
        Refused::Document(error) => error,
        Refused::Value(tree, fault) => DecodeError::new(fault.kind, Level::Payload, fault.path(&tree)),
    })
}

/// Reads the JSON answer of a REST route as its author does, to prove one's own output: an unknown member is refused.
///
/// # Errors
/// As [`decode_answer`]; then [`DecodeErrorKind::UnknownField`] at the first member that is not of the contract.
pub fn decode_answer_strict<T: Answer>(body: &[u8]) -> Result<T, DecodeError> {
    let answer = decode_answer(body)?;
    let tree = parse_document(check_document(body, ANSWER_BYTES_MAX)?)?;
    match T::SHAPE.check_known(&tree, Tree::ROOT) {
        Ok(()) => Ok(answer),
        Err(fault) => Err(DecodeError::new(fault.kind, Level::Payload, fault.path(&tree))),
    }
}

/// Reads the JSON body of a request: no unknown, missing, duplicate or null member.
///
/// # Errors
/// [`DecodeError`], of which exactly one of [`is_syntax`](DecodeError::is_syntax) (400),
/// [`is_shape`](DecodeError::is_shape) (422) and [`is_bounds`](DecodeError::is_bounds) (400) holds (HTTP-7).
pub fn decode_body<T: Body>(body: &[u8]) -> Result<T, DecodeError> {
    let text = check_document(body, BODY_BYTES_MAX)?;
    read_document(text).map_err(|refused| match refused {
        Refused::Document(error) => error,
        Refused::Value(tree, mut fault) => {
            if fault.kind == DecodeErrorKind::OutOfBounds
                && let Err(shape) = T::SHAPE.check(&tree, Tree::ROOT)
            {
                fault = shape;
            }
            DecodeError::new(fault.kind, Level::Payload, fault.path(&tree))
        }
    })
}

/// Why a document was not read.
enum Refused<'a> {
    /// It is no JSON document of the contract.
    Document(DecodeError),
    /// Its value is not of the type.
    Value(Tree<'a>, Fault),
}

/// Reads a value that fills a whole document.
fn read_document<T: DeserializeOwned>(text: &str) -> Result<T, Refused<'_>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    if let Ok(value) = T::deserialize(Strict(&mut reader))
        && reader.end().is_ok()
    {
        return Ok(value);
    }
    let tree = parse_document(text).map_err(Refused::Document)?;
    match T::deserialize(NodeReader::new(&tree, Tree::ROOT)) {
        Ok(value) => Ok(value),
        Err(fault) => Err(Refused::Value(tree, fault)),
    }
}

fn parse_document(text: &str) -> Result<Tree<'_>, DecodeError> {
    let tree = Tree::parse(text).map_err(|kind| DecodeError::new(kind, Level::Document, String::new()))?;
    match tree.duplicate() {
        Some(name) => Err(DecodeError::new(DecodeErrorKind::Duplicate, Level::Document, tree.path(name))),
        None => Ok(tree),
    }
}

fn check_document(bytes: &[u8], bytes_max: usize) -> Result<&str, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::new(DecodeErrorKind::TooLarge, Level::Document, String::new()));
    }
    std::str::from_utf8(bytes).map_err(|_| DecodeError::new(DecodeErrorKind::NotUtf8, Level::Document, String::new()))
}
