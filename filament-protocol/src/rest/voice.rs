//! `…/channels/{c}/voice` (§9.11, §12.2).

use crate::limits::{STREAM_KINDS, VOICE_TOKEN_SECS_MAX};
use crate::object::{body, record};
use crate::record::StreamKind;
use crate::text::{Identity, LivekitUrl, MediaToken, RoomName};

body! {
    /// Body of `POST …/voice/token`.
    pub struct IssueVoiceToken: Default {
        /// Whether the caller wants to publish; true if absent.
        pub can_publish: Option<bool>,
        /// Whether the caller wants to receive; false if absent.
        pub can_subscribe: Option<bool>,
        /// What the caller wants to publish, unique; the microphone if absent.
        pub publish_sources: Option<Vec<StreamKind>> [0..=STREAM_KINDS, unique],
    }
}

impl IssueVoiceToken {
    /// Returns whether publishing is asked for.
    #[must_use]
    pub fn wants_publish(&self) -> bool {
        self.can_publish.unwrap_or(true)
    }

    /// Returns whether receiving is asked for.
    #[must_use]
    pub fn wants_subscribe(&self) -> bool {
        self.can_subscribe.unwrap_or(false)
    }

    /// Returns the sources asked for.
    #[must_use]
    pub fn wanted_sources(&self) -> &[StreamKind] {
        self.publish_sources.as_deref().unwrap_or(&[StreamKind::Microphone])
    }
}

record! {
    /// Answer of `POST …/voice/token`.
    pub struct VoiceToken {
        /// The token for the media server.
        pub token: MediaToken,
        /// Where the media server is.
        pub livekit_url: LivekitUrl,
        /// The room.
        pub room: RoomName,
        /// The caller's identity in the room.
        pub identity: Identity,
        /// Whether the token lets publish.
        pub can_publish: bool,
        /// Whether the token lets receive.
        pub can_subscribe: bool,
        /// What the token lets publish: microphone, camera, screen_share, in this order.
        pub publish_sources: Vec<StreamKind> [0..=STREAM_KINDS, unique],
        /// Life of the token, in seconds.
        pub expires_in_secs: u32 [1..=VOICE_TOKEN_SECS_MAX],
    }
}

body! {
    /// Body of `POST …/voice/state`: at least one member.
    pub struct UpdateVoiceState: Copy, Default {
        /// Microphone muted.
        pub is_muted: Option<bool>,
        /// Speakers off.
        pub is_deafened: Option<bool>,
    }
    rules { any_of(is_muted, is_deafened) }
}
