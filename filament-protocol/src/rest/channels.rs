//! `/guilds/{g}/channels` (§9.8).

use crate::field::{Distinct, all_differ};
use crate::id::{ChannelId, OverrideTargetId};
use crate::limits::{CHANNELS_PER_GUILD_MAX, INITIAL_OVERRIDES_MAX};
use crate::object::{body, record};
use crate::permission::Permissions;
use crate::record::{ChannelKind, LegacyRole, ListedChannel, TargetKind};
use crate::text::ChannelName;

body! {
    /// Body of `POST /guilds/{g}/channels`.
    pub struct CreateChannel {
        /// Its name.
        pub name: ChannelName,
        /// Text if absent.
        pub kind: ChannelKind [default],
        /// Overrides in force from birth, at most 16, one per target.
        pub overrides: Vec<ChannelOverride> [0..=INITIAL_OVERRIDES_MAX, unique by, absent],
    }
}

body! {
    /// One override a channel is born with.
    pub struct ChannelOverride {
        /// Role or member.
        pub target_kind: TargetKind,
        /// Which one.
        pub target_id: OverrideTargetId,
        /// What it allows.
        pub allow: Permissions,
        /// What it denies; disjoint from what it allows.
        pub deny: Permissions,
    }
    rules { disjoint(allow, deny) }
}

impl Distinct for ChannelOverride {
    const KEYS: &'static [&'static [&'static str]] = &[&["target_kind", "target_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| (item.target_kind, item.target_id)))
    }
}

body! {
    /// Body of `PATCH /guilds/{g}/channels/{c}`.
    pub struct UpdateChannel {
        /// The new name.
        pub name: ChannelName,
    }
}

body! {
    /// Body of `POST /guilds/{g}/channels/reorder`.
    pub struct ReorderChannels {
        /// The channels in their new order: 1..=200, unique.
        pub channel_ids: Vec<ChannelId> [1..=CHANNELS_PER_GUILD_MAX, unique],
    }
}

record! {
    /// Answer of `GET /guilds/{g}/channels`: complete, in the receiver's order.
    pub struct ChannelList {
        /// The channels, at most 200.
        pub channels: Vec<ListedChannel> [0..=CHANNELS_PER_GUILD_MAX],
    }
}

record! {
    /// Answer of `GET …/channels/{c}/permissions/self`.
    pub struct SelfPermissions {
        /// The derived legacy role.
        pub role: LegacyRole,
        /// Effective permissions in the channel.
        pub permissions: Permissions,
    }
}
