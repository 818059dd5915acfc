//! `…/channels/{channel_id}/attachments…`: upload, download, delete (contract §9.9, §10.4).

use std::io::{self, SeekFrom};
use std::sync::Arc;

use filament_core::decide::attachment::{BeginUpload, DeleteAttachment, RecordUpload};
use filament_core::read::ReadAttachment;
use filament_core::{Actor, StoredAttachment, TransactError};
use filament_protocol::ErrorCode;
use filament_protocol::record::Attachment;
use filament_protocol::text::{Filename, MimeType, Sha256Hex};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncSeekExt as _;
use tracing::Instrument as _;

use super::answer::{self, Answer, AnswerBody};
use super::call::Call;
use super::disposition;
use super::error::ApiError;
use super::file::FileBody;
use super::query::Query;
use super::range::{self, Wanted};
use super::upload::Upload;
use crate::app::App;
use crate::attachments::sniff::{self, SNIFFED_BYTES};
use crate::attachments::{Arrival, Attachments};
use crate::blob::Draft;
use crate::limits::RETRY_AFTER_READ_ONLY_SECS;

/// An upload whose bytes have come.
struct Received {
    draft: Draft,
    /// Keeps the sweep away until the row is written.
    arrival: Arrival,
    size_bytes: u64,
    mime_type: MimeType,
    sha256_hex: Sha256Hex,
}

/// `POST …/attachments?filename=`: the body is the file.
///
/// Whether the caller may upload is asked before the first byte is taken, and decided where the row is written.
///
/// # Errors
/// 400 for a bad name, no bytes, or bytes of another type than declared; 403 and 404 for the channel; 409 beyond the quota; 408 and 413
/// as the bytes come.
pub async fn upload(mut call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let filename = filename(call.query())?;
    let declared = declared_type(&call.headers)?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let size_bytes_min = declared_size(&call.headers).unwrap_or(1);
    if size_bytes_min == 0 {
        return Err(no_bytes());
    }
    let room = call.app.execute(actor, BeginUpload { guild_id, channel_id, size_bytes_min }).await?;
    let mut upload = call.upload.take().ok_or_else(ApiError::internal)?;
    let received = receive(&call.app.attachments, &mut upload, room, declared.as_deref()).await?;
    let Received { draft, arrival, size_bytes, mime_type, sha256_hex } = received;
    let blob = draft.name();
    let record = RecordUpload { guild_id, channel_id, filename, mime_type, size_bytes, sha256_hex, blob };
    // On its own: a client that goes away now must not leave a file of which nobody knows whether it has a row.
    let recording = async move {
        let attachment = keep(&call.app, draft, actor, record).await;
        drop((arrival, upload));
        attachment
    };
    let recorded = tokio::spawn(recording.in_current_span()).await;
    answer::json(&recorded.map_err(|_panicked| ApiError::internal())??)
}

/// Takes the bytes: hashed, looked at and written as they come, none of them kept in memory but the first few.
async fn receive(
    attachments: &Attachments,
    upload: &mut Upload,
    room: u64,
    declared: Option<&str>,
) -> Result<Received, ApiError> {
    let judge = |head: &[u8], is_whole| {
        sniff::judge(declared, head, is_whole).map_err(|mismatch| ApiError::invalid(mismatch.to_string()))
    };
    let (mut draft, arrival) = attachments.begin().await.map_err(|error| storage(&error))?;
    let (mut digest, mut size_bytes) = (Sha256::new(), 0_u64);
    let (mut head, mut mime_type) = (Vec::new(), None);
    while let Some(piece) = upload.next().await? {
        size_bytes += piece.len() as u64;
        if size_bytes > room {
            return Err(ApiError::new(ErrorCode::QuotaExceeded).with_detail("too many bytes of attachments"));
        }
        if mime_type.is_none() {
            head.extend_from_slice(&piece[..piece.len().min(SNIFFED_BYTES - head.len())]);
            if head.len() == SNIFFED_BYTES {
                mime_type = Some(judge(&head, false)?);
            }
        }
        digest.update(&piece);
        draft.write(&piece).await.map_err(|error| storage(&error))?;
    }
    if size_bytes == 0 {
        return Err(no_bytes());
    }
    let mime_type = match mime_type {
        Some(mime_type) => mime_type,
        None => judge(&head, true)?,
    };
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let sha256_hex = Sha256Hex::new(hex).map_err(|_| ApiError::internal())?;
    Ok(Received { draft, arrival, size_bytes, mime_type, sha256_hex })
}

/// Puts the file in its place, then writes its row; a refused row takes the file along.
async fn keep(app: &Arc<App>, draft: Draft, actor: Actor, record: RecordUpload) -> Result<Attachment, ApiError> {
    let blob = draft.keep().await.map_err(|error| storage(&error))?;
    match app.engine.execute(actor, record).await {
        Ok(committed) => Ok(committed.reply),
        Err(error) => {
            // After a fault nobody knows whether the row was written: the sweep finds out.
            if matches!(error, TransactError::Denied { .. } | TransactError::Busy)
                && let Err(error) = app.attachments.folder().remove(blob).await
            {
                tracing::warn!(%error, "the file of a refused upload stays until the next sweep");
            }
            Err(error.into())
        }
    }
}

