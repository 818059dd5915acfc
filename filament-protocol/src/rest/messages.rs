//! `…/channels/{c}/messages` (§9.9).

use serde::{Deserialize, Serialize};

use super::body;
use crate::command::{EmptyMessage, attachment_ids, check_not_empty};
use crate::field::{list, nullable};
use crate::id::{AttachmentId, MessageId};
use crate::limits::{ATTACHMENTS_PER_MESSAGE_MAX, HISTORY_PAGE};
use crate::record::Message;
use crate::shape::{Described, Shape};
use crate::text::MessageContent;

/// Largest page of messages.
const PAGE_MAX: usize = HISTORY_PAGE.max as usize;

/// Body of `POST …/messages`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "PostMessageMembers")]
pub struct PostMessage {
    /// Content; empty only with at least one attachment.
    pub content: MessageContent,
    /// Attachments to bind, unique, in order; at most 5 before duplicates were removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachment_ids: Vec<AttachmentId>,
}

body!(PostMessage { Required content: MessageContent, Optional attachment_ids: AttachmentIds });

/// Stands for the ids of [`PostMessage`] in its shape.
struct AttachmentIds;

impl Described for AttachmentIds {
    const SHAPE: Shape = Shape::List { min: 0, max: ATTACHMENTS_PER_MESSAGE_MAX, item: &AttachmentId::SHAPE };
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostMessageMembers {
    content: MessageContent,
    #[serde(default, deserialize_with = "attachment_ids")]
    attachment_ids: Vec<AttachmentId>,
}

impl TryFrom<PostMessageMembers> for PostMessage {
    type Error = EmptyMessage;

    fn try_from(members: PostMessageMembers) -> Result<Self, EmptyMessage> {
        let PostMessageMembers { content, attachment_ids } = members;
        check_not_empty(&content, &attachment_ids)?;
        Ok(Self { content, attachment_ids })
    }
}

/// Body of `PATCH …/messages/{m}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "EditMessageMembers")]
pub struct EditMessage {
    /// The new content; never empty.
    pub content: MessageContent,
}

body!(EditMessage { Required content: MessageContent });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditMessageMembers {
    content: MessageContent,
}

impl TryFrom<EditMessageMembers> for EditMessage {
    type Error = EmptyMessage;

    fn try_from(members: EditMessageMembers) -> Result<Self, EmptyMessage> {
        let EditMessageMembers { content } = members;
        check_not_empty(&content, &[])?;
        Ok(Self { content })
    }
}

/// Answer of `GET …/messages`: newest first, cut by bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePage {
    /// The messages, at most 100.
    #[serde(deserialize_with = "list::<_, _, PAGE_MAX>")]
    pub messages: Vec<Message>,
    /// The last id returned, if there are older ones.
    #[serde(deserialize_with = "nullable")]
    pub next_before: Option<MessageId>,
}
