//! Voice participants.

use crate::field::{Distinct, all_differ};
use crate::id::UserId;
use crate::object::record;
use crate::text::Identity;
use crate::timestamp::Timestamp;
use crate::word::words;

words! {
    /// A source of media. The order is that in which streams are told.
    pub enum StreamKind {
        /// The microphone.
        Microphone = "microphone",
        /// The camera.
        Camera = "camera",
        /// A shared screen.
        ScreenShare = "screen_share",
    }
}

record! {
    /// One user in a voice channel.
    pub struct VoiceParticipant {
        /// The user.
        pub user_id: UserId,
        /// Identity in the media room.
        pub identity: Identity,
        /// When this stay began.
        pub joined_at_unix: Timestamp,
        /// When anything here changed last.
        pub updated_at_unix: Timestamp,
        /// Microphone muted.
        pub is_muted: bool,
        /// Speakers off.
        pub is_deafened: bool,
        /// Speaking now.
        pub is_speaking: bool,
        /// Camera on.
        pub is_video_enabled: bool,
        /// Screen shared.
        pub is_screen_share_enabled: bool,
    }
}

impl Distinct for VoiceParticipant {
    const KEYS: &'static [&'static [&'static str]] = &[&["user_id"], &["identity"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.user_id)) && all_differ(items.iter().map(|item| &item.identity))
    }
}
