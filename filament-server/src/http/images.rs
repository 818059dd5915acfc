//! Avatars and banners: taken piece by piece into a file, served to everybody (contract §9.4).
//!
//! The bytes are durable before the transaction that names them, and the ones they replace are removed after it: bytes, type and
//! version change together or not at all. What neither step comes to, because the process ends, is removed at the next start.

use std::io;
use std::sync::Arc;

use filament_core::decide::profile::{ImageSet, SetImage};
use filament_core::{Actor, ImageKind, ImageType, StoredImage, TransactError};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::answer::{self, Answer, AnswerBody};
use super::call::{Call, uncancelled};
use super::conditional::{CACHE_CONTROL, knows};
use super::error::ApiError;
use super::file::FileBody;
use super::upload::Upload;
use crate::app::App;
use crate::blob::Draft;
use crate::limits::{IMAGE_HEAD_BYTES, IMAGE_READ_ATTEMPTS_MAX, RETRY_AFTER_READ_ONLY_SECS};

/// What a page that is made to open an image by itself may do with it: nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// `POST /users/me/profile/avatar`.
///
/// # Errors
/// 400 unless the bytes are an image of a known type and of the declared one, 413, 408.
pub async fn set_avatar(call: Call) -> Result<Answer, ApiError> {
    set(call, ImageKind::Avatar).await
}

/// `POST /users/me/profile/banner`.
///
/// # Errors
/// As [`set_avatar`].
pub async fn set_banner(call: Call) -> Result<Answer, ApiError> {
    set(call, ImageKind::Banner).await
}

/// `GET /users/{user_id}/avatar`.
///
/// # Errors
/// 400 for an id that is none, 404 without an avatar.
pub async fn read_avatar(call: Call) -> Result<Answer, ApiError> {
    read(&call, ImageKind::Avatar).await
}

/// `GET /users/{user_id}/banner`.
///
/// # Errors
/// As [`read_avatar`].
pub async fn read_banner(call: Call) -> Result<Answer, ApiError> {
    read(&call, ImageKind::Banner).await
}

async fn set(call: Call, kind: ImageKind) -> Result<Answer, ApiError> {
    let Call { app, headers, upload, actor, .. } = call;
    let (Some(mut upload), Some(actor)) = (upload, actor) else {
        tracing::error!("an image came over a route that takes none");
        return Err(ApiError::internal());
    };
    let mut draft = app.images.begin().await.map_err(|error| storage(&error))?;
    let media = match receive(&mut upload, &mut draft, &headers).await? {
        Ok(media) => media,
        Err(refusal) => {
            drop(draft);
            upload.drain().await?;
            return Err(refusal);
        }
    };
    uncancelled(&app, move |app| async move { keep(&app, actor, draft, kind, media).await }).await
}

/// Takes all bytes and finds out what they are. The inner error is a refusal by what they are, with bytes left to be taken.
async fn receive(
    upload: &mut Upload,
    draft: &mut Draft,
    headers: &HeaderMap,
) -> Result<Result<ImageType, ApiError>, ApiError> {
    let mut head = Vec::with_capacity(IMAGE_HEAD_BYTES);
    let mut judged = false;
    while let Some(bytes) = upload.next().await? {
        let missing = IMAGE_HEAD_BYTES - head.len();
        head.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        if !judged && head.len() == IMAGE_HEAD_BYTES {
            if let Err(refusal) = judge(&head, headers) {
                return Ok(Err(refusal));
            }
            judged = true;
        }
        draft.write(&bytes).await.map_err(|error| storage(&error))?;
    }
    Ok(judge(&head, headers))
}

/// Makes the bytes durable, names them, and removes what they replace.
async fn keep(
    app: &Arc<App>,
    actor: Actor,
    draft: Draft,
    kind: ImageKind,
    media: ImageType,
) -> Result<Answer, ApiError> {
    let blob = draft.keep().await.map_err(|error| storage(&error))?;
    match app.engine.execute(actor, SetImage { kind, media, blob }).await {
        Ok(committed) => {
            let ImageSet { profile, replaced } = committed.reply;
            if let Some(replaced) = replaced {
                remove(app, replaced).await;
            }
            answer::json(&profile)
        }
        Err(error) => {
            // Whatever else failed may have been committed all the same: then a row names the file.
            if matches!(error, TransactError::Denied { .. } | TransactError::Busy) {
                remove(app, blob).await;
            }
            Err(error.into())
        }
    }
}

async fn remove(app: &App, blob: filament_core::BlobName) {
    if let Err(error) = app.images.remove(blob).await {
        tracing::warn!(%error, "an image that nothing names is left until the next start");
    }
}

/// What the first bytes of an image say it is.
fn sniff(head: &[u8]) -> Option<ImageType> {
    infer::get(head).and_then(|kind| ImageType::from_name(kind.mime_type()))
}

