#![doc = include_str!("../README.md")]

mod access;
mod actor;
mod announce;
mod audience;
mod audit;
pub mod decide;
mod decision;
mod denial;
mod engine;
mod entry;
mod facts;
pub mod limits;
mod mutation;
pub mod permission;
mod port;
pub mod presence;
mod query;
pub mod read;
mod revision;
pub mod session;
mod stamp;
#[cfg(feature = "testing")]
pub mod testing;

pub use access::{AccessChange, MemberLoss};
pub use actor::{Actor, Anonymous};
pub use announce::{Announced, Announcement, announce};
pub use audience::Audience;
pub use audit::{AuditAction, AuditDecision, AuditRecord};
pub use decide::{Command, Limits};
pub use decision::{Decision, Sealed, SealedParts, seal};
pub use denial::Denial;
pub use engine::Engine;
pub use entry::{ChannelOrder, Entry, Position, SealedBody, SealedEvent, Seq};
pub use facts::{
    Fact, FactPlan, Facts, LiveSessions, Need, ReactionState, Remembered, Rotation, SessionState, StoredMessage, User,
};
pub use mutation::{
    IdempotencyRecord, MemberVia, Mutation, NewMember, NewSession, NewUser, ReactionChange, RotatedSession,
};
pub use port::{AccessSource, Committed, Journal, Store, TransactError, UserAccess};
pub use query::{Credentials, Page, Query};
pub use revision::{AccessBefore, AccessState};
pub use stamp::{Stamp, StampSource};
