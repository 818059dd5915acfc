//! Channels.

use crate::id::ChannelId;
use crate::limits::CHANNEL_POSITION_MAX;
use crate::object::record;
use crate::text::ChannelName;
use crate::word::words;

words! {
    /// What a channel is for.
    pub enum ChannelKind {
        /// Messages.
        Text = "text",
        /// Voice, and messages.
        Voice = "voice",
    }
    default Text
}

words! {
    /// What a permission override is aimed at.
    pub enum TargetKind {
        /// A role of the guild.
        Role = "role",
        /// A member of the guild.
        Member = "member",
    }
}

record! {
    /// A channel.
    pub struct Channel {
        /// Its id.
        pub channel_id: ChannelId,
        /// Its name.
        pub name: ChannelName,
        /// Text or voice.
        pub kind: ChannelKind,
    }
}

record! {
    /// A channel in a REST list: with its place in the receiver's own list.
    pub struct ListedChannel {
        /// Its id.
        pub channel_id: ChannelId,
        /// Its name.
        pub name: ChannelName,
        /// Text or voice.
        pub kind: ChannelKind,
        /// Index in this list, 0..=199.
        pub position: u16 [0..=CHANNEL_POSITION_MAX],
        /// Whether the receiver sees it; present only in the list of manageable channels.
        pub visible: Option<bool>,
    }
}
