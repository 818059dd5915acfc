//! What only the owner and the server owner do: hand the guild over, delete it (contract §9.6).

use filament_protocol::{GuildId, RoleId, SystemKey, UserId, limits::ROLES_PER_MEMBER_MAX};

use super::{Admitted, Command, Limits, admission, admit};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    mutation::{Mutation, OwnershipTransfer},
    permission::{Membership, Requirement},
};

/// Hands the guild over to another member (HIE-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferOwnership {
    /// The guild.
    pub guild_id: GuildId,
    /// The owner to be.
    pub user_id: UserId,
}

impl Command for TransferOwnership {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let other = (self.user_id != actor.user_id).then_some(Need::Member(self.guild_id, self.user_id));
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain(other).chain([Need::Owner(self.guild_id)]))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, Requirement::Owner)?;
        if self.user_id == admitted.graph.owner_id {
            return Err(Denial::Hierarchy("HIE-10"));
        }
        let next = facts.member(self.guild_id, self.user_id)?.ok_or(Denial::NotFound("member"))?;
        let previous = facts.owner(self.guild_id)?.ok_or(Denial::NotFound("owner"))?;
        let (owner_role_id, moderator) =
            (seeded(&admitted, SystemKey::WorkspaceOwner)?, seeded(&admitted, SystemKey::Moderator)?);
        let moderator_role_id = Some(moderator).filter(|role_id| !previous.role_ids.contains(role_id));
        let mut remaining: Vec<RoleId> = previous.role_ids.clone();
        remaining.retain(|role_id| *role_id != owner_role_id);
        let transfer = Mutation::TransferOwnership(OwnershipTransfer {
            guild_id: self.guild_id,
            owner_role_id,
            previous: holding(previous, remaining, moderator_role_id)?,
            moderator_role_id,
            next: holding(next, next.role_ids.clone(), Some(owner_role_id))?,
            actor_user_id: actor.user_id,
            transferred_at: facts.stamp().now(),
        });
        Ok(Decision::change(admitted.granted, [transfer], ()))
    }
}

/// Deletes a guild with everything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteGuild {
    /// The guild.
    pub guild_id: GuildId,
}

impl Command for DeleteGuild {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor).into_iter().chain([Need::MemberIds(self.guild_id)]))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, Requirement::Owner)?;
        let delete = Mutation::DeleteGuild {
            guild_id: self.guild_id,
            member_ids: facts.member_ids(self.guild_id)?.to_vec(),
            actor_user_id: actor.user_id,
            deleted_at: facts.stamp().now(),
        };
        Ok(Decision::change(admitted.granted, [delete], ()))
    }
}

fn seeded(admitted: &Admitted<'_>, key: SystemKey) -> Result<RoleId, Denial> {
    admitted.graph.seeded(key).map(|role| role.role_id).ok_or(Denial::NotFound("role"))
}

/// A member with these roles and one more.
fn holding(member: &Membership, mut role_ids: Vec<RoleId>, added: Option<RoleId>) -> Result<Membership, Denial> {
    role_ids.extend(added);
    role_ids.sort_unstable();
    if role_ids.len() > ROLES_PER_MEMBER_MAX {
        return Err(Denial::Quota("too many roles of one member"));
    }
    Ok(Membership { role_ids, ..member.clone() })
}
