//! Channels and their overrides.

use filament_core::decide::{
    channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
    channel_override::{DeleteOverride, OverrideAim, SetOverride},
};
use filament_protocol::{ChannelId, ChannelKind, ChannelName, LegacyRole, Permission, Permissions, TargetKind};
use proptest::sample::Index;

use super::Act;
use crate::storm::{
    op::{Aim, Deed},
    said::{Audience, Said},
    truth::{Channel, Target},
};

impl Act<'_> {
    pub(super) fn run_on_channels(&mut self, deed: &Deed) -> Option<Vec<Said>> {
        let guild_id = self.guild;
        let manage = |channel| Some((Permission::ManageChannelOverrides, channel));
        match *deed {
            Deed::CreateChannel(initial) => {
                let initial = initial.map(|(aim, allow, deny)| lists(self.target(aim), allow, deny));
                let overrides = initial.iter().map(|(target, (allow, deny))| InitialOverride {
                    target: *target,
                    allow: *allow,
                    deny: *deny,
                });
                let (name, kind) = (ChannelName::new("channel").expect("a name"), ChannelKind::Text);
                let command = CreateChannel { guild_id, name, kind, overrides: overrides.collect() };
                let id = self.commit(manage(None), command)?.channel_id;
                let overrides = initial.into_iter().filter(|(_, (allow, deny))| !allow.is_empty() || !deny.is_empty());
                if self.storm.in_hiding.is_some() {
                    self.storm.hidden.insert(id);
                }
                self.here().channels.push(Channel { id, overrides: overrides.collect() });
                Some(vec![Said::to(Audience::Manage(guild_id, id), format!("channel_create {id}"))])
            }
            Deed::RenameChannel(nth) => {
                let channel_id = self.channel(nth)?;
                let name = ChannelName::new(format!("channel {}", self.label)).expect("a name");
                let text = format!("channel_update {channel_id} {}", &*name);
                self.commit(manage(Some(channel_id)), UpdateChannel { guild_id, channel_id, name })?;
                Some(vec![Said::to(Audience::Manage(guild_id, channel_id), text)])
            }
            Deed::DeleteChannel(nth) => {
                let channel_id = self.channel(nth)?;
                self.commit(manage(Some(channel_id)), DeleteChannel { guild_id, channel_id })?;
                self.here().channels.retain(|channel| channel.id != channel_id);
                let edge = Audience::Edge(guild_id, channel_id);
                let gone = Said::to(edge, format!("channel_delete {channel_id}"));
                Some(vec![gone, Said::notice(edge, self.restated(channel_id, LegacyRole::Member, None))])
            }
            Deed::MoveChannels(nth) => {
                let before = self.channels();
                let mut channel_ids = before.clone();
                channel_ids.rotate_left((nth.index(before.len().max(2) - 1) + 1).min(before.len()));
                self.commit(manage(None), ReorderChannels { guild_id, channel_ids: channel_ids.clone() })?;
                // They take each other's places; all others stay where they are.
                let all = self.here().channels.clone();
                let place = |id: &ChannelId| all.iter().position(|channel| channel.id == *id).expect("one of them");
                for (from, to) in before.iter().zip(&channel_ids) {
                    self.here().channels[place(from)] = all[place(to)].clone();
                }
                Some(vec![Said::to(Audience::Order(guild_id), String::new())])
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    pub(super) fn set_override(&mut self, nth: Index, aim: Aim, allow: u16, deny: u16) -> Option<Vec<Said>> {
        let (guild_id, channel_id) = (self.guild, self.channel(nth)?);
        let (target, (allow, deny)) = lists(self.target(aim), allow, deny);
        let command = SetOverride { guild_id, channel_id, aim: OverrideAim::Target(target), allow, deny };
        self.commit(Some((Permission::ManageChannelOverrides, Some(channel_id))), command)?;
        Some(self.overridden(channel_id, target, allow, deny))
    }

    pub(super) fn clear_override(&mut self, nth: Index, which: Index) -> Option<Vec<Said>> {
        let (guild_id, channel_id) = (self.guild, self.channel(nth)?);
        let overrides = &self.here().channel_mut(channel_id).overrides;
        let target = *overrides.keys().nth(which.index(overrides.len().max(1)))?;
        let command = DeleteOverride { guild_id, channel_id, target };
        self.commit(Some((Permission::ManageChannelOverrides, Some(channel_id))), command)?;
        Some(self.overridden(channel_id, target, Permissions::EMPTY, Permissions::EMPTY))
    }

    /// The canonical event, then its notice (CMP-1 to CMP-3).
    fn overridden(&mut self, channel: ChannelId, target: Target, allow: Permissions, deny: Permissions) -> Vec<Said> {
        let guild_id = self.guild;
        let overrides = &mut self.here().channel_mut(channel).overrides;
        if allow.is_empty() && deny.is_empty() {
            overrides.remove(&target);
        } else {
            overrides.insert(target, (allow, deny));
        }
        let edge = Audience::Edge(guild_id, channel);
        let (kind, id, hearing) = match target {
            Target::Role(role) => (TargetKind::Role, role.to_string(), edge),
            Target::Member(user) => {
                (TargetKind::Member, user.to_string(), Audience::EdgeMember(guild_id, channel, user))
            }
        };
        let guild = self.here();
        let seeded = [
            (guild.owner_role, LegacyRole::Owner),
            (guild.moderator, LegacyRole::Moderator),
            (guild.member, LegacyRole::Member),
        ];
        let word = seeded.into_iter().find(|(role, _)| target == Target::Role(*role)).map(|(_, word)| word);
        let shown = word.map_or(Target::Role(guild.member), |_| target);
        let lists = guild.channel_mut(channel).overrides.get(&shown).copied();
        let restated = self.restated(channel, word.unwrap_or(LegacyRole::Member), lists);
        let (allow, deny, by) = (allow.bits(), deny.bits(), self.by());
        let text = format!("workspace_channel_override_update {channel} {kind} {id} {allow} {deny} {by}");
        vec![Said::to(edge, text), Said::notice(hearing, restated)]
    }

    fn restated(&self, channel: ChannelId, word: LegacyRole, lists: Option<(Permissions, Permissions)>) -> String {
        let (allow, deny) = lists.unwrap_or_default();
        let (allow, deny, by) = (allow.bits(), deny.bits(), self.by());
        format!("workspace_channel_role_override_update {channel} {word} {allow} {deny} {by}")
    }
}

/// A target with disjoint lists: what is denied is not allowed.
fn lists(target: Target, allow: u16, deny: u16) -> (Target, (Permissions, Permissions)) {
    (target, (Permissions::from_bits_truncate(allow & !deny), Permissions::from_bits_truncate(deny)))
}
