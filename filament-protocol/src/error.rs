//! The error codes of the contract (§9.2): one table, for REST and for the `error` event.

use crate::shape::{Described, Shape, Words};
use crate::word::words;

/// Derives the enum and its properties from the one table.
macro_rules! error_codes {
    ( $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, $status:literal, $in_event:literal; )+ ) => {
        words! {
            /// What went wrong, as the wire says it.
            pub enum ErrorCode {
                $( $(#[doc = $doc])+ $variant = $word, )+
            }
        }

        impl ErrorCode {
            /// Returns the HTTP status it is answered with, unless a rule of the contract names another.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $( Self::$variant => $status, )+
                }
            }

            /// Tells whether the code may stand in an `error` event.
            #[must_use]
            pub const fn in_event(self) -> bool {
                match self {
                    $( Self::$variant => $in_event, )+
                }
            }
        }
    };
}

error_codes! {
    /// The request itself is wrong. 400; 416 for a range that is not there, 422 for a wrong shape, 431 for a head too large (HTTP-7, HTTP-11).
    InvalidRequest = "invalid_request", 400, true;
    /// No valid token, or a login that failed.
    InvalidCredentials = "invalid_credentials", 401, false;
    /// Not allowed, not a member, an unknown guild, or the address is banned.
    Forbidden = "forbidden", 403, true;
    /// The audit list was asked for without the right to read it.
    AuditAccessDenied = "audit_access_denied", 403, false;
    /// The user is banned from the guild.
    DirectoryJoinUserBanned = "directory_join_user_banned", 403, false;
    /// The address is banned from the guild.
    DirectoryJoinIpBanned = "directory_join_ip_banned", 403, false;
    /// The user has created as many guilds as one may.
    GuildCreationLimitReached = "guild_creation_limit_reached", 403, false;
    /// There is no such thing.
    NotFound = "not_found", 404, true;
    /// The route exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405, false;
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", 408, false;
    /// A cap of the contract is reached.
    QuotaExceeded = "quota_exceeded", 409, true;
    /// The idempotency key was used with another body.
    IdempotencyConflict = "idempotency_conflict", 409, false;
    /// The owner cannot leave before ownership is transferred.
    OwnerMustTransfer = "owner_must_transfer", 409, false;
    /// The change would take from the caller the permission it is made with.
    SelfLockout = "self_lockout", 409, false;
    /// The body, the upload or the event it would make is too large.
    PayloadTooLarge = "payload_too_large", 413, true;
    /// The body is not of the media type the route takes.
    UnsupportedMediaType = "unsupported_media_type", 415, false;
    /// Too many requests.
    RateLimited = "rate_limited", 429, true;
    /// The server failed. Carries no internal text.
    InternalError = "internal_error", 500, true;
    /// The server is full, draining or too slow.
    Overloaded = "overloaded", 503, true;
    /// Voice is not configured.
    VoiceUnavailable = "voice_unavailable", 503, false;
}

impl ErrorCode {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.name()
    }
}

/// How many codes may stand in an `error` event.
const IN_EVENT: usize = {
    let mut count = 0;
    let mut index = 0;
    while index < ErrorCode::ALL.len() {
        count += ErrorCode::ALL[index].in_event() as usize;
        index += 1;
    }
    count
};

/// The codes that may stand in an `error` event, as words.
pub(crate) static EVENT_ERROR_CODES: Words = Words {
    name: "EventErrorCode",
    doc: " What was wrong with a command, as the wire says it.\n",
    words: &{
        let Shape::Words(all) = ErrorCode::SHAPE else { panic!("codes are words") };
        let mut words = [all.words[0]; IN_EVENT];
        let (mut index, mut next) = (0, 0);
        while index < ErrorCode::ALL.len() {
            if ErrorCode::ALL[index].in_event() {
                words[next] = all.words[index];
                next += 1;
            }
            index += 1;
        }
        words
    },
};
