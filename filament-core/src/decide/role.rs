//! Roles: create, update, delete, reorder, and which one a new member is given (contract §9.7).

use filament_protocol::{
    ColorHex, GuildId, Patch, Permission, Permissions, RoleId, RoleName, SystemKey, limits::ROLES_PER_GUILD_MAX,
    record::Role,
};

use super::{Admitted, Command, Limits, admission, admit};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts},
    limits::OWNER_POSITION,
    mutation::{Mutation, RoleOrder, RoleUpdate},
    permission::{GraphChange, GuildGraph, Rank, Requirement, RoleNode, keeps, may_manage_role, ranked},
};

const MANAGE: Requirement = Requirement::Guild(Permission::ManageWorkspaceRoles);

/// Creates a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRole {
    /// The guild.
    pub guild_id: GuildId,
    /// Its name.
    pub name: RoleName,
    /// What it grants.
    pub permissions: Permissions,
    /// Its position, 1..=9999; without one as high as the caller may (HIE-6).
    pub position: Option<u16>,
    /// Its colour.
    pub color_hex: Option<ColorHex>,
}

impl Command for CreateRole {
    type Caller = Actor;
    type Reply = Role;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Role>, Denial> {
        if self.name.is_reserved() {
            return Err(Denial::Invalid("the name is reserved"));
        }
        let asked = self.position.map(custom_position).transpose()?;
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let rank = admitted.rank();
        let role = RoleNode {
            role_id: facts.stamp().id(0),
            name: self.name.clone(),
            position: asked.unwrap_or_else(|| rank.position().saturating_sub(1).max(1)),
            is_system: false,
            permissions: self.permissions,
            color_hex: self.color_hex.clone(),
            system_key: None,
        };
        may_manage_role(rank, admitted.own(), &role, self.permissions)?;
        if admitted.graph.roles.len() >= ROLES_PER_GUILD_MAX {
            return Err(Denial::Quota("too many roles"));
        }
        let reply = role.record();
        let create = Mutation::CreateRole {
            guild_id: self.guild_id,
            role,
            actor_user_id: actor.user_id,
            created_at: facts.stamp().now(),
        };
        Ok(Decision::change(admitted.granted, [create], reply))
    }
}

/// A position a custom role may stand at (PRM-8).
fn custom_position(position: u16) -> Result<u16, Denial> {
    let position = Some(position).filter(|position| (1..OWNER_POSITION).contains(position));
    position.ok_or(Denial::Invalid("a role stands at 1..=9999"))
}

/// Changes name, permissions or colour of a role; what is left out stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateRole {
    /// The guild.
    pub guild_id: GuildId,
    /// The role.
    pub role_id: RoleId,
    /// The name wanted.
    pub name: Option<RoleName>,
    /// The permissions wanted.
    pub permissions: Option<Permissions>,
    /// The colour wanted.
    pub color_hex: Patch<ColorHex>,
}

impl Command for UpdateRole {
    type Caller = Actor;
    type Reply = Role;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Role>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let before = known(admitted.graph, self.role_id)?;
        let name = self.name.clone().filter(|name| *name != before.name);
        let permissions = self.permissions.filter(|permissions| *permissions != before.permissions);
        let color_hex = match self.color_hex.clone() {
            Patch::Clear if before.color_hex.is_none() => Patch::Keep,
            Patch::Set(color) if before.color_hex.as_ref() == Some(&color) => Patch::Keep,
            other => other,
        };
        may_edit(&admitted, before, name.as_ref(), permissions)?;
        if name.is_none() && permissions.is_none() && color_hex.is_keep() {
            return Ok(Decision::unchanged(admitted.granted, before.record()));
        }
        let role = RoleNode {
            name: name.clone().unwrap_or_else(|| before.name.clone()),
            permissions: permissions.unwrap_or(before.permissions),
            color_hex: color_hex.clone().apply(before.color_hex.clone()),
            ..before.clone()
        };
        if !keeps(admitted.graph, admitted.subject, &GraphChange::RolePut(role.clone()), MANAGE) {
            return Err(Denial::SelfLockout);
        }
        let reply = role.record();
        let update = Mutation::UpdateRole(RoleUpdate {
            guild_id: self.guild_id,
            role,
            name,
            permissions,
            color_hex,
            actor_user_id: actor.user_id,
            updated_at: facts.stamp().now(),
        });
        Ok(Decision::change(admitted.granted, [update], reply))
    }
}

/// PRM-3 and PRM-9 on what changes, then the hierarchy.
fn may_edit(
    admitted: &Admitted<'_>,
    role: &RoleNode,
    name: Option<&RoleName>,
    permissions: Option<Permissions>,
) -> Result<(), Denial> {
    let added = permissions.map_or(Permissions::EMPTY, |permissions| permissions.difference(role.permissions));
    let rank = admitted.rank();
    if role.system_key == Some(SystemKey::WorkspaceOwner) {
        // Its permissions are fixed and its name is a word: the colour is what is left, and that is the owner's alone.
        let may = rank == Rank::Owner && name.is_none() && permissions.is_none();
        return if may { Ok(()) } else { Err(Denial::Hierarchy("PRM-3")) };
    }
    may_manage_role(rank, admitted.own(), role, added)?;
    match name {
        Some(_) if role.system_key.is_some() => Err(Denial::Hierarchy("PRM-3")),
        Some(name) if name.is_reserved() => Err(Denial::Invalid("the name is reserved")),
        Some(_) | None => Ok(()),
    }
}

