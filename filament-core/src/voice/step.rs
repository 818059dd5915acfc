//! What an input comes to: what is told, stored, and asked of the media server.

use filament_protocol::{Event, UserId};

use super::{grant::VoiceGrants, record::VoicePlace};

/// What is to be done at the media server. Nobody waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaDuty {
    /// Remove the participant (VOI-6).
    Remove {
        /// Who.
        user_id: UserId,
        /// From where.
        place: VoicePlace,
    },
    /// Let the participant do this and no more: a newer token grants something else.
    Permit {
        /// Who.
        user_id: UserId,
        /// Where.
        place: VoicePlace,
        /// What.
        grants: VoiceGrants,
    },
}

/// An event for the subscribers of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceTold {
    /// Whose subscribers.
    pub place: VoicePlace,
    /// What they hear.
    pub event: Event,
}

/// Why a token is not issued (VOI-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceFull {
    /// The channel has as many participants as it may.
    Channel,
    /// As many channels as may have participants have some.
    Channels,
}

/// What one input comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VoiceStep {
    /// What is told, in order.
    pub told: Vec<VoiceTold>,
    /// What the media server is asked for.
    pub duties: Vec<MediaDuty>,
    /// Users whose stay is to be stored as it is now, or forgotten if there is none.
    pub changed: Vec<UserId>,
    /// Users whose last record ended.
    pub released: Vec<UserId>,
    /// The token is refused, and nothing changed.
    pub refused: Option<VoiceFull>,
    /// A report was about somebody here and not out of date.
    pub is_taken: bool,
}
