//! Members brought in by others (contract §9.6). Joining and leaving by oneself stand with the guild.

use filament_protocol::{GuildId, Permission, UserId};

use super::{Command, Limits, admission, admit, guild::new_member};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    limits::GUILDS_PER_USER_MAX,
    mutation::{MemberVia, Mutation},
    permission::Requirement,
};

/// Makes a user a member, whatever the guild's visibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddMember {
    /// The guild.
    pub guild_id: GuildId,
    /// Whom.
    pub user_id: UserId,
}

impl Command for AddMember {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let other = (self.user_id != actor.user_id).then_some(Need::Member(self.guild_id, self.user_id));
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain(other).chain([
            Need::User(self.user_id),
            Need::Ban(self.guild_id, self.user_id),
            Need::MemberCount(self.guild_id),
            Need::GuildCount(self.user_id),
        ]))
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let (guild_id, user_id) = (self.guild_id, self.user_id);
        let admitted = admit(facts, guild_id, &actor, Requirement::Guild(Permission::ManageMemberRoles))?;
        facts.user(&Need::User(user_id))?.ok_or(Denial::NotFound("user"))?;
        if facts.member(guild_id, user_id)?.is_some() {
            return Ok(Decision::unchanged(admitted.granted, ()));
        }
        if facts.is_banned(guild_id, user_id)? {
            return Err(Denial::Banned);
        }
        if facts.count(&Need::MemberCount(guild_id))? >= limits.guild_members_max {
            return Err(Denial::Quota("the guild is full"));
        }
        if facts.count(&Need::GuildCount(user_id))? >= GUILDS_PER_USER_MAX as u64 {
            return Err(Denial::Quota("member of too many guilds"));
        }
        let added = (user_id, MemberVia::Added, actor.user_id);
        let add = Mutation::AddMember(new_member(admitted.graph, added, facts.stamp().now()));
        Ok(Decision::change(admitted.granted, [add], ()))
    }
}
