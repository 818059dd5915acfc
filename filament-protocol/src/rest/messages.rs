//! `…/channels/{c}/messages` (§9.9).

use crate::id::{AttachmentId, MessageId};
use crate::limits::{ATTACHMENTS_PER_MESSAGE_MAX, HISTORY_PAGE};
use crate::object::{body, record};
use crate::record::Message;
use crate::text::MessageContent;

/// Largest page of messages.
const PAGE_MAX: usize = HISTORY_PAGE.max as usize;

body! {
    /// Body of `POST …/messages`.
    pub struct PostMessage {
        /// Content; empty only with at least one attachment.
        pub content: MessageContent,
        /// Attachments to bind, unique, in order; at most 5 before duplicates were removed.
        pub attachment_ids: Vec<AttachmentId> [0..=ATTACHMENTS_PER_MESSAGE_MAX, distinct, absent],
    }
    rules { not_both_empty(content, attachment_ids) }
}

body! {
    /// Body of `PATCH …/messages/{m}`.
    pub struct EditMessage {
        /// The new content; never empty.
        pub content: MessageContent,
    }
    rules { not_empty(content) }
}

record! {
    /// Answer of `GET …/messages`: newest first, cut by bytes.
    pub struct MessagePage {
        /// The messages, at most 100.
        pub messages: Vec<Message> [0..=PAGE_MAX],
        /// The last id returned, if there are older ones.
        pub next_before: Option<MessageId> [null],
    }
}
