//! The shared records of §4.1: the nouns that events and answers are made of.
//!
//! Fields are named as on the wire. Serde forms are meant for JSON only: optional members are left out, not null.

mod access;
mod channel;
mod guild;
mod message;
mod role;
mod token;
mod user;
mod voice;

pub use access::{Access, AccessChannel};
pub use channel::{Channel, ChannelKind, ListedChannel, TargetKind};
pub use guild::{Guild, Visibility};
pub use message::{Attachment, Message, Reaction};
pub use role::{LegacyRole, NewRole, Role, SystemKey};
pub use user::{Profile, UserSummary};
pub use voice::{StreamKind, VoiceParticipant};