/// Deletes a custom role, with its assignments and overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteRole {
    /// The guild.
    pub guild_id: GuildId,
    /// The role.
    pub role_id: RoleId,
}

impl Command for DeleteRole {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let role = known(admitted.graph, self.role_id)?;
        if role.system_key.is_some() {
            return Err(Denial::Hierarchy("PRM-3"));
        }
        may_manage_role(admitted.rank(), admitted.own(), role, Permissions::EMPTY)?;
        if !keeps(admitted.graph, admitted.subject, &GraphChange::RoleRemoved(self.role_id), MANAGE) {
            return Err(Denial::SelfLockout);
        }
        let delete = Mutation::DeleteRole {
            guild_id: self.guild_id,
            role_id: self.role_id,
            was_default: admitted.graph.default_role_id == Some(self.role_id),
            actor_user_id: actor.user_id,
            deleted_at: facts.stamp().now(),
        };
        Ok(Decision::change(admitted.granted, [delete], ()))
    }
}

/// Places the listed roles, in list order, into the ranks they occupy now; roles not listed keep their rank (HIE-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReorderRoles {
    /// The guild.
    pub guild_id: GuildId,
    /// Roles of the guild, highest first, without repeats.
    pub role_ids: Vec<RoleId>,
}

impl Command for ReorderRoles {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        if self.role_ids.iter().enumerate().any(|(index, id)| self.role_ids[..index].contains(id)) {
            return Err(Denial::Invalid("a role is listed twice"));
        }
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let (graph, rank) = (admitted.graph, admitted.rank());
        for role_id in &self.role_ids {
            let role = graph.role(*role_id).ok_or(Denial::Invalid("an unknown role is listed"))?;
            if matches!(role.system_key, Some(SystemKey::Everyone | SystemKey::WorkspaceOwner)) {
                return Err(Denial::Hierarchy("PRM-3"));
            }
            may_manage_role(rank, admitted.own(), role, Permissions::EMPTY)?;
        }
        let before: Vec<&RoleNode> = ranked(graph).filter(|role| !role.is_system).collect();
        let mut listed = self.role_ids.iter().copied();
        let placed = before.iter().map(|role| match self.role_ids.contains(&role.role_id) {
            true => listed.next().unwrap_or(role.role_id),
            false => role.role_id,
        });
        let after: Vec<RoleId> = placed.collect();
        if before.iter().map(|role| role.role_id).eq(after.iter().copied()) {
            return Ok(Decision::unchanged(admitted.granted, ()));
        }
        let positions = (1..=u16::try_from(after.len()).unwrap_or(OWNER_POSITION)).rev();
        let places: Vec<(RoleId, u16)> = after.into_iter().zip(positions).collect();
        if raises(&admitted, rank, &before, &places) {
            return Err(Denial::Hierarchy("HIE-8"));
        }
        let reorder = Mutation::ReorderRoles(RoleOrder {
            guild_id: self.guild_id,
            places,
            actor_user_id: actor.user_id,
            updated_at: facts.stamp().now(),
        });
        Ok(Decision::change(admitted.granted, [reorder], ()))
    }
}

/// Whether the caller would stand above a role it did not stand above. Equal positions become different ones, so a reorder could do that.
fn raises(admitted: &Admitted<'_>, rank: Rank, before: &[&RoleNode], places: &[(RoleId, u16)]) -> bool {
    if rank.is_excepted() {
        return false;
    }
    let place = |role_id: RoleId| places.iter().find(|(id, _)| *id == role_id).map_or(0, |(_, position)| *position);
    let held = admitted.subject.membership.map_or(&[][..], |membership| &membership.role_ids);
    let rank_after = held.iter().map(|role_id| place(*role_id)).max().unwrap_or(0);
    let above = before.iter().filter(|role| role.position >= rank.position());
    above.into_iter().any(|role| place(role.role_id) < rank_after)
}

/// Says which role new members are given, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetDefaultRole {
    /// The guild.
    pub guild_id: GuildId,
    /// The role.
    pub role_id: Option<RoleId>,
}

impl Command for SetDefaultRole {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of(admission(self.guild_id, &actor))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        if let Some(role_id) = self.role_id {
            let role = admitted.graph.role(role_id).ok_or(Denial::Invalid("no such role"))?;
            if role.is_system {
                return Err(Denial::Hierarchy("PRM-3"));
            }
            may_manage_role(admitted.rank(), admitted.own(), role, role.permissions)?;
        }
        if admitted.graph.default_role_id == self.role_id {
            return Ok(Decision::unchanged(admitted.granted, ()));
        }
        let set = Mutation::SetDefaultRole {
            guild_id: self.guild_id,
            role_id: self.role_id,
            actor_user_id: actor.user_id,
            updated_at: facts.stamp().now(),
        };
        Ok(Decision::change(admitted.granted, [set], ()))
    }
}

fn known(graph: &GuildGraph, role_id: RoleId) -> Result<&RoleNode, Denial> {
    graph.role(role_id).ok_or(Denial::NotFound("role"))
}
