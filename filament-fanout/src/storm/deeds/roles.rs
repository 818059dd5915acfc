//! Roles and who holds them.

use filament_core::decide::{
    assignment::{AssignRole, SetLegacyRole, UnassignRole},
    role::{CreateRole, DeleteRole, ReorderRoles, SetDefaultRole, UpdateRole},
};
use filament_protocol::{LegacyRole, Patch, Permission, Permissions, RoleId, RoleName, UserId};

use super::Act;
use crate::storm::{op::Deed, said::Said, truth::Target};

impl Act<'_> {
    pub(super) fn run_on_roles(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        let guild_id = self.guild;
        let manage = Some((Permission::ManageWorkspaceRoles, None));
        match *deed {
            Deed::CreateRole(bits) => {
                let (name, permissions) =
                    (RoleName::new("custom").expect("a name"), Permissions::from_bits_truncate(bits));
                let command = CreateRole { guild_id, name, permissions, position: None, color_hex: None };
                let role_id = self.commit(manage, command)?.role_id;
                self.here().roles.insert(role_id, permissions);
                Some(vec![self.to_guild(&format!("workspace_role_create {guild_id} {role_id}"))])
            }
            Deed::EditRole(nth, bits) => self.edit_role(self.role(nth), Permissions::from_bits_truncate(bits)),
            Deed::DeleteRole(nth) => {
                let role_id = self.custom_role(nth);
                self.commit(manage, DeleteRole { guild_id, role_id })?;
                let guild = self.here();
                guild.roles.remove(&role_id);
                for held in guild.members.values_mut() {
                    held.remove(&role_id);
                }
                for channel in &mut guild.channels {
                    channel.overrides.remove(&Target::Role(role_id));
                }
                let was_default = guild.default_role == Some(role_id);
                let mut said = vec![self.to_guild(&format!("workspace_role_delete {guild_id} {role_id}"))];
                if was_default {
                    self.here().default_role = None;
                    said.push(self.to_guild(&format!("workspace_default_role_update {guild_id} None")));
                }
                Some(said)
            }
            Deed::MoveRoles(nth) => {
                let guild = &self.next.guilds[&guild_id];
                let fixed = [guild.everyone, guild.owner_role];
                let mut role_ids: Vec<_> = guild.roles.keys().copied().filter(|role| !fixed.contains(role)).collect();
                let by = nth.index(role_ids.len());
                role_ids.rotate_left(by);
                self.commit(manage, ReorderRoles { guild_id, role_ids })?;
                Some(vec![self.to_guild(&format!("workspace_role_reorder {guild_id}"))])
            }
            Deed::DefaultRole(nth) => {
                let role_id = nth.map(|nth| self.role(nth));
                self.commit(manage, SetDefaultRole { guild_id, role_id })?;
                self.here().default_role = role_id;
                Some(vec![self.to_guild(&format!("workspace_default_role_update {guild_id} {role_id:?}"))])
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    pub(in crate::storm) fn edit_role(&mut self, role_id: RoleId, permissions: Permissions) -> Option<Vec<Said>> {
        let (guild_id, granted) = (self.guild, Some(permissions));
        let command = UpdateRole { guild_id, role_id, name: None, permissions: granted, color_hex: Patch::Keep };
        self.commit(Some((Permission::ManageWorkspaceRoles, None)), command)?;
        self.here().roles.insert(role_id, permissions);
        let granted = granted.map(Permissions::bits);
        Some(vec![self.to_guild(&format!("workspace_role_update {guild_id} {role_id} {granted:?}"))])
    }

    pub(super) fn run_on_assignments(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        let guild_id = self.guild;
        let manage = Some((Permission::ManageMemberRoles, None));
        match *deed {
            Deed::Assign(nth, n) => {
                let (role_id, user_id) = (self.role(nth), self.user(n));
                self.commit(manage, AssignRole { guild_id, role_id, user_id })?;
                Some(self.reassigned(user_id, &[], &[role_id]))
            }
            Deed::Unassign(nth, n) => {
                let user_id = self.user(n);
                let held = self.next.guilds[&guild_id].members.get(&user_id);
                let role_id = held.and_then(|held| held.iter().nth(nth.index(held.len().max(1))).copied());
                let role_id = role_id.unwrap_or_else(|| self.role(nth));
                self.commit(manage, UnassignRole { guild_id, role_id, user_id })?;
                Some(self.reassigned(user_id, &[role_id], &[]))
            }
            Deed::MakeModerator(n, up) => {
                let user_id = self.user(n);
                let role = if up { LegacyRole::Moderator } else { LegacyRole::Member };
                self.commit(manage, SetLegacyRole { guild_id, user_id, role })?;
                let seeded = [self.here().member, self.here().moderator];
                let (lower, upper) = seeded.split_at(1);
                Some(if up { self.reassigned(user_id, lower, upper) } else { self.reassigned(user_id, upper, lower) })
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    fn reassigned(&mut self, user: UserId, taken: &[RoleId], given: &[RoleId]) -> Vec<Said> {
        let guild_id = self.guild;
        let guild = self.here();
        let before = guild.legacy(user);
        let held = guild.members.get_mut(&user).expect("only members have roles");
        let taken: Vec<_> = taken.iter().filter(|role| held.remove(role)).collect();
        let given: Vec<_> = given.iter().filter(|role| held.insert(**role)).collect();
        let after = guild.legacy(user);
        assert!(!taken.is_empty() || !given.is_empty(), "something changed (EMI-1)");
        let taken = taken.into_iter().map(|role| format!("workspace_role_assignment_remove {guild_id} {user} {role}"));
        let given = given.into_iter().map(|role| format!("workspace_role_assignment_add {guild_id} {user} {role}"));
        let word = (before != after).then(|| format!("workspace_member_update {guild_id} {user} {after}"));
        taken.chain(given).chain(word).map(|text| self.to_guild(&text)).collect()
    }
}
