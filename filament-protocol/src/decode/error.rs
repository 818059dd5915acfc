//! Why input was refused: typed, with the place, sorted by what the other side is told.

use std::fmt;

use thiserror::Error;

use crate::close::CloseCode;
use crate::command::CommandKind;
use crate::event::EventKind;

/// Which rule the input breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// Longer than the bound of its document.
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON, with anything behind the document, or with an unpaired surrogate.
    Syntax,
    /// Nested deeper than 32 (ENV-8).
    TooDeep,
    /// A member name twice in one object (ENV-6).
    Duplicate,
    /// Not an object where the envelope asks for one: the whole message or its `d` (ENV-4, ENV-5).
    NotEnvelope,
    /// `v` is not the integer 1 (ENV-2).
    Version,
    /// `t` is not a name (ENV-3).
    Name,
    /// A member that is not part of the contract (ENV-1, ENV-9).
    UnknownField,
    /// A member that has to be there is not.
    MissingField,
    /// Another JSON type, an array for an object included, or a number with a fraction or an exponent.
    WrongType,
    /// A word that is none of a closed list.
    UnknownWord,
    /// `null` where a value has to be, or for a member that may be absent.
    Null,
    /// A value of the right type outside of its bounds or form, or values that contradict each other.
    OutOfBounds,
}

impl DecodeErrorKind {
    /// Returns the stable code, as the vectors and the `validate` example write it: lower case with underscores.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::Syntax => "syntax",
            Self::TooDeep => "too_deep",
            Self::Duplicate => "duplicate",
            Self::NotEnvelope => "not_envelope",
            Self::Version => "version",
            Self::Name => "name",
            Self::UnknownField => "unknown_field",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::UnknownWord => "unknown_word",
            Self::Null => "null",
            Self::OutOfBounds => "out_of_bounds",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::TooLarge => "document too large",
            Self::NotUtf8 => "not UTF-8",
            Self::Syntax => "not JSON",
            Self::TooDeep => "nested too deep",
            Self::Duplicate => "duplicate member",
            Self::NotEnvelope => "not an object",
            Self::Version => "unsupported version",
            Self::Name => "not a name",
            Self::UnknownField => "unknown member",
            Self::MissingField => "missing member",
            Self::WrongType => "wrong JSON type",
            Self::UnknownWord => "unknown word",
            Self::Null => "null",
            Self::OutOfBounds => "value out of bounds",
        }
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.words())
    }
}

/// How far decoding came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The text is no JSON document of the contract.
    Document,
    /// The document is no envelope.
    Envelope,
    /// The payload or body is wrong.
    Payload,
}

/// Input that was refused.
///
/// It never quotes a value. Its path quotes member names, letters, digits and `_` only, cut at 64 characters each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    level: Level,
    path: String,
    event: Option<EventKind>,
}

impl DecodeError {
    pub(crate) fn new(kind: DecodeErrorKind, level: Level, path: String) -> Self {
        Self { kind, level, path, event: None }
    }

    pub(crate) fn of_event(mut self, event: EventKind) -> Self {
        self.event = Some(event);
        self
    }

    /// Returns which rule is broken.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the place: `d.attachment_ids[3]`, `name`; empty for the document itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns which event it is, if the envelope was understood. Always `None` for commands and bodies.
    #[must_use]
    pub const fn event_kind(&self) -> Option<EventKind> {
        self.event
    }

    /// Tells whether the document or its envelope is wrong, not its payload: close code 4500 on the gateway.
    #[must_use]
    pub const fn is_envelope(&self) -> bool {
        matches!(self.level, Level::Document | Level::Envelope)
    }

    /// Tells whether the bytes are not JSON of the contract: status 400 of HTTP-7.
    #[must_use]
    pub const fn is_syntax(&self) -> bool {
        match self.kind {
            DecodeErrorKind::TooLarge
            | DecodeErrorKind::NotUtf8
            | DecodeErrorKind::Syntax
            | DecodeErrorKind::TooDeep => true,
            DecodeErrorKind::Duplicate
            | DecodeErrorKind::NotEnvelope
            | DecodeErrorKind::Version
            | DecodeErrorKind::Name
            | DecodeErrorKind::UnknownField
            | DecodeErrorKind::MissingField
            | DecodeErrorKind::WrongType
            | DecodeErrorKind::UnknownWord
            | DecodeErrorKind::Null
            | DecodeErrorKind::OutOfBounds => false,
        }
    }

    /// Tells whether the JSON has the wrong shape: status 422 of HTTP-7.
    #[must_use]
    pub const fn is_shape(&self) -> bool {
        !self.is_syntax() && !self.is_bounds()
    }

    /// Tells whether the shape is right but a value is not: status 400 of HTTP-7.
    #[must_use]
    pub const fn is_bounds(&self) -> bool {
        matches!(self.kind, DecodeErrorKind::OutOfBounds)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        if self.path.is_empty() { Ok(()) } else { write!(formatter, " at `{}`", self.path) }
    }
}

impl std::error::Error for DecodeError {}

/// A command that was refused: the connection is closed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The message is over 65,536 bytes (ENV-7).
    #[error("a message of {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The message is not UTF-8 (ENV-8).
    #[error("a message that is not UTF-8")]
    NotUtf8,
    /// The message is no envelope (§1).
    #[error("no envelope: {0}")]
    Envelope(#[source] DecodeError),
    /// There is no command of this name (CMD-3).
    #[error("unknown command")]
    Unknown {
        /// The name; a valid `t`.
        name: Box<str>,
    },
    /// The payload breaks its shape or bounds (CMD-3).
    #[error("invalid payload of {command}: {error}")]
    Payload {
        /// The command.
        command: CommandKind,
        /// What is wrong with its payload.
        #[source]
        error: DecodeError,
    },
}

impl CommandError {
    /// Returns the stable code: that of [`DecodeErrorKind::code`], or `unknown_command`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => DecodeErrorKind::TooLarge.code(),
            Self::NotUtf8 => DecodeErrorKind::NotUtf8.code(),
            Self::Envelope(error) | Self::Payload { error, .. } => error.kind().code(),
            Self::Unknown { .. } => "unknown_command",
        }
    }

    /// Returns the place, as [`DecodeError::path`] does; the name of the command if there is no such command.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::TooLarge { .. } | Self::NotUtf8 => "",
            Self::Envelope(error) | Self::Payload { error, .. } => error.path(),
            Self::Unknown { .. } => "t",
        }
    }

    /// Returns the code the connection is closed with.
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::TooLarge { .. } => CloseCode::EventTooLarge,
            Self::NotUtf8 => CloseCode::InvalidUtf8,
            Self::Envelope(_) => CloseCode::InvalidEnvelope,
            Self::Unknown { .. } => CloseCode::UnknownEvent,
            Self::Payload { .. } => CloseCode::InvalidPayload,
        }
    }
}
