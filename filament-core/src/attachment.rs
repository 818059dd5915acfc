//! Attachments as they are stored (contract §10.4).

use filament_protocol::{MessageId, Timestamp, record::Attachment};

use crate::blob::BlobName;

/// A stored attachment: its row, and which bytes belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAttachment {
    /// What everybody who sees its message is told.
    pub record: Attachment,
    /// The message that carries it; `None` until one does (ATT-1).
    pub message_id: Option<MessageId>,
    /// Its bytes.
    pub blob: BlobName,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// Puts attachments in the order of their messages: by upload time, then id. Ids ascend in the order of uploads (ORD-6, ORD-7), so the id
/// alone says both.
pub(crate) fn in_order(mut attachments: Vec<Attachment>) -> Vec<Attachment> {
    attachments.sort_unstable_by_key(|attachment| attachment.attachment_id);
    attachments
}
