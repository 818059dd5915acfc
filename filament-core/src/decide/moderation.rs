//! Moderation of users: kick, ban, unban (contract §9.6). Custom roles count as the seeded ones do.

use filament_protocol::{GuildId, Permission, UserId};

use super::{Admitted, Command, Limits, admission, admit, target};
use crate::{
    access::MemberLoss,
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    mutation::Mutation,
    permission::{Requirement, Subject, may_moderate},
};

const MODERATE: Requirement = Requirement::Guild(Permission::BanMember);

/// Removes a member, who may join again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KickMember {
    /// The guild.
    pub guild_id: GuildId,
    /// Whom.
    pub user_id: UserId,
}

impl Command for KickMember {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let other = (self.user_id != actor.user_id).then_some(Need::Member(self.guild_id, self.user_id));
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain(other))
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MODERATE)?;
        let subject = target(facts, self.guild_id, self.user_id, limits)?;
        if subject.membership.is_none() && self.user_id != actor.user_id {
            return Err(Denial::NotFound("member"));
        }
        may_moderate(admitted.graph, admitted.subject, subject)?;
        let kick = removal((self.guild_id, self.user_id), MemberLoss::Kicked, actor, facts);
        Ok(Decision::change(admitted.granted, [kick], ()))
    }
}

/// Bans a user, a member or not; a member is removed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanUser {
    /// The guild.
    pub guild_id: GuildId,
    /// Whom.
    pub user_id: UserId,
}

impl Command for BanUser {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let other = (self.user_id != actor.user_id).then_some(Need::Member(self.guild_id, self.user_id));
        let facts = [Need::User(self.user_id), Need::Ban(self.guild_id, self.user_id)];
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain(other).chain(facts))
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let (guild_id, user_id) = (self.guild_id, self.user_id);
        let admitted = admit(facts, guild_id, &actor, MODERATE)?;
        facts.user(&Need::User(user_id))?.ok_or(Denial::NotFound("user"))?;
        let subject = target(facts, guild_id, user_id, limits)?;
        may_ban(&admitted, subject)?;
        if facts.is_banned(guild_id, user_id)? {
            return Ok(Decision::unchanged(admitted.granted, ()));
        }
        let ban = Mutation::BanUser { guild_id, user_id, actor_user_id: actor.user_id, banned_at: facts.stamp().now() };
        let is_member = subject.membership.is_some();
        let removed = is_member.then(|| removal((guild_id, user_id), MemberLoss::Banned, actor, facts));
        Ok(Decision::change(admitted.granted, [ban].into_iter().chain(removed), ()))
    }
}

/// HIE-9: to ban who is no member takes the permission alone, but nobody bans the server owner from below.
pub(super) fn may_ban(admitted: &Admitted<'_>, subject: Subject<'_>) -> Result<(), Denial> {
    let is_caller = subject.user_id == admitted.subject.user_id;
    if subject.membership.is_none() && !is_caller && !subject.is_server_owner {
        return Ok(());
    }
    may_moderate(admitted.graph, admitted.subject, subject)
}

/// Lifts a ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbanUser {
    /// The guild.
    pub guild_id: GuildId,
    /// Whom.
    pub user_id: UserId,
}

impl Command for UnbanUser {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let ban = Need::Ban(self.guild_id, self.user_id);
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain([ban]))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MODERATE)?;
        if !facts.is_banned(self.guild_id, self.user_id)? {
            return Err(Denial::NotFound("ban"));
        }
        let unban = Mutation::UnbanUser {
            guild_id: self.guild_id,
            user_id: self.user_id,
            actor_user_id: actor.user_id,
            unbanned_at: facts.stamp().now(),
        };
        Ok(Decision::change(admitted.granted, [unban], ()))
    }
}

fn removal((guild_id, user_id): (GuildId, UserId), loss: MemberLoss, actor: Actor, facts: &Facts) -> Mutation {
    Mutation::RemoveMember { guild_id, user_id, loss, actor_user_id: actor.user_id, removed_at: facts.stamp().now() }
}
