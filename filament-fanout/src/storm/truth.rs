//! What is so, in plain sets, and who is to hear what of it.

use std::collections::BTreeSet;

use filament_core::Place;
use filament_protocol::{ChannelId, GuildId};

/// The truth of one position, in plain sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub(super) guilds: Vec<GuildTruth>,
}

#[derive(Clone, Debug)]
pub(super) struct GuildTruth {
    pub(super) id: GuildId,
    pub(super) owner: u128,
    pub(super) members: BTreeSet<u128>,
    pub(super) is_shut: bool,
    /// Addresses that may not enter.
    pub(super) banned: BTreeSet<u128>,
    pub(super) channels: Vec<ChannelTruth>,
}

#[derive(Clone, Debug)]
pub(super) struct ChannelTruth {
    pub(super) id: ChannelId,
    pub(super) hidden_from: BTreeSet<u128>,
    pub(super) is_hidden_from_all: bool,
}

impl Truth {
    pub(super) fn guild(&self, id: GuildId) -> &GuildTruth {
        self.guilds.iter().find(|guild| guild.id == id).expect("a guild of the storm")
    }

    pub(super) fn guild_mut(&mut self, id: GuildId) -> &mut GuildTruth {
        self.guilds.iter_mut().find(|guild| guild.id == id).expect("a guild of the storm")
    }

    pub(super) fn channel_mut(&mut self, guild: GuildId, id: ChannelId) -> &mut ChannelTruth {
        self.guild_mut(guild).channels.iter_mut().find(|channel| channel.id == id).expect("a channel of the storm")
    }

    pub(super) fn is_member(&self, guild: GuildId, user: u128) -> bool {
        self.guild(guild).members.contains(&user)
    }

    pub(super) fn exists(&self, guild: GuildId, channel: ChannelId) -> bool {
        self.guild(guild).channels.iter().any(|other| other.id == channel)
    }

    pub(super) fn sees(&self, guild: GuildId, channel: ChannelId, user: u128) -> bool {
        let guild = self.guild(guild);
        guild.channels.iter().filter(|other| other.id == channel).any(|channel| {
            user == 0
                || user == guild.owner
                || guild.members.contains(&user)
                    && !guild.is_shut
                    && !channel.is_hidden_from_all
                    && !channel.hidden_from.contains(&user)
        })
    }

    /// Whether the gate is closed to a user from an address (DEL-5).
    pub(super) fn stops(&self, guild: GuildId, user: u128, address: u128) -> bool {
        let guild = self.guild(guild);
        guild.banned.contains(&address) && user != guild.owner && user != 0
    }

    /// The members whose access is another than before, by guild: of the channels they see, or of what they may in the guild.
    pub(super) fn shifted(&self, before: &Self) -> Vec<(GuildId, u128)> {
        let mut shifted = Vec::new();
        for guild in &self.guilds {
            let old = before.guilds.iter().find(|old| old.id == guild.id);
            for user in &guild.members {
                let is_same = old.is_some_and(|old| {
                    old.members.contains(user)
                        && (old.is_shut == guild.is_shut || *user == guild.owner)
                        && before.visible(guild.id, *user) == self.visible(guild.id, *user)
                });
                if !is_same {
                    shifted.push((guild.id, *user));
                }
            }
        }
        shifted
    }

    pub(super) fn visible(&self, guild: GuildId, user: u128) -> Vec<ChannelId> {
        let channels = self.guild(guild).channels.iter().map(|channel| channel.id);
        channels.filter(|channel| self.sees(guild, *channel, user)).collect()
    }
}

/// Who hears an event of the script, as the contract's table says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    User(u128),
    Guild(GuildId),
    GuildAnd(GuildId, u128),
    Manage(GuildId, ChannelId),
    Edge(GuildId, ChannelId),
    Subscribers(GuildId, ChannelId),
    /// Rendered per receiver.
    Order(GuildId),
    /// An answer to a subscribe, or the notice of a channel.
    Answer(GuildId, ChannelId),
    /// What a member may do.
    Access(GuildId),
    /// Cannot be lost.
    Own,
}

/// Something a connection is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) audience: Audience,
    /// Whether it may be missing: it lost its receiver while some of its bytes may have been written.
    pub(super) is_optional: bool,
    /// Where its receiver stands then, if it is journalled.
    pub(super) place: Option<Place>,
}

impl Item {
    pub(super) fn new(audience: Audience, text: String) -> Self {
        Self { text, audience, is_optional: false, place: None }
    }

    /// Whether it may still be had while it waits (DEL-2, DEL-3, DEL-5).
    pub(super) fn may_be_had(&self, user: u128, address: u128, truth: &Truth) -> bool {
        match self.audience {
            Audience::Manage(guild, _)
            | Audience::Edge(guild, _)
            | Audience::Order(guild)
            | Audience::Subscribers(guild, _)
            | Audience::Answer(guild, _)
            | Audience::Access(guild)
                if truth.stops(guild, user, address) =>
            {
                return false;
            }
            _ => {}
        }
        let manages = |guild: GuildId| truth.guild(guild).owner == user && truth.is_member(guild, user);
        match self.audience {
            Audience::User(_) | Audience::Own => true,
            Audience::Guild(guild) | Audience::Edge(guild, _) | Audience::Order(guild) | Audience::Access(guild) => {
                truth.is_member(guild, user)
            }
            Audience::GuildAnd(guild, other) => other == user || truth.is_member(guild, user),
            Audience::Manage(guild, channel) => truth.sees(guild, channel, user) || manages(guild),
            Audience::Subscribers(guild, channel) | Audience::Answer(guild, channel) => {
                truth.sees(guild, channel, user)
            }
        }
    }
}
