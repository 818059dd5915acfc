//! Reads, each with its gate: what a page needs is granted on facts of the same snapshot.

mod access;
mod address;
mod attachment;
mod audit;
mod channel;
mod channel_override;
mod explain;
mod friend;
mod guild;
mod member;
mod message;
mod role;
mod search;
mod user;
mod voice;

pub use access::ReadGuildAccess;
pub use address::{AddressBanPage, ListAddressBans};
pub use attachment::ReadAttachment;
pub use audit::{AuditPage, ListAudit};
pub use channel::{ChannelListing, ListChannels, ReadChannelPermissions};
pub use channel_override::ListOverrides;
pub use explain::ExplainPermission;
pub use friend::{ListFriendRequests, ListFriends};
pub use guild::{GuildDetails, ListGuilds, ListPublicGuilds, ReadGuild};
pub use member::{BanPage, ListBans, ListMembers, MemberPage};
pub use message::{ListMessages, MessagePage};
pub use role::{ListRoles, RoleList};
pub use search::{MaintainSearch, MessageSearch, SearchMessages};
pub use user::{LookUpUsers, ReadProfile};
pub use voice::ReadVoiceChannel;

use crate::{
    actor::Actor, denial::Denial, facts::FactPlan, facts::Facts, permission::Granted, query::Page, query::Query,
};

/// A read: what to load, the gate, and the answer.
pub trait Read: Clone + Send + 'static {
    /// What the caller gets.
    type Answer;

    /// The facts gate and answer look at.
    fn plan(&self, actor: Actor) -> FactPlan;

    /// The page to read.
    fn query(&self, actor: Actor) -> Query;

    /// Whether the actor may read it.
    ///
    /// # Errors
    /// [`Denial`].
    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial>;

    /// Builds the answer from facts and page of one snapshot.
    ///
    /// # Errors
    /// [`Denial`], when only the page tells that there is nothing to answer with.
    fn answer(&self, actor: Actor, facts: &Facts, page: Page) -> Result<Self::Answer, Denial>;
}