/// `GET …/attachments/{attachment_id}`: the bytes, or one range of them, as a download.
///
/// # Errors
/// 403 and 404 for the channel, 404 for an unknown attachment and for one that no message carries and another user uploaded, 416 for a
/// range behind the end.
pub async fn download(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let read = ReadAttachment {
        guild_id: call.path("guild_id")?,
        channel_id: call.path("channel_id")?,
        attachment_id: call.path("attachment_id")?,
    };
    let StoredAttachment { record, blob, .. } = call.app.read(actor, read).await?;
    let opened = call.app.attachments.folder().read(blob).await;
    let (file, length) = match opened {
        Ok((file, length)) if length == record.size_bytes => (file, length),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Deleted in this moment; if not, the folder was tampered with.
            tracing::warn!(%blob, "an attachment has no file");
            return Err(ApiError::not_found());
        }
        Ok(_) => return Err(unreadable(&"the file has another size than its row")),
        Err(error) => return Err(unreadable(&error)),
    };
    let mut answer = match range::wanted(&call.headers, length) {
        Wanted::Whole => Response::new(AnswerBody::File(FileBody::new(file, length))),
        Wanted::Part { first, last } => part(file, (first, last), length).await?,
        Wanted::Nothing => return nothing(length),
    };
    describe(answer.headers_mut(), &record)?;
    Ok(answer)
}

async fn part(mut file: tokio::fs::File, (first, last): (u64, u64), length: u64) -> Result<Answer, ApiError> {
    file.seek(SeekFrom::Start(first)).await.map_err(|error| unreadable(&error))?;
    let mut answer = Response::new(AnswerBody::File(FileBody::new(file, last - first + 1)));
    *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    answer.headers_mut().insert(header::CONTENT_RANGE, content_range(&format!("{first}-{last}"), length)?);
    Ok(answer)
}

/// 416 with the length there is.
fn nothing(length: u64) -> Result<Answer, ApiError> {
    let refusal = ApiError::invalid("the range begins behind the end").with_status(StatusCode::RANGE_NOT_SATISFIABLE);
    let mut answer = refusal.into_answer();
    answer.headers_mut().insert(header::CONTENT_RANGE, content_range("*", length)?);
    Ok(answer)
}

fn content_range(part: &str, length: u64) -> Result<HeaderValue, ApiError> {
    HeaderValue::from_str(&format!("bytes {part}/{length}")).map_err(|_| ApiError::internal())
}

/// Whatever the bytes are, a browser saves them and runs nothing of them.
fn describe(headers: &mut HeaderMap, record: &Attachment) -> Result<(), ApiError> {
    let content_type = HeaderValue::from_str(record.mime_type.as_str()).map_err(|_| ApiError::internal())?;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, disposition::attachment(record.filename.as_str())),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ] as [(HeaderName, HeaderValue); 6]
    {
        headers.insert(name, value);
    }
    Ok(())
}

/// `DELETE …/attachments/{attachment_id}`.
///
/// # Errors
/// 403 for another's without `delete_message`, 404 for an unknown one.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let delete = DeleteAttachment {
        guild_id: call.path("guild_id")?,
        channel_id: call.path("channel_id")?,
        attachment_id: call.path("attachment_id")?,
    };
    call.app.execute(actor, delete).await?;
    Ok(answer::empty())
}

fn filename(query: Query<'_>) -> Result<Filename, ApiError> {
    match query.only(&["filename"])?.text("filename")? {
        Some(text) => Filename::new(&*text).map_err(|error| ApiError::invalid(format!("filename: {error}"))),
        None => Ok(Filename::fallback()),
    }
}

/// The declared type in lower case and without parameters, if there is one.
fn declared_type(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => {
            let essence = text.split_once(';').map_or(text, |(essence, _)| essence);
            Ok(Some(essence.trim_matches([' ', '\t']).to_ascii_lowercase()))
        }
        _ => Err(ApiError::invalid("content-type is not one media type")),
    }
}

fn declared_size(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn no_bytes() -> ApiError {
    ApiError::invalid("an upload has at least one byte")
}

/// A file that cannot be written: a full disk will have room again.
fn storage(error: &io::Error) -> ApiError {
    tracing::error!(%error, "an upload cannot be stored");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem => {
            ApiError::overloaded(RETRY_AFTER_READ_ONLY_SECS).with_detail("nothing can be stored at the moment")
        }
        _ => ApiError::internal(),
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "an attachment cannot be read");
    ApiError::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_is_reduced_to_its_essence() {
        for (value, expected) in [
            ("image/png", "image/png"),
            (" Image/PNG ; x=y", "image/png"),
            ("text/plain;charset=utf-8", "text/plain"),
            ("", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(declared_type(&headers).unwrap().as_deref(), Some(expected), "{value}");
            headers.append(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
            assert_eq!(declared_type(&headers).unwrap_err().status(), 400, "{value} and another");
        }
        assert_eq!(declared_type(&HeaderMap::new()).unwrap(), None);
    }

    /// Proves HTTP-10 and the row "attachment filename" of §10.1 for the query of an upload.
    #[test]
    fn the_name_of_a_file_is_the_only_member_of_the_query() {
        for (raw, expected) in [
            ("", Some("upload.bin")),
            ("filename=a.txt", Some("a.txt")),
            ("filename=a+b%20%C3%BC.txt", Some("a b \u{FC}.txt")),
            ("filename=..", Some("..")),
            ("filename=", None),
            ("filename=%20", None),
            ("filename=a%2Fb", None),
            ("filename=a%5Cb", None),
            ("filename=a%00", None),
            ("filename=a%0D%0Ab", None),
            ("filename=%C2%85", None),
            ("filename=%FF", None),
            ("filename=a&filename=b", None),
            ("filename=a&x=1", None),
            ("name=a", None),
        ] {
            let found = filename(Query::new(Some(raw))).ok();
            assert_eq!(found.as_ref().map(Filename::as_str), expected, "{raw}");
        }
        let longest = "a".repeat(128);
        assert!(filename(Query::new(Some(&format!("filename={longest}")))).is_ok());
        assert!(filename(Query::new(Some(&format!("filename={longest}a")))).is_err());
    }
}
