//! Guilds and their members: create, update, join, leave (contract §9.6).

use std::sync::Arc;

use filament_protocol::{
    GuildId, GuildName, LegacyRole, Permission, RoleId, SystemKey, Timestamp, UserId, Visibility, record::Guild,
    rest::JoinOutcome,
};

use super::{Command, Limits};
use crate::{
    access::MemberLoss,
    actor::Actor,
    audit::AuditAction,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    limits::{GUILDS_PER_USER_MAX, REFUSAL_AUDIT_SECS},
    mutation::{MemberVia, Mutation, NewMember},
    permission::{Granted, GuildGraph, Membership, Requirement, Subject, legacy_role, require, seeded_roles},
};

/// Creates a guild; the caller becomes its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGuild {
    /// Its name.
    pub name: GuildName,
    /// Whether it stands in the directory.
    pub visibility: Visibility,
}

impl Command for CreateGuild {
    type Caller = Actor;
    type Reply = Guild;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::GuildsCreated(actor.user_id), Need::GuildCount(actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<Guild>, Denial> {
        let granted = Granted::to_everyone();
        if facts.count(&Need::GuildsCreated(actor.user_id))? >= limits.created_guilds_per_user_max {
            return Err(Denial::GuildCreationLimit);
        }
        within_guilds_per_user(facts, actor)?;
        let stamp = facts.stamp();
        let roles = seeded_roles(stamp, 1);
        let with_key =
            |key: SystemKey| roles.iter().filter(move |role| role.system_key == Some(key)).map(|role| role.role_id);
        let owner_role_ids: Vec<RoleId> = with_key(SystemKey::WorkspaceOwner).collect();
        let default_role_id = with_key(SystemKey::Member).next();
        let graph = GuildGraph {
            guild_id: stamp.id(0),
            name: self.name.clone(),
            visibility: self.visibility,
            owner_id: actor.user_id,
            default_role_id,
            created_at: stamp.now(),
            roles: roles.into(),
            channels: Vec::new(),
            address_bans: Vec::new(),
        };
        let reply = record(&graph);
        Ok(Decision::change(granted, [Mutation::CreateGuild { graph: Arc::new(graph), owner_role_ids }], reply))
    }
}

/// Changes name or visibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateGuild {
    /// The guild.
    pub guild_id: GuildId,
    /// The name wanted, if it is to change.
    pub name: Option<GuildName>,
    /// The visibility wanted, if it is to change.
    pub visibility: Option<Visibility>,
}

impl Command for UpdateGuild {
    type Caller = Actor;
    type Reply = Guild;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Guild>, Denial> {
        let graph = facts.guild(self.guild_id)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let granted = require(graph, subject, Requirement::Guild(Permission::ManageRoles))?;
        let graph = graph.ok_or(Denial::NotMember)?;
        let name = self.name.clone().filter(|name| *name != graph.name);
        let visibility = self.visibility.filter(|visibility| *visibility != graph.visibility);
        if name.is_none() && visibility.is_none() {
            return Ok(Decision::unchanged(granted, record(graph)));
        }
        let described = (name.clone().unwrap_or_else(|| graph.name.clone()), visibility.unwrap_or(graph.visibility));
        let reply = Guild { guild_id: graph.guild_id, name: described.0.clone(), visibility: described.1 };
        let update = Mutation::UpdateGuild {
            guild_id: self.guild_id,
            name,
            visibility,
            described,
            actor_user_id: actor.user_id,
            updated_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [update], reply))
    }
}

/// Joins a public guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinGuild {
    /// The guild.
    pub guild_id: GuildId,
}

impl Command for JoinGuild {
    type Caller = Actor;
    type Reply = JoinOutcome;

