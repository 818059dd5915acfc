//! The close codes of the gateway (§6.5): one table of codes with what each tells the client to do.

use std::fmt;

/// What a client does after a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientAction {
    /// Nothing: the client closed it itself.
    Nothing,
    /// Connect again and resume; without the `resume` feature, subscribe again.
    Resume,
    /// Refresh the session, then resume.
    RefreshThenResume,
    /// Connect again from the beginning.
    Reconnect,
    /// Wait `retry_after_ms` (5,000 if absent), then resume.
    WaitThenResume,
    /// Do not come back: the client is at fault.
    Stop,
    /// Do not come back before a new login.
    StopAndLogIn,
    /// Resume, with growing pauses: the code is not one of the contract.
    ResumeWithBackOff,
}

/// Derives the enum and its properties from the one table.
macro_rules! close_codes {
    ( $( $(#[$meta:meta])* $variant:ident = $code:literal, $name:literal, $action:ident; )+ ) => {
        /// Why the server closes a connection.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CloseCode {
            $( $(#[$meta])* #[doc = concat!("Code ", $code, ", `", $name, "`.")] $variant, )+
        }

        impl CloseCode {
            /// Every code, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the number.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self {
                    $( Self::$variant => $code, )+
                }
            }

            /// Returns the name: the reason text, without `retry_after_ms`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )+
                }
            }

            /// Finds the code of a number.
            #[must_use]
            pub const fn from_code(code: u16) -> Option<Self> {
                match code {
                    $( $code => Some(Self::$variant), )+
                    _ => None,
                }
            }

            /// Returns what the client does.
            #[must_use]
            pub const fn action(self) -> ClientAction {
                match self {
                    $( Self::$variant => ClientAction::$action, )+
                }
            }
        }
    };
}

close_codes! {
    /// Answer to the client's own close.
    Normal = 1000, "normal", Nothing;
    /// Drain or shutdown.
    GoingAway = 1001, "going_away", Resume;
    /// Unmasked frame, bad opcode, reserved bits, broken fragmentation.
    WsProtocolError = 1002, "ws_protocol_error", Stop;
    /// A text message is not UTF-8.
    InvalidUtf8 = 1007, "invalid_utf8", Stop;
    /// The server failed.
    InternalError = 1011, "internal_error", Resume;
    /// The session's tokens ran out (GW-42).
    TokenExpired = 4001, "token_expired", RefreshThenResume;
    /// Nothing was received for 60 s.
    IdleTimeout = 4003, "idle_timeout", Resume;
    /// The outbound queue overflowed, or nothing could be written for 10 s.
    SlowConsumer = 4008, "slow_consumer", Resume;
    /// Delivery could not be shown to be complete.
    ContinuityLost = 4009, "continuity_lost", Resume;
    /// The state of the connection was lost for another reason.
    StateLost = 4200, "state_lost", Reconnect;
    /// Too many frames.
    RateLimited = 4400, "rate_limited", WaitThenResume;
    /// Too many connections or replays at once.
    Overloaded = 4401, "overloaded", WaitThenResume;
    /// The message is no envelope (§1).
    InvalidEnvelope = 4500, "invalid_envelope", Stop;
    /// There is no such command (CMD-3).
    UnknownEvent = 4501, "unknown_event", Stop;
    /// The payload breaks its shape or bounds (CMD-3).
    InvalidPayload = 4502, "invalid_payload", Stop;
    /// The message is over 65,536 bytes (ENV-7).
    EventTooLarge = 4503, "event_too_large", Stop;
    /// A binary message (ENV-13).
    UnsupportedFrame = 4504, "unsupported_frame", Stop;
    /// The session was ended.
    SessionRevoked = 4510, "session_revoked", StopAndLogIn;
}

impl CloseCode {
    /// Returns the reason text of the close frame: `<name>` or `<name>;retry_after_ms=<n>`. At most 123 bytes.
    #[must_use]
    pub fn reason(self, retry_after_ms: Option<u32>) -> CloseReason {
        CloseReason { code: self, retry_after_ms }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl ClientAction {
    /// Returns what a client does about any number: the table first, then the range it lies in.
    #[must_use]
    pub const fn for_code(code: u16) -> Self {
        match CloseCode::from_code(code) {
            Some(known) => known.action(),
            None => Self::for_range(code),
        }
    }

    /// Returns what a client does about a number it does not know.
    #[must_use]
    pub const fn for_range(code: u16) -> Self {
        match code {
            4000..=4199 => Self::Resume,
            4200..=4399 => Self::Reconnect,
            4400..=4499 => Self::WaitThenResume,
            4500.. => Self::Stop,
            0..=3999 => Self::ResumeWithBackOff,
        }
    }
}

/// The reason text of a close frame: writes and reads `<name>;retry_after_ms=<n>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// The code the text belongs to.
    pub code: CloseCode,
    /// How long the client waits, in milliseconds.
    pub retry_after_ms: Option<u32>,
}

impl CloseReason {
    /// Reads `retry_after_ms` out of the reason text of any close frame, known name or not.
    #[must_use]
    pub fn retry_after_ms_of(reason: &str) -> Option<u32> {
        let (_, parameter) = reason.split_once(';')?;
        parameter.strip_prefix("retry_after_ms=")?.parse().ok()
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code.name())?;
        match self.retry_after_ms {
            Some(milliseconds) => write!(formatter, ";retry_after_ms={milliseconds}"),
            None => Ok(()),
        }
    }
}
