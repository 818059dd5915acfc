//! RFC 6455 as a server speaks it: the upgrade, what clients send, what they are sent. Knows no event and no command, and leaves
//! the closing handshake to whoever owns the write side: for the gateway that is the mailbox of `filament-fanout`.
//!
//! | module | job | waits |
//! | --- | --- | --- |
//! | [`handshake`] | judges an upgrade request, answers it, takes the bare socket back | once |
//! | [`frame`] | bytes of a client → whole messages, or the reason to refuse them | never |
//! | [`reader`] | a socket's bytes through [`frame`] to a handler, one message at a time, no buffer while idle | always |
//! | [`encode`] | frames for clients, identical for every receiver | never |
//! | [`close`] | which codes may travel | never |
//!
//! fastwebsockets answers the upgrade and unmasks payloads. Its own frame reader is not used: it cannot be cancelled, its
//! limit is per frame and not per message, it lets unmasked and oversized control frames pass, and it keeps a buffer per
//! connection (each of these has a test here, named `row_01_…` to `row_12_…`).

pub mod close;
pub mod encode;
pub mod frame;
pub mod handshake;
mod head;
mod message;
mod protocol_error;
pub mod reader;

pub use frame::{Binary, FrameReader, Incoming, ReaderLimits};
pub use handshake::{Handshake, HandshakeError};
pub use protocol_error::ProtocolError;
pub use reader::{Ended, Flow, Handler, ReadError, Reader};

#[cfg(test)]
pub(crate) mod client_frame;