    fn plan(&self, actor: Actor) -> FactPlan {
        let (guild_id, user_id) = (self.guild_id, actor.user_id);
        FactPlan::of([
            Need::Guild(guild_id),
            Need::Member(guild_id, user_id),
            Need::Ban(guild_id, user_id),
            Need::MemberCount(guild_id),
            Need::GuildCount(user_id),
            Need::LastRefusal(guild_id, user_id, AuditAction::JoinRejectedVisibility),
            Need::LastRefusal(guild_id, user_id, AuditAction::JoinRejectedUserBan),
            Need::LastRefusal(guild_id, user_id, AuditAction::JoinRejectedIpBan),
        ])
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<JoinOutcome>, Denial> {
        let granted = Granted::to_everyone();
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotFound("guild"))?;
        if facts.member(self.guild_id, actor.user_id)?.is_some() {
            return Ok(Decision::unchanged(granted, JoinOutcome::AlreadyMember));
        }
        if graph.visibility == Visibility::Private {
            return self.refused(actor, facts, AuditAction::JoinRejectedVisibility, Denial::NotFound("guild"));
        }
        if facts.is_banned(self.guild_id, actor.user_id)? {
            return self.refused(actor, facts, AuditAction::JoinRejectedUserBan, Denial::JoinBanned);
        }
        if facts.pass_gate(self.guild_id, &actor).is_err() {
            return self.refused(actor, facts, AuditAction::JoinRejectedIpBan, Denial::JoinAddressBanned);
        }
        if facts.count(&Need::MemberCount(self.guild_id))? >= limits.guild_members_max {
            return Err(Denial::Quota("the guild is full"));
        }
        within_guilds_per_user(facts, actor)?;
        let joined = (actor.user_id, MemberVia::Directory, actor.user_id);
        let add = Mutation::AddMember(new_member(graph, joined, facts.stamp().now()));
        Ok(Decision::change(granted, [add], JoinOutcome::Accepted))
    }
}

impl JoinGuild {
    /// A refused join leaves at most one audit record per guild, user, action and minute (AUD-3).
    fn refused(
        &self,
        actor: Actor,
        facts: &Facts,
        action: AuditAction,
        denial: Denial,
    ) -> Result<Decision<JoinOutcome>, Denial> {
        let now = facts.stamp().now();
        let last = facts.last_refusal(self.guild_id, actor.user_id, action)?;
        if last.is_some_and(|last| last.plus_secs(REFUSAL_AUDIT_SECS) > now) {
            return Err(denial);
        }
        let note =
            Mutation::NoteRefusedJoin { guild_id: self.guild_id, user_id: actor.user_id, action, refused_at: now };
        Ok(Decision::refusal(Granted::to_everyone(), [note], denial))
    }
}

/// Leaves a guild; its owner cannot (HIE-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaveGuild {
    /// The guild.
    pub guild_id: GuildId,
}

impl Command for LeaveGuild {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let graph = facts.guild(self.guild_id)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let granted = require(graph, subject, Requirement::Member)?;
        if subject.membership.is_none() {
            return Err(Denial::NotMember); // a server owner from outside has nothing to leave
        }
        if graph.is_some_and(|graph| graph.owner_id == actor.user_id) {
            return Err(Denial::OwnerMustTransfer);
        }
        let leave = Mutation::RemoveMember {
            guild_id: self.guild_id,
            user_id: actor.user_id,
            loss: MemberLoss::Left,
            actor_user_id: actor.user_id,
            removed_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [leave], ()))
    }
}

/// A member with what a member is born with; `actor_user_id` is the member itself when it joins (ACT-1).
pub(super) fn new_member(
    graph: &GuildGraph,
    (user_id, via, actor_user_id): (UserId, MemberVia, UserId),
    joined_at: Timestamp,
) -> NewMember {
    let role_ids: Vec<RoleId> = graph.default_role_id.into_iter().collect();
    let membership = Membership { user_id, role_ids, joined_at };
    let role: LegacyRole =
        legacy_role(graph, Subject { user_id, is_server_owner: false, membership: Some(&membership) });
    NewMember {
        guild_id: graph.guild_id,
        guild: (graph.name.clone(), graph.visibility, graph.owner_id),
        user_id,
        default_role_id: graph.default_role_id,
        role,
        via,
        actor_user_id,
        joined_at,
    }
}

fn within_guilds_per_user(facts: &Facts, actor: Actor) -> Result<(), Denial> {
    if facts.count(&Need::GuildCount(actor.user_id))? >= GUILDS_PER_USER_MAX as u64 {
        return Err(Denial::Quota("member of too many guilds"));
    }
    Ok(())
}

fn record(graph: &GuildGraph) -> Guild {
    Guild { guild_id: graph.guild_id, name: graph.name.clone(), visibility: graph.visibility }
}
