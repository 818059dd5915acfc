//! Why a user may do something, or may not: for those who set overrides (contract §8.5).

use filament_protocol::{ChannelId, GuildId, Permission, UserId, rest::PermissionExplanation};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Explanation, Granted, Requirement, Subject, explain, require},
    query::{Page, Query},
};

/// Which rule decides about one permission of one user, in a channel or at guild level. Who is no member is told by PE-1.
#[derive(Clone, Copy, Debug)]
pub struct ExplainPermission {
    /// The guild.
    pub guild_id: GuildId,
    /// Whose permission.
    pub user_id: UserId,
    /// Whether that user owns the server (PE-0): configuration, which facts do not hold.
    pub is_server_owner: bool,
    /// The channel, or none for the guild level.
    pub channel_id: Option<ChannelId>,
    /// Which permission.
    pub permission: Permission,
}

impl Read for ExplainPermission {
    type Answer = PermissionExplanation;

    fn plan(&self, actor: Actor) -> FactPlan {
        let other = (self.user_id != actor.user_id).then_some(Need::Member(self.guild_id, self.user_id));
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)].into_iter().chain(other))
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        let manage = Requirement::Guild(Permission::ManageChannelOverrides);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, manage)
    }

    fn answer(&self, _: Actor, facts: &Facts, _: Page) -> Result<PermissionExplanation, Denial> {
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        let channel = match self.channel_id {
            Some(channel_id) => Some(graph.channel(channel_id).ok_or(Denial::NotFound("channel"))?),
            None => None,
        };
        let membership = facts.member(self.guild_id, self.user_id)?;
        let subject = Subject { user_id: self.user_id, is_server_owner: self.is_server_owner, membership };
        let Explanation { allowed, decided_by, steps } = explain(graph, channel, subject, self.permission);
        Ok(PermissionExplanation {
            user_id: self.user_id,
            channel_id: self.channel_id,
            permission: self.permission,
            allowed,
            decided_by,
            steps,
        })
    }
}
