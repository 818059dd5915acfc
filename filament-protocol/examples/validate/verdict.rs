//! The verdict on one document, in the words of `vectors/README.md`.

use filament_protocol::rest::{Purpose, RestType};
use filament_protocol::{
    CommandError, DecodeError, DecodeErrorKind, Received, decode_command, decode_event, decode_event_strict,
};

/// Who sends the documents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// Commands.
    Client,
    /// Events, as a client reads them.
    Server,
    /// Events, as who writes them checks them.
    StrictServer,
    /// Bodies or answers of one type.
    Rest(&'static RestType),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is right.
    Taken {
        /// Name of the command, event or body.
        name: String,
        /// Whether the name is none the contract knows, which a client skips.
        unknown: bool,
    },
    /// It is wrong.
    Refused {
        /// One of the codes of `vectors/README.md`.
        code: &'static str,
        /// Where; empty for the document as a whole.
        path: String,
        /// Close code or status a server answers with; none for what a server sent itself.
        answer: Option<u16>,
    },
}

impl Side {
    /// Finds a side by what the command line and the vectors call it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.split_once(':') {
            None if name == "client" => Some(Self::Client),
            None if name == "server" => Some(Self::Server),
            Some(("rest", name)) => RestType::find(name).map(Self::Rest),
            _ => None,
        }
    }

    /// Judges one document.
    pub(crate) fn verdict(self, document: &[u8]) -> Verdict {
        match self {
            Self::Client => match decode_command(document) {
                Ok(command) => taken(command.kind().name()),
                Err(error) => refused_command(&error),
            },
            Self::Server => match decode_event(document) {
                Ok(Received::Event(event)) => taken(event.kind().name()),
                Ok(Received::Unknown { name }) => Verdict::Taken { name: name.into(), unknown: true },
                Err(error) => refused(&error, None),
            },
            Self::StrictServer => match decode_event_strict(document) {
                Ok(Received::Event(event)) => taken(event.kind().name()),
                Ok(Received::Unknown { .. }) => {
                    Verdict::Refused { code: "unknown_event", path: "t".to_owned(), answer: None }
                }
                Err(error) => refused(&error, None),
            },
            Self::Rest(kind) => match (kind.check(document), kind.purpose) {
                (Ok(()), _) => taken(kind.name),
                (Err(error), Purpose::Body) => refused(&error, Some(status(&error))),
                (Err(error), Purpose::Answer) => refused(&error, None),
            },
        }
    }
}

fn taken(name: &str) -> Verdict {
    Verdict::Taken { name: name.to_owned(), unknown: false }
}

fn refused(error: &DecodeError, answer: Option<u16>) -> Verdict {
    Verdict::Refused { code: error.kind().code(), path: error.path().to_owned(), answer }
}

fn refused_command(error: &CommandError) -> Verdict {
    let answer = Some(error.close_code().code());
    Verdict::Refused { code: error.code(), path: error.path().to_owned(), answer }
}

/// The status of HTTP-7; of a body that is too large, that of HTTP-8.
fn status(error: &DecodeError) -> u16 {
    match error.kind() {
        DecodeErrorKind::TooLarge => 413,
        _ if error.is_shape() => 422,
        _ => 400,
    }
}
