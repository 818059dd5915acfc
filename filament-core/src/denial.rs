//! Why a command or a read was refused: one variant per rule broken, mapped to a status or an `error` event by each edge.

use filament_protocol::ErrorCode;
use thiserror::Error;

/// A refusal by rule: the caller's fault, safe to tell the caller by [`Denial::code`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Denial {
    /// The guild does not exist or the caller is no member of it: one answer for both (HTTP-9).
    #[error("not a member of this guild")]
    NotMember,
    /// The caller lacks a permission, or the channel is hidden from them (PE-8).
    #[error("the permission is missing")]
    MissingPermission,
    /// The hierarchy of contract §8.4 forbids it; the text names the rule.
    #[error("forbidden by {0}")]
    Hierarchy(&'static str),
    /// What the path names does not exist (HTTP-13).
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A value is out of bounds or contradicts another.
    #[error("{0}")]
    Invalid(&'static str),
    /// A cap of contract §16 is reached.
    #[error("{0}")]
    Quota(&'static str),
    /// The caller created as many guilds as one user may.
    #[error("guild creation limit reached")]
    GuildCreationLimit,
    /// The mutation would take from the caller the right it is made with (HIE-12).
    #[error("this would lock you out; ask somebody above you")]
    SelfLockout,
    /// The user to be added is banned from the guild.
    #[error("the user is banned from this guild")]
    Banned,
    /// The caller's address is banned from the guild (IPB-3).
    #[error("the address is banned from this guild")]
    AddressBanned,
    /// The audit log was asked for without the right to read it.
    #[error("the audit log may not be read")]
    AuditDenied,
    /// The caller's address is banned from the guild it wants to join (§9.6 join).
    #[error("the address is banned from this guild")]
    JoinAddressBanned,
    /// The user is banned from the guild (§9.6 join).
    #[error("banned from this guild")]
    JoinBanned,
    /// The owner cannot leave before ownership is transferred (HIE-11).
    #[error("the owner must transfer ownership first")]
    OwnerMustTransfer,
    /// The same idempotency key was used with another body (HTTP-16).
    #[error("idempotency key used with another body")]
    IdempotencyConflict,
    /// A durable event of this mutation would exceed the event limit (EMI-4).
    #[error("the event would be {bytes} bytes, more than {limit}")]
    EventTooLarge {
        /// Size of the encoded event.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The presented credential is unknown, expired, replayed or revoked (§11).
    #[error("invalid credentials")]
    InvalidCredentials,
    /// A decision asked for a fact its plan did not name: a defect of this crate, never the caller's fault.
    #[error("decision asked for an unplanned fact: {0}")]
    Unplanned(&'static str),
}

impl Denial {
    /// The contract's error code (§9.2).
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotMember | Self::MissingPermission | Self::Hierarchy(_) | Self::Banned | Self::AddressBanned => {
                ErrorCode::Forbidden
            }
            Self::AuditDenied => ErrorCode::AuditAccessDenied,
            Self::JoinAddressBanned => ErrorCode::DirectoryJoinIpBanned,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Invalid(_) => ErrorCode::InvalidRequest,
            Self::Quota(_) => ErrorCode::QuotaExceeded,
            Self::GuildCreationLimit => ErrorCode::GuildCreationLimitReached,
            Self::JoinBanned => ErrorCode::DirectoryJoinUserBanned,
            Self::OwnerMustTransfer => ErrorCode::OwnerMustTransfer,
            Self::SelfLockout => ErrorCode::SelfLockout,
            Self::IdempotencyConflict => ErrorCode::IdempotencyConflict,
            Self::EventTooLarge { .. } => ErrorCode::PayloadTooLarge,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::Unplanned(_) => ErrorCode::InternalError,
        }
    }
}
