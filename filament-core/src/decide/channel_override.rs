//! Channel overrides of roles and members (contract §9.8). The endpoint for legacy words sets the override of the seeded role (PRM-6).

use filament_protocol::{
    ChannelId, GuildId, LegacyRole, Permission, Permissions, SystemKey, limits::OVERRIDES_PER_CHANNEL_MAX,
};

use super::{Admitted, Command, Limits, admission, admit, target};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    mutation::{Mutation, OverrideChange, OverrideWord},
    permission::{
        ChannelNode, GraphChange, Override, OverrideTarget, Requirement, channel_permissions, keeps, may_set_override,
    },
};

/// What an override is set on, as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideAim {
    /// A role or a member by id.
    Target(OverrideTarget),
    /// A seeded role by its legacy word.
    Seeded(LegacyRole),
}

/// Sets the lists of an override; both empty removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOverride {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Whom it concerns.
    pub aim: OverrideAim,
    /// What it adds.
    pub allow: Permissions,
    /// What it takes away.
    pub deny: Permissions,
}

/// Removes an override, whether or not its target is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteOverride {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Whom it concerns.
    pub target: OverrideTarget,
}

impl Command for SetOverride {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, &actor, self.aim)
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        if self.allow.intersects(self.deny) {
            return Err(Denial::Invalid("a permission is both allowed and denied"));
        }
        let change =
            Change { guild_id: self.guild_id, channel_id: self.channel_id, allow: self.allow, deny: self.deny };
        let admitted = change.admit(facts, &actor)?;
        let target = match self.aim {
            OverrideAim::Target(target) => target,
            OverrideAim::Seeded(word) => {
                let role = admitted.graph.seeded(word.system_key()).ok_or(Denial::NotFound("role"))?;
                OverrideTarget::Role(role.role_id)
            }
        };
        if let OverrideTarget::Member(user_id) = target
            && facts.member(self.guild_id, user_id)?.is_none()
        {
            return Err(Denial::NotFound("member"));
        }
        change.decide(admitted, target, (actor, facts, limits))
    }
}

impl Command for DeleteOverride {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, &actor, OverrideAim::Target(self.target))
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let (allow, deny) = (Permissions::EMPTY, Permissions::EMPTY);
        let change = Change { guild_id: self.guild_id, channel_id: self.channel_id, allow, deny };
        let admitted = change.admit(facts, &actor)?;
        match self.target {
            OverrideTarget::Role(role_id) if admitted.graph.role(role_id).is_none() => {
                Ok(Decision::unchanged(admitted.granted, ()))
            }
            target => change.decide(admitted, target, (actor, facts, limits)),
        }
    }
}

/// Lists wanted in a channel.
#[derive(Clone, Copy)]
struct Change {
    guild_id: GuildId,
    channel_id: ChannelId,
    allow: Permissions,
    deny: Permissions,
}

impl Change {
    const fn manage(self) -> Requirement {
        Requirement::Channel(self.channel_id, Permission::ManageChannelOverrides)
    }

    fn admit<'f>(self, facts: &'f Facts, actor: &Actor) -> Result<Admitted<'f>, Denial> {
        facts.pass_gate(self.guild_id, actor)?;
        admit(facts, self.guild_id, actor, self.manage())
    }

    fn decide(
        self,
        admitted: Admitted<'_>,
        on: OverrideTarget,
        (actor, facts, limits): (Actor, &Facts, &Limits),
    ) -> Result<Decision<()>, Denial> {
        let channel = admitted.graph.channel(self.channel_id).ok_or(Denial::NotFound("channel"))?;
        let before = channel.override_of(on);
        let (allowed, denied) =
            before.map_or((Permissions::EMPTY, Permissions::EMPTY), |before| (before.allow, before.deny));
        let changed = self.allow.symmetric_difference(allowed).union(self.deny.symmetric_difference(denied));
        let member = match on {
            OverrideTarget::Member(user_id) => Some(target(facts, self.guild_id, user_id, limits)?),
            OverrideTarget::Role(_) => None,
        };
        let own = channel_permissions(admitted.graph, channel, admitted.subject);
        may_set_override(admitted.graph, admitted.subject, own, on, member, changed)?;
        if changed.is_empty() {
            return Ok(Decision::unchanged(admitted.granted, ()));
        }
        if before.is_none() && channel.overrides.len() >= OVERRIDES_PER_CHANNEL_MAX {
            return Err(Denial::Quota("too many overrides of one channel"));
        }
        let value = Override { target: on, allow: self.allow, deny: self.deny, updated_at: facts.stamp().now() };
        let graph_change = GraphChange::OverrideSet { channel_id: self.channel_id, value };
        if !keeps(admitted.graph, admitted.subject, &graph_change, self.manage()) {
            return Err(Denial::SelfLockout);
        }
        let set = Mutation::SetOverride(OverrideChange {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            value,
            word: word(&admitted, channel, on),
            actor_user_id: actor.user_id,
        });
        Ok(Decision::change(admitted.granted, [set], ()))
    }
}

fn plan(guild_id: GuildId, actor: &Actor, aim: OverrideAim) -> FactPlan {
    let other = match aim {
        OverrideAim::Target(OverrideTarget::Member(user_id)) if user_id != actor.user_id => {
            Some(Need::Member(guild_id, user_id))
        }
        OverrideAim::Target(_) | OverrideAim::Seeded(_) => None,
    };
    FactPlan::of(admission(guild_id, actor).into_iter().chain(other))
}

/// How the target is told to existing clients. The seeded member role is never the one that changes where its lists are restated.
fn word(admitted: &Admitted<'_>, channel: &ChannelNode, on: OverrideTarget) -> OverrideWord {
    let key = match on {
        OverrideTarget::Role(role_id) => admitted.graph.role(role_id).and_then(|role| role.system_key),
        OverrideTarget::Member(_) => None,
    };
    if let Some(word) = key.and_then(SystemKey::legacy_role) {
        return OverrideWord::Seeded(word);
    }
    let member = admitted.graph.seeded(SystemKey::Member).map(|role| OverrideTarget::Role(role.role_id));
    let lists = member.and_then(|target| channel.override_of(target));
    OverrideWord::Other {
        allow: lists.map_or(Permissions::EMPTY, |lists| lists.allow),
        deny: lists.map_or(Permissions::EMPTY, |lists| lists.deny),
        is_everyone: key == Some(SystemKey::Everyone),
    }
}
