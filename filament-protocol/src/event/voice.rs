//! Events of voice channels (§4.5), for their subscribers. None holds a token, a secret or an address.

use crate::event::Class;
use crate::id::{ChannelId, GuildId, UserId};
use crate::object::record;
use crate::record::{StreamKind, VoiceParticipant};
use crate::text::Identity;
use crate::timestamp::Timestamp;

record! {
    /// `voice_participant_join`: somebody joined. Precedes everything else of that stay.
    pub struct VoiceParticipantJoin {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Who, and how.
        pub participant: VoiceParticipant,
    }
}

record! {
    /// `voice_participant_leave`: somebody is gone. Follows the end of all their streams.
    pub struct VoiceParticipantLeave {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Who.
        pub user_id: UserId,
        /// Identity in the media room.
        pub identity: Identity,
        /// When; not before the last change of the participant.
        pub left_at_unix: Timestamp,
    }
}

record! {
    /// `voice_participant_update`: flags of a participant changed.
    pub struct VoiceParticipantUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Who.
        pub user_id: UserId,
        /// Identity in the media room.
        pub identity: Identity,
        /// What changed; never empty.
        pub updated_fields: VoiceParticipantUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
    }
}

record! {
    /// What a `voice_participant_update` says: the changed flags only.
    pub struct VoiceParticipantUpdatedFields: Copy, Default {
        /// Microphone muted.
        pub is_muted: Option<bool>,
        /// Speakers off.
        pub is_deafened: Option<bool>,
        /// Speaking now.
        pub is_speaking: Option<bool>,
        /// Camera on.
        pub is_video_enabled: Option<bool>,
        /// Screen shared.
        pub is_screen_share_enabled: Option<bool>,
    }
    rules { any_of(is_muted, is_deafened, is_speaking, is_video_enabled, is_screen_share_enabled) }
}

impl VoiceParticipantUpdatedFields {
    /// Returns how an update with these fields is delivered: who is speaking may be lost, everything else may not.
    #[must_use]
    pub const fn class(&self) -> Class {
        let Self { is_muted, is_deafened, is_speaking: _, is_video_enabled, is_screen_share_enabled } = self;
        let is_told = is_muted.is_some()
            || is_deafened.is_some()
            || is_video_enabled.is_some()
            || is_screen_share_enabled.is_some();
        if is_told { Class::Live } else { Class::Ephemeral }
    }
}

record! {
    /// `voice_stream_publish`: a participant sends a stream.
    pub struct VoiceStreamPublish {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Who.
        pub user_id: UserId,
        /// Identity in the media room.
        pub identity: Identity,
        /// Which stream.
        pub stream: StreamKind,
        /// When.
        pub published_at_unix: Timestamp,
    }
}

record! {
    /// `voice_stream_unpublish`: a participant sends a stream no longer.
    pub struct VoiceStreamUnpublish {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Who.
        pub user_id: UserId,
        /// Identity in the media room.
        pub identity: Identity,
        /// Which stream.
        pub stream: StreamKind,
        /// When.
        pub unpublished_at_unix: Timestamp,
    }
}
