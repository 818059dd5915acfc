//! Attachments as rows: one by id, those of messages, and the names of files whose rows are gone.

use filament_core::{BlobName, StoredAttachment, StoredMessage};
use filament_protocol::{AttachmentId, ChannelId, MessageId, UserId, record::Attachment, text::Sha256Hex};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::{
    limits::BLOBS_PER_STEP_MAX,
    load::message_of,
    row::{Key, id, key, misfit_blob, optional_id, optional_key, secs, signed, text, time, unsigned},
    sql::{self, one_row},
};

/// An attachment of that channel.
pub(crate) fn find(
    connection: &Connection,
    channel_id: ChannelId,
    attachment_id: AttachmentId,
) -> Result<Option<StoredAttachment>> {
    let mut statement = connection.prepare_cached(sql::ATTACHMENT)?;
    let read = |row: &Row<'_>| {
        Ok(StoredAttachment {
            record: record(row)?,
            message_id: optional_id(row, 8)?,
            blob: blob(row, 9)?,
            uploaded_at: time(row, 10)?,
        })
    };
    statement.query_row([key(channel_id), key(attachment_id)], read).optional()
}

/// The message of that channel that carries an attachment.
pub(crate) fn carrier(
    connection: &Connection,
    channel_id: ChannelId,
    attachment_id: AttachmentId,
) -> Result<Option<StoredMessage>> {
    match find(connection, channel_id, attachment_id)?.and_then(|stored| stored.message_id) {
        Some(message_id) => message_of(connection, channel_id, message_id),
        None => Ok(None),
    }
}

/// How many bytes a user keeps.
pub(crate) fn bytes_of(connection: &Connection, user_id: UserId) -> Result<u64> {
    connection.prepare_cached(sql::ATTACHMENT_BYTES)?.query_row([key(user_id)], |row| unsigned(row, 0))
}

/// Gives messages of one channel, in descending order, what they carry, with one statement for all of them.
pub(crate) fn fill(connection: &Connection, messages: &mut [StoredMessage]) -> Result<()> {
    let (Some(newest), Some(oldest)) = (messages.first(), messages.last()) else { return Ok(()) };
    let range = (key(newest.channel_id), key(oldest.message_id), key(newest.message_id));
    let mut statement = connection.prepare_cached(sql::ATTACHMENTS_BETWEEN)?;
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        let carrier: MessageId = id(row, 8)?;
        // Not every message between those two need be among them.
        if let Ok(index) = messages.binary_search_by(|message| carrier.cmp(&message.message_id)) {
            messages[index].attachments.push(record(row)?);
        }
    }
    Ok(())
}

/// Writes the row of an upload.
pub(crate) fn add(connection: &Connection, stored: &StoredAttachment) -> Result<()> {
    let record = &stored.record;
    let columns = (
        key(record.attachment_id),
        key(record.channel_id),
        optional_key(stored.message_id),
        key(record.owner_id),
        record.filename.as_str(),
        record.mime_type.as_str(),
        signed(record.size_bytes),
        digest(&record.sha256_hex)?,
        stored.blob.bits().to_be_bytes(),
        secs(stored.uploaded_at),
    );
    one_row(connection, sql::ATTACHMENT_ADD, columns)
}

/// Names of files whose rows are gone, some at a time.
pub(crate) fn purged(connection: &Connection) -> Result<Vec<BlobName>> {
    let mut statement = connection.prepare_cached(sql::ATTACHMENT_PURGES)?;
    statement.query_map([BLOBS_PER_STEP_MAX], |row| blob(row, 0))?.collect()
}

/// Those of the names that belong to rows.
pub(crate) fn named(connection: &Connection, blobs: &[BlobName]) -> Result<Vec<BlobName>> {
    let mut statement = connection.prepare_cached(sql::ATTACHMENT_NAMED)?;
    let mut named = Vec::new();
    for blob in blobs {
        if statement.exists([blob.bits().to_be_bytes()])? {
            named.push(*blob);
        }
    }
    Ok(named)
}

/// Forgets names of files that are gone.
pub(crate) fn forget(connection: &mut Connection, blobs: &[BlobName]) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for blob in blobs {
        transaction.prepare_cached(sql::ATTACHMENT_PURGE_DONE)?.execute([blob.bits().to_be_bytes()])?;
    }
    transaction.commit()
}

/// The columns that `ATTACHMENT` and `ATTACHMENTS_BETWEEN` begin with.
fn record(row: &Row<'_>) -> Result<Attachment> {
    let digest: [u8; 32] = row.get(7)?;
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Attachment {
        attachment_id: id(row, 0)?,
        guild_id: id(row, 1)?,
        channel_id: id(row, 2)?,
        owner_id: id(row, 3)?,
        filename: text(row, 4)?,
        mime_type: text(row, 5)?,
        size_bytes: unsigned(row, 6)?,
        sha256_hex: Sha256Hex::new(hex).map_err(|error| misfit_blob(7, error))?,
    })
}

fn blob(row: &Row<'_>, column: usize) -> Result<BlobName> {
    let bits: Key = row.get(column)?;
    Ok(BlobName::from_bits(u128::from_be_bytes(bits)))
}

fn digest(hex: &Sha256Hex) -> Result<[u8; 32]> {
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(hex.as_str().as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|error| misfit_blob(0, error))?;
        *byte = u8::from_str_radix(pair, 16).map_err(|error| misfit_blob(0, error))?;
    }
    Ok(digest)
}
