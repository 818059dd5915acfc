//! Random commands on attachments.

use filament_protocol::{
    AttachmentId, ChannelId, GuildId,
    limits::ATTACHMENT_BYTES_MAX,
    text::{Filename, MimeType, Sha256Hex},
};

use super::{Draw, Outcome, Side, content};
use crate::{
    AccessSource, Actor, BlobName, Journal, Store,
    decide::{
        attachment::{BeginUpload, DeleteAttachment, RecordUpload},
        message::CreateMessage,
    },
};

/// One command, in terms of what was made so far, by number.
#[derive(Clone, Debug)]
pub(in crate::testing) enum FileOrder {
    Upload { channel: usize, large: bool },
    Carry { channel: usize, files: Vec<usize>, text: u64 },
    Delete { file: usize },
    Ask { channel: usize },
}

impl FileOrder {
    pub(super) fn draw(draw: &mut Draw, channels: usize, files: usize) -> Self {
        let channel = draw.below(channels);
        // Those of late are of channels that are there, and mostly free.
        let late = |draw: &mut Draw| files.saturating_sub(1 + draw.below(6));
        match draw.below(8) {
            0..4 => Self::Upload { channel, large: draw.below(3) > 0 },
            4 | 5 => {
                let files = (0..=draw.below(3)).map(|_| late(draw)).collect();
                Self::Carry { channel, files, text: draw.few() }
            }
            6 => Self::Delete { file: late(draw) },
            _ => Self::Ask { channel },
        }
    }
}

impl<S: Store + Journal + AccessSource> Side<S> {
    fn file(&self, n: usize) -> (GuildId, ChannelId, AttachmentId) {
        let nowhere = (GuildId::from_u128(1), ChannelId::from_u128(1), AttachmentId::from_u128(1));
        self.files.get(n).copied().unwrap_or(nowhere)
    }

    pub(super) async fn run_file_order(&mut self, actor: Actor, order: &FileOrder) -> Outcome {
        match order {
            FileOrder::Upload { channel, large } => {
                let (guild_id, channel_id) = self.channel(*channel);
                let record = RecordUpload {
                    guild_id,
                    channel_id,
                    filename: Filename::fallback(),
                    mime_type: MimeType::new("image/png").expect("a media type"),
                    size_bytes: if *large { ATTACHMENT_BYTES_MAX } else { 1 },
                    sha256_hex: Sha256Hex::new("0".repeat(64)).expect("a digest"),
                    blob: BlobName::from_bits(self.files.len() as u128),
                };
                let (seq, attachment) = self.made(actor, record).await?;
                self.files.push((guild_id, channel_id, attachment.attachment_id));
                Ok((seq, "file".into()))
            }
            FileOrder::Carry { channel, files, text } => {
                // Mostly in the channel of the first file.
                let (guild_id, channel_id) = match files.first().map(|first| self.file(*first)) {
                    Some((guild_id, channel_id, _)) if *text > 0 => (guild_id, channel_id),
                    Some(_) | None => self.channel(*channel),
                };
                let attachment_ids = files.iter().map(|file| self.file(*file).2).collect();
                let content = content(*text);
                let post = CreateMessage { guild_id, channel_id, content, attachment_ids, idempotency_key: None };
                let (seq, created) = self.made(actor, post).await?;
                self.messages.push((guild_id, channel_id, created.message.message_id));
                Ok((seq, format!("{} files", created.message.attachments.len())))
            }
            FileOrder::Delete { file } => {
                let (guild_id, channel_id, attachment_id) = self.file(*file);
                self.told(actor, DeleteAttachment { guild_id, channel_id, attachment_id }).await
            }
            FileOrder::Ask { channel } => {
                let (guild_id, channel_id) = self.channel(*channel);
                let (seq, left) = self.made(actor, BeginUpload { guild_id, channel_id, size_bytes_min: 0 }).await?;
                Ok((seq, format!("{left} bytes left")))
            }
        }
    }
}
