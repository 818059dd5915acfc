//! Commands through the real engine, and what each does to the truth and says to whom: the oracle's reading of contract §4.12.

mod channels;
mod guilds;
mod messages;
mod people;
mod roles;

use std::collections::BTreeSet;

use filament_core::{Actor, Command, TransactError};
use filament_protocol::{ChannelId, GuildId, Permission, RoleId, UserId};
use proptest::sample::Index;

use super::{
    Storm,
    op::{Aim, By, Deed},
    rights::can,
    said::{Audience, Said},
    truth::{Guild, Target, Truth},
};
use crate::world::ready;

/// Guilds that exist at once.
const GUILDS_MAX: usize = 3;

/// A stored message, for picking.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) channel: ChannelId,
    pub(super) author: UserId,
    pub(super) reactors: BTreeSet<UserId>,
}

/// Who acts where, and the truth that is being made.
pub(super) struct Act<'s> {
    pub(super) storm: &'s mut Storm,
    pub(super) actor: Actor,
    pub(super) guild: GuildId,
    pub(super) next: Truth,
    /// What makes a name or a text another one.
    pub(super) label: String,
}

impl<'s> Act<'s> {
    pub(super) fn of(storm: &'s mut Storm, n: usize, guild: GuildId) -> Self {
        let login = storm.logins[n];
        let actor = Actor {
            user_id: login.user_id,
            session_id: login.session_id,
            is_server_owner: login.is_server_owner,
            address: Some(storm.home(n)),
        };
        let label = storm.in_hiding.map_or_else(|| storm.turns.to_string(), |turn| format!("hidden {turn}"));
        let next = storm.head().clone();
        Self { storm, actor, guild, next, label }
    }
}

impl Act<'_> {
    /// Sends the command of a deed. `None`: it was refused, or changed nothing.
    pub(super) fn run(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        match *deed {
            Deed::CreateGuild | Deed::RenameGuild | Deed::DeleteGuild | Deed::Transfer(_) => self.run_on_guild(deed),
            Deed::Join | Deed::Add(_) | Deed::Leave | Deed::Kick(_) | Deed::Ban(_) | Deed::Unban(_) => {
                self.run_on_people(deed)
            }
            Deed::BanAddresses(user, lasts) => self.ban_addresses(user, lasts),
            Deed::UnbanAddress(nth) => self.unban_address(nth),
            Deed::CreateRole(_)
            | Deed::EditRole(..)
            | Deed::DeleteRole(_)
            | Deed::MoveRoles(_)
            | Deed::DefaultRole(_) => self.run_on_roles(deed),
            Deed::Assign(..) | Deed::Unassign(..) | Deed::MakeModerator(..) => self.run_on_assignments(deed),
            Deed::CreateChannel(_) | Deed::RenameChannel(_) | Deed::DeleteChannel(_) | Deed::MoveChannels(_) => {
                self.run_on_channels(deed)
            }
            Deed::SetOverride(channel, aim, allow, deny) => self.set_override(channel, aim, allow, deny),
            Deed::ClearOverride(channel, nth) => self.clear_override(channel, nth),
            Deed::Post(_) | Deed::Edit(_) | Deed::DeleteMessage(_) | Deed::React(..) => self.run_on_messages(deed),
        }
    }

    /// Commits a command that takes a permission, here or in a channel.
    fn commit<C: Command<Caller = Actor>>(
        &mut self,
        needs: Option<(Permission, Option<ChannelId>)>,
        command: C,
    ) -> Option<C::Reply> {
        let committed = match ready(self.storm.engine.execute(self.actor, command)) {
            Ok(committed) => committed,
            Err(TransactError::Denied { seq: None, .. }) => return None,
            Err(error) => panic!("{error:?}"),
        };
        if let Some((right, channel)) = needs {
            let may = can(&self.next, self.actor.user_id, right, self.guild, channel);
            assert!(may, "nobody does without {right} what takes it");
        }
        let seq = committed.seq?; // it changed nothing (EMI-1)
        assert_eq!(seq, self.storm.committed.len() as u64, "entries are dense");
        Some(committed.reply)
    }

    fn here(&mut self) -> &mut Guild {
        let guild = self.guild;
        self.next.guild_mut(guild)
    }

    fn by(&self) -> String {
        format!("by {}", self.actor.user_id)
    }

    fn to_guild(&self, text: &str) -> Said {
        Said::to(Audience::Guild(self.guild), format!("{text} {}", self.by()))
    }

    fn user(&self, n: usize) -> UserId {
        self.storm.logins[n].user_id
    }

    fn role(&self, nth: Index) -> RoleId {
        let roles = &self.next.guilds[&self.guild].roles;
        *roles.keys().nth(nth.index(roles.len())).expect("seeded ones are always there")
    }

    /// A role that was not seeded, if there is one.
    fn custom_role(&self, nth: Index) -> RoleId {
        let guild = &self.next.guilds[&self.guild];
        let seeded = [guild.everyone, guild.owner_role, guild.moderator, guild.member];
        let custom: Vec<_> = guild.roles.keys().filter(|role| !seeded.contains(role)).collect();
        custom.get(nth.index(custom.len().max(1))).map_or_else(|| self.role(nth), |role| **role)
    }

    /// The channels it is about: those in hiding, or all others.
    fn channels(&self) -> Vec<ChannelId> {
        let all = self.next.guilds[&self.guild].channels.iter().map(|channel| channel.id);
        all.filter(|id| self.storm.hidden.contains(id) == self.storm.in_hiding.is_some()).collect()
    }

    fn channel(&self, nth: Index) -> Option<ChannelId> {
        let channels = self.channels();
        channels.get(nth.index(channels.len().max(1))).copied()
    }

    fn target(&self, aim: Aim) -> Target {
        match aim {
            Aim::Role(nth) => Target::Role(self.role(nth)),
            Aim::Member(n) => Target::Member(self.user(n)),
        }
    }
}

impl Storm {
    /// Who acts, in which guild.
    pub(super) fn actor(&self, by: By, nth: Index) -> Option<(usize, GuildId)> {
        let guilds = &self.head().guilds;
        let guild = *guilds.keys().nth(nth.index(guilds.len().max(1)))?;
        match by {
            By::User(n) => Some((n, guild)),
            By::Owner => Some((self.owner_of(guild), guild)),
        }
    }
}
