//! Commands: what a caller wants, which facts the decision needs, and the pure decision. One file per family.

pub mod account;
pub mod address;
pub mod assignment;
pub mod attachment;
pub mod channel;
pub mod channel_override;
pub mod friend;
pub mod guild;
pub mod member;
pub mod message;
pub mod moderation;
pub mod ownership;
pub mod profile;
pub mod reaction;
pub mod role;
pub mod voice;

use filament_protocol::{GuildId, Permissions, UserId};

use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, GuildGraph, Rank, Requirement, Subject, guild_permissions, rank, require},
};

/// Bounds an operator may set (contract §16.1); the defaults are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Size of a durable event, bytes, 256..=64512 (`FILAMENT_GATEWAY_EVENT_BYTES_MAX`).
    pub event_bytes_max: usize,
    /// Guilds one user may create and not delete (`FILAMENT_MAX_CREATED_GUILDS_PER_USER`).
    pub created_guilds_per_user_max: u64,
    /// Members of one guild (`FILAMENT_GUILD_MEMBERS_MAX`).
    pub guild_members_max: u64,
    /// Active address bans of one guild (`FILAMENT_GUILD_IP_BAN_MAX_ENTRIES`).
    pub address_bans_per_guild_max: usize,
    /// Bytes of attachments one user may keep over all guilds (`FILAMENT_ATTACHMENT_QUOTA_BYTES`).
    pub attachment_bytes_per_user_max: u64,
    /// The account that owns the server, if there is one (`FILAMENT_SERVER_OWNER_USER_ID`): nobody ranks above it.
    pub server_owner_user_id: Option<UserId>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes_max: filament_protocol::limits::EVENT_BYTES_MAX,
            created_guilds_per_user_max: 100,
            guild_members_max: 10_000,
            address_bans_per_guild_max: 4_096,
            attachment_bytes_per_user_max: 262_144_000,
            server_owner_user_id: None,
        }
    }
}

/// A command: a typed, validated intent.
pub trait Command: Clone + Send + 'static {
    /// Who may send it: [`Actor`] or [`Anonymous`](crate::Anonymous).
    type Caller: Copy + Send + 'static;
    /// What the caller gets.
    type Reply: Send + 'static;

    /// The facts the decision looks at.
    fn plan(&self, caller: Self::Caller) -> FactPlan;

    /// Decides, on planned facts only: no clock, no randomness, no waiting.
    ///
    /// # Errors
    /// [`Denial`]: then nothing happens at all (EMI-3).
    fn decide(&self, caller: Self::Caller, facts: &Facts, limits: &Limits) -> Result<Decision<Self::Reply>, Denial>;
}

/// A caller inside a guild, with the proof that the requirement is met: what nearly every decision starts from.
struct Admitted<'f> {
    granted: Granted,
    graph: &'f GuildGraph,
    subject: Subject<'f>,
}

/// The facts [`admit`] looks at.
const fn admission(guild_id: GuildId, actor: &Actor) -> [Need; 2] {
    [Need::Guild(guild_id), Need::Member(guild_id, actor.user_id)]
}

fn admit<'f>(
    facts: &'f Facts,
    guild_id: GuildId,
    actor: &Actor,
    requirement: Requirement,
) -> Result<Admitted<'f>, Denial> {
    let graph = facts.guild(guild_id)?;
    let subject = facts.subject(guild_id, actor)?;
    let granted = require(graph, subject, requirement)?;
    Ok(Admitted { granted, graph: graph.ok_or(Denial::NotMember)?, subject })
}

impl Admitted<'_> {
    /// The caller's rank (§8.4).
    fn rank(&self) -> Rank {
        rank(self.graph, self.subject)
    }

    /// The caller's rights at guild level.
    fn own(&self) -> Permissions {
        guild_permissions(self.graph, self.subject)
    }
}

/// Another user as permission rules see it in a guild. Needs [`Need::Member`] of that user.
fn target<'f>(facts: &'f Facts, guild_id: GuildId, user_id: UserId, limits: &Limits) -> Result<Subject<'f>, Denial> {
    let is_server_owner = limits.server_owner_user_id == Some(user_id);
    Ok(Subject { user_id, is_server_owner, membership: facts.member(guild_id, user_id)? })
}
