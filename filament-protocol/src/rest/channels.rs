//! `/guilds/{g}/channels` (§9.8).

use serde::{Deserialize, Deserializer, Serialize, de};

use super::body;
use crate::field::{list, list_not_empty};
use crate::id::{ChannelId, OverrideTargetId};
use crate::limits::{CHANNELS_PER_GUILD_MAX, INITIAL_OVERRIDES_MAX};
use crate::permission::Permissions;
use crate::record::{ChannelKind, LegacyRole, ListedChannel, TargetKind};
use crate::shape::{Described, Shape};
use crate::text::ChannelName;

/// Body of `POST /guilds/{g}/channels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateChannel {
    /// Its name.
    pub name: ChannelName,
    /// Text if absent.
    #[serde(default)]
    pub kind: ChannelKind,
    /// Overrides in force from birth, at most 16, one per target.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "overrides")]
    pub overrides: Vec<ChannelOverride>,
}

body!(CreateChannel { Required name: ChannelName, Optional kind: ChannelKind, Optional overrides: Overrides });

/// Stands for the overrides of [`CreateChannel`] in its shape.
struct Overrides;

impl Described for Overrides {
    const SHAPE: Shape = Shape::List { min: 0, max: INITIAL_OVERRIDES_MAX, item: &ChannelOverride::SHAPE };
}

fn overrides<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ChannelOverride>, D::Error> {
    let overrides = list::<D, ChannelOverride, INITIAL_OVERRIDES_MAX>(deserializer)?;
    let mut targets: Vec<_> = overrides.iter().map(|it| (it.target_kind, it.target_id)).collect();
    targets.sort_unstable();
    if targets.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(de::Error::custom("two overrides for one target"));
    }
    Ok(overrides)
}

/// One override a channel is born with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "ChannelOverrideMembers")]
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

body!(@shape ChannelOverride {
    Required target_kind: TargetKind,
    Required target_id: OverrideTargetId,
    Required allow: Permissions,
    Required deny: Permissions
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelOverrideMembers {
    target_kind: TargetKind,
    target_id: OverrideTargetId,
    allow: Permissions,
    deny: Permissions,
}

impl TryFrom<ChannelOverrideMembers> for ChannelOverride {
    type Error = &'static str;

    fn try_from(members: ChannelOverrideMembers) -> Result<Self, &'static str> {
        let ChannelOverrideMembers { target_kind, target_id, allow, deny } = members;
        if allow.intersects(deny) {
            return Err("a permission is both allowed and denied");
        }
        Ok(Self { target_kind, target_id, allow, deny })
    }
}

/// Body of `PATCH /guilds/{g}/channels/{c}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateChannel {
    /// The new name.
    pub name: ChannelName,
}

body!(UpdateChannel { Required name: ChannelName });

/// Body of `POST /guilds/{g}/channels/reorder`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReorderChannels {
    /// The channels in their new order: 1..=200, unique.
    #[serde(deserialize_with = "channel_ids")]
    pub channel_ids: Vec<ChannelId>,
}

body!(ReorderChannels { Required channel_ids: ChannelIds });

/// Stands for the list of [`ReorderChannels`] in its shape.
struct ChannelIds;

impl Described for ChannelIds {
    const SHAPE: Shape = Shape::List { min: 1, max: CHANNELS_PER_GUILD_MAX, item: &ChannelId::SHAPE };
}

fn channel_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ChannelId>, D::Error> {
    let ids = list_not_empty::<D, ChannelId, CHANNELS_PER_GUILD_MAX>(deserializer)?;
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(de::Error::custom("a channel is named twice"));
    }
    Ok(ids)
}

/// Answer of `GET /guilds/{g}/channels`: complete, in the receiver's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelList {
    /// The channels, at most 200.
    #[serde(deserialize_with = "list::<_, _, CHANNELS_PER_GUILD_MAX>")]
    pub channels: Vec<ListedChannel>,
}

/// Answer of `GET …/channels/{c}/permissions/self`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfPermissions {
    /// The derived legacy role.
    pub role: LegacyRole,
    /// Effective permissions in the channel.
    pub permissions: Permissions,
}
