//! Guilds and who owns them.

use filament_core::decide::{
    guild::{CreateGuild, UpdateGuild},
    ownership::{DeleteGuild, TransferOwnership},
};
use filament_protocol::{
    GuildName, LegacyRole, Permission, UserId, Visibility,
    event::{AvailableReason, RemoveReason, UnavailableReason},
};

use super::{Act, GUILDS_MAX};
use crate::storm::{
    op::Deed,
    said::{Audience, Said},
    truth::Guild,
};

impl Act<'_> {
    pub(super) fn run_on_guild(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        let (guild_id, actor) = (self.guild, self.actor.user_id);
        let name = || GuildName::new(format!("guild {}", self.label)).expect("a name");
        match *deed {
            Deed::CreateGuild => {
                if self.next.guilds.len() >= GUILDS_MAX || self.actor.is_server_owner {
                    return None;
                }
                let command = CreateGuild { name: name(), visibility: Visibility::Public };
                let created = self.commit(None, command)?.guild_id;
                let graph = self.storm.store().graph(created).expect("created");
                self.next.guilds.insert(created, Guild::created(&graph, actor));
                let text = format!("workspace_available {created} {}", AvailableReason::Created);
                Some(vec![Said::to(Audience::User(actor), text)])
            }
            Deed::RenameGuild => {
                let command = UpdateGuild { guild_id, name: Some(name()), visibility: None };
                self.commit(Some((Permission::ManageRoles, None)), command)?;
                Some(vec![self.to_guild(&format!("workspace_update {guild_id}"))])
            }
            Deed::DeleteGuild => {
                self.commit(None, DeleteGuild { guild_id })?;
                self.assert_owner();
                self.next.guilds.remove(&guild_id);
                let to = |text| Said::to(Audience::Former(guild_id), text);
                let removed = format!("workspace_member_remove {guild_id} {{receiver}} {}", RemoveReason::Leave);
                Some(vec![
                    to(format!("workspace_delete {guild_id} {}", self.by())),
                    Said::notice(Audience::Former(guild_id), removed),
                    to(format!("workspace_unavailable {guild_id} {}", UnavailableReason::Deleted)),
                ])
            }
            Deed::Transfer(n) => {
                let user_id = self.user(n);
                self.commit(None, TransferOwnership { guild_id, user_id })?;
                self.assert_owner();
                Some(self.transferred(user_id))
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    fn assert_owner(&self) {
        let is_owner = self.next.guilds[&self.guild].owner() == self.actor.user_id;
        assert!(is_owner || self.actor.is_server_owner, "only for the owner");
    }

    fn transferred(&mut self, next: UserId) -> Vec<Said> {
        let guild_id = self.guild;
        let guild = self.here();
        let (old, owner_role, moderator) = (guild.owner(), guild.owner_role, guild.moderator);
        let is_new = guild.members.get_mut(&old).expect("a member").insert(moderator);
        guild.members.get_mut(&old).expect("a member").remove(&owner_role);
        guild.members.get_mut(&next).expect("a member").insert(owner_role);
        let word = |user, word| format!("workspace_member_update {guild_id} {user} {word}");
        let mut said = vec![format!("workspace_role_assignment_remove {guild_id} {old} {owner_role}")];
        said.extend(is_new.then(|| format!("workspace_role_assignment_add {guild_id} {old} {moderator}")));
        said.push(format!("workspace_role_assignment_add {guild_id} {next} {owner_role}"));
        said.push(word(old, LegacyRole::Moderator));
        said.push(word(next, LegacyRole::Owner));
        said.push(format!("workspace_owner_update {guild_id} {old} {next}"));
        said.into_iter().map(|text| self.to_guild(&text)).collect()
    }
}
