//! What happens to participants, and when.

use filament_protocol::{ChannelId, GuildId, Permissions, Timestamp, UserId};

use super::{
    grant::VoiceGrants,
    record::{VoicePlace, VoiceRecord},
    report::VoiceReport,
};

/// One moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoiceNow {
    /// Milliseconds of a clock that never runs backwards, for deadlines.
    pub ms: u64,
    /// The second that is told.
    pub at: Timestamp,
}

/// What makes a token's holder a participant (VOI-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VoiceConfirm {
    /// The token.
    #[default]
    Immediate,
    /// The media server's word.
    Webhook,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VoiceInput {
    /// A token is to be issued. The rights were checked.
    Token {
        /// To whom.
        user_id: UserId,
        /// For where.
        place: VoicePlace,
        /// What it grants.
        grants: VoiceGrants,
        /// Whether the user has a live connection.
        is_connected: bool,
    },
    /// A user says how they hear and speak.
    State {
        /// Who.
        user_id: UserId,
        /// In which channel.
        channel_id: ChannelId,
        /// Microphone muted, if that is said.
        is_muted: Option<bool>,
        /// Speakers off, if that is said.
        is_deafened: Option<bool>,
    },
    /// A user leaves.
    Leave {
        /// Who.
        user_id: UserId,
        /// Which channel.
        channel_id: ChannelId,
    },
    /// The media server says something about a participant.
    Report(VoiceReport),
    /// A connection of the user is live.
    Connected(UserId),
    /// The last connection of the user ended, or one of its sessions did while it had none.
    Disconnected {
        /// Whose.
        user_id: UserId,
        /// Whether by the end of a session: then nobody is waited for (VOI-4).
        is_revoked: bool,
    },
    /// What a user may do in a channel now; nothing, if it is no member any more.
    Rights {
        /// Who.
        user_id: UserId,
        /// Where.
        place: VoicePlace,
        /// What.
        rights: Permissions,
    },
    /// The address gate of a guild closed on the last connection of the user that it had let pass.
    Gated {
        /// Whose.
        user_id: UserId,
        /// Of which guild.
        guild_id: GuildId,
    },
    /// A channel is gone.
    ChannelGone(VoicePlace),
    /// A guild is gone.
    GuildGone(GuildId),
    /// A stay from before a restart or an interruption (VOI-8).
    Restored {
        /// The stay as it was kept.
        record: VoiceRecord,
        /// Whether the user has a live connection.
        is_connected: bool,
    },
    /// Time passed.
    Tick,
}