/// Compares what the bytes are with what they were declared to be.
fn judge(head: &[u8], headers: &HeaderMap) -> Result<ImageType, ApiError> {
    let media = sniff(head).ok_or_else(|| ApiError::invalid("not a JPEG, PNG, WebP, GIF or AVIF image"))?;
    for declared in headers.get_all(header::CONTENT_TYPE) {
        let text = declared.to_str().unwrap_or_default();
        let essence = text.split_once(';').map_or(text, |(essence, _)| essence).trim_matches([' ', '\t']);
        if !essence.eq_ignore_ascii_case(media.name()) {
            return Err(ApiError::invalid(format!("declared as another type than {}", media.name())));
        }
    }
    Ok(media)
}

/// A file that is gone when it is opened was replaced since its row was read: the row is read again.
async fn read(call: &Call, kind: ImageKind) -> Result<Answer, ApiError> {
    let user_id = call.path("user_id")?;
    for _ in 0..IMAGE_READ_ATTEMPTS_MAX {
        let image = call.app.engine.image(user_id, kind).await?.ok_or_else(ApiError::not_found)?;
        let tag = HeaderValue::from_str(&format!("\"{}\"", image.version)).map_err(|_| ApiError::internal())?;
        if knows(&call.headers, &tag) {
            let mut answer = served(AnswerBody::empty(), tag);
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(answer);
        }
        match call.app.images.read(image.blob).await {
            Ok((file, bytes)) => {
                let StoredImage { media, .. } = image;
                let mut answer = served(AnswerBody::File(FileBody::new(file, bytes)), tag);
                answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media.name()));
                return Ok(answer);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(storage(&error)),
        }
    }
    tracing::error!("an image is named by its row and not there");
    Err(ApiError::not_found())
}

fn served(body: AnswerBody, tag: HeaderValue) -> Answer {
    let mut answer = Response::new(body);
    let fields = answer.headers_mut();
    fields.insert(header::ETAG, tag);
    fields.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    fields.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    answer
}

/// Says that bytes could not be stored or read: a full disk is a matter of waiting, anything else of the log.
fn storage(error: &io::Error) -> ApiError {
    tracing::error!(%error, "an image could not be stored or read");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ApiError::overloaded(RETRY_AFTER_READ_ONLY_SECS).with_detail("nothing can be stored at the moment")
        }
        _ => ApiError::internal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    fn ftyp(major: &[u8; 4], compatible: &[&[u8; 4]]) -> Vec<u8> {
        let length = u32::try_from(16 + 4 * compatible.len()).expect("small");
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(b"ftyp");
        bytes.extend_from_slice(major);
        bytes.extend_from_slice(&[0; 4]);
        compatible.iter().for_each(|brand| bytes.extend_from_slice(*brand));
        bytes.extend_from_slice(&[0; 16]);
        bytes
    }

    /// Proves the list of §9.4: five types, and nothing that a browser could run.
    #[test]
    fn images_are_known_by_their_first_bytes() {
        let webp = b"RIFF\x24\0\0\0WEBPVP8 ";
        for (bytes, expected) in [
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(), Some(ImageType::Jpeg)),
            (PNG.to_vec(), Some(ImageType::Png)),
            (webp.to_vec(), Some(ImageType::Webp)),
            (b"GIF87a\x01\0\x01\0".to_vec(), Some(ImageType::Gif)),
            (b"GIF89a\x01\0\x01\0".to_vec(), Some(ImageType::Gif)),
            (ftyp(b"avif", &[b"mif1", b"avif"]), Some(ImageType::Avif)),
            (ftyp(b"avis", &[b"avis", b"msf1"]), Some(ImageType::Avif)),
            (ftyp(b"mif1", &[b"mif1", b"avif", b"miaf"]), Some(ImageType::Avif)),
            (ftyp(b"heic", &[b"mif1", b"heic"]), None),
            (ftyp(b"isom", &[b"isom", b"mp42"]), None),
            (b"BM\x3a\0\0\0\0\0\0\0".to_vec(), None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), None),
            (b"<!DOCTYPE html><script>".to_vec(), None),
            (b"%PDF-1.7\n".to_vec(), None),
            (b"hello".to_vec(), None),
            (PNG[..3].to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(sniff(&bytes), expected, "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_declared_type_must_be_the_true_one() {
        for (declared, expected) in [
            (&[][..], true),
            (&["image/png"], true),
            (&["Image/PNG"], true),
            (&["image/png; charset=binary"], true),
            (&["image/jpeg"], false),
            (&["application/octet-stream"], false),
            (&["image/png", "image/gif"], false),
            (&[""], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in declared {
                headers.append(header::CONTENT_TYPE, HeaderValue::from_static(value));
            }
            assert_eq!(judge(PNG, &headers).is_ok(), expected, "{declared:?}");
        }
    }
}
