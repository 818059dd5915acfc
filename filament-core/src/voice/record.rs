//! A stay as it is stored and told.

use std::{fmt, sync::Arc};

use filament_protocol::{
    ChannelId, GuildId, Timestamp, UserId,
    record::{StreamKind, VoiceParticipant},
};

use super::{
    grant::{Streams, VoiceGrants},
    room::identity,
};
use crate::limits::MEDIA_SID_BYTES_MAX;

/// A channel with its guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoicePlace {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
}

/// The media server's name for one session of a participant or for one track: 1..=64 bytes of visible ASCII.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sid(Arc<str>);

impl Sid {
    /// `None` for a text that is none.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_sid =
            (1..=MEDIA_SID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_sid.then(|| Self(text.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One user in a voice channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceRecord {
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub place: VoicePlace,
    /// Since when.
    pub joined_at: Timestamp,
    /// When anything that is told changed last.
    pub updated_at: Timestamp,
    /// What the latest token grants.
    pub grants: VoiceGrants,
    /// Microphone muted.
    pub is_muted: bool,
    /// Speakers off.
    pub is_deafened: bool,
    /// Live streams.
    pub streams: Streams,
    /// The participant's session at the media server, if it is known.
    pub sid: Option<Sid>,
}

impl VoiceRecord {
    /// The record of the wire.
    #[must_use]
    pub fn participant(&self) -> VoiceParticipant {
        VoiceParticipant {
            user_id: self.user_id,
            identity: identity(self.user_id, self.place),
            joined_at_unix: self.joined_at,
            updated_at_unix: self.updated_at,
            is_muted: self.is_muted,
            is_deafened: self.is_deafened,
            is_speaking: false, // nobody says it to the server
            is_video_enabled: self.streams.contains(StreamKind::Camera),
            is_screen_share_enabled: self.streams.contains(StreamKind::ScreenShare),
        }
    }
}
