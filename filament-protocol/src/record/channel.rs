//! Channels.

use serde::{Deserialize, Serialize};

use crate::field::present;
use crate::id::ChannelId;
use crate::text::ChannelName;
use crate::word::words;

words! {
    /// What a channel is for.
    #[derive(Default)]
    pub enum ChannelKind {
        /// Messages.
        #[default]
        Text = "text",
        /// Voice, and messages.
        Voice = "voice",
    }
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

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub channel_id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// Text or voice.
    pub kind: ChannelKind,
}

/// A channel in a REST list: with its place in the receiver's own list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedChannel {
    /// Its id.
    pub channel_id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// Text or voice.
    pub kind: ChannelKind,
    /// Index in this list, 0..=199.
    pub position: u16,
    /// Whether the receiver sees it; present only in the list of manageable channels.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub visible: Option<bool>,
}
