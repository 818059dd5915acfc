//! Everything a client's bytes can be refused for, and the close code each refusal gets.

use filament_protocol::CloseCode;

/// Why the bytes of a client are refused. Each one ends the connection with [`ProtocolError::close_code`] (contract §6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A frame without a mask; clients must mask every frame (RFC 6455 §5.1).
    #[error("frame is not masked")]
    Unmasked,
    /// RSV1, RSV2 or RSV3 is set although no extension was negotiated (§5.2).
    #[error("reserved bits are set")]
    ReservedBits,
    /// An opcode that RFC 6455 leaves undefined: 3–7 or 11–15 (§5.2).
    #[error("opcode {0} is reserved")]
    ReservedOpcode(u8),
    /// The payload length does not use the shortest of its three forms (§5.2).
    #[error("payload length is not in its shortest form")]
    LengthNotMinimal,
    /// The payload length is 2⁶³ or more (§5.2).
    #[error("payload length has its most significant bit set")]
    LengthOutOfRange,
    /// A close, ping or pong without FIN (§5.5).
    #[error("control frame is fragmented")]
    ControlFragmented,
    /// A close, ping or pong of more than 125 bytes (§5.5).
    #[error("control frame is longer than 125 bytes")]
    ControlTooLong,
    /// A continuation frame while no message is open (§5.4).
    #[error("continuation frame without a message to continue")]
    ContinuationWithoutMessage,
    /// A text or binary frame while an earlier message is unfinished (§5.4).
    #[error("new message before the last one was finished")]
    MessageInterrupted,
    /// More frames in one message than [`ReaderLimits::fragments_max`](super::ReaderLimits::fragments_max).
    #[error("message has too many fragments")]
    TooManyFragments,
    /// A close frame with a payload of one byte (§5.5.1).
    #[error("close frame with half a status code")]
    CloseTooShort,
    /// A close frame with a code that must not appear on the wire (§7.4).
    #[error("close code {0} is not allowed on the wire")]
    CloseCodeNotAllowed(u16),
    /// A close reason that is not UTF-8 (§5.5.1).
    #[error("close reason is not UTF-8")]
    ReasonNotUtf8,
    /// A text message that is not UTF-8 (§8.1); found as soon as the offending byte is there.
    #[error("text is not UTF-8")]
    TextNotUtf8,
    /// A message over the limit, judged by the length its frames declare, before any of the excess is buffered (ENV-7).
    #[error("message is larger than the limit")]
    MessageTooLarge,
    /// A binary message (ENV-13).
    #[error("binary messages are not supported")]
    BinaryRefused,
}

impl ProtocolError {
    /// Names the close code of contract §6.5 that answers this fault.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Unmasked
            | Self::ReservedBits
            | Self::ReservedOpcode(_)
            | Self::LengthNotMinimal
            | Self::LengthOutOfRange
            | Self::ControlFragmented
            | Self::ControlTooLong
            | Self::ContinuationWithoutMessage
            | Self::MessageInterrupted
            | Self::TooManyFragments
            | Self::CloseTooShort
            | Self::CloseCodeNotAllowed(_) => CloseCode::WsProtocolError,
            Self::ReasonNotUtf8 | Self::TextNotUtf8 => CloseCode::InvalidUtf8,
            Self::MessageTooLarge => CloseCode::EventTooLarge,
            Self::BinaryRefused => CloseCode::UnsupportedFrame,
        }
    }

    /// Says whether the refused frame was the peer's close frame, after which no other will come and none is waited for.
    #[must_use]
    pub const fn ends_peer(self) -> bool {
        match self {
            Self::CloseTooShort | Self::CloseCodeNotAllowed(_) | Self::ReasonNotUtf8 => true,
            Self::Unmasked
            | Self::ReservedBits
            | Self::ReservedOpcode(_)
            | Self::LengthNotMinimal
            | Self::LengthOutOfRange
            | Self::ControlFragmented
            | Self::ControlTooLong
            | Self::ContinuationWithoutMessage
            | Self::MessageInterrupted
            | Self::TooManyFragments
            | Self::TextNotUtf8
            | Self::MessageTooLarge
            | Self::BinaryRefused => false,
        }
    }
}
