//! `…/channels/{channel_id}/messages…`: post, list, edit, delete (contract §9.9).

use filament_core::decide::message::{CreateMessage, DeleteMessage, EditMessage};
use filament_core::read::ListMessages;
use filament_protocol::IdempotencyKey;
use filament_protocol::limits::HISTORY_PAGE;
use filament_protocol::rest;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;

/// The header by which a client repeats a request without doubling it (HTTP-16).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that says an answer belongs to an earlier request (HTTP-16).
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// `POST …/messages`.
///
/// # Errors
/// 400 for an empty message or foreign attachments, 403 and 404 for the channel, 409 `idempotency_conflict`, 413 when its
/// event would be too large.
pub async fn create(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::PostMessage { content, attachment_ids } = call.body()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let idempotency_key = idempotency_key(&call.headers)?;
    let command = CreateMessage { guild_id, channel_id, content, attachment_ids, idempotency_key };
    let created = call.app.execute(actor, command).await?;
    let mut answer = answer::json(&created.message)?;
    if created.replayed {
        answer.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(answer)
}

/// `GET …/messages?limit=&before=`: newest first, cut by bytes (HTTP-3).
///
/// # Errors
/// 400 for a query value out of bounds, 403 and 404 for the channel.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let limit = call.query().limit(HISTORY_PAGE)?;
    let before = call.query().parse("before")?;
    let page = call.app.read(actor, ListMessages { guild_id, channel_id, before, limit }).await?;
    page::with_cursor("messages", "next_before", &page.messages, page.more, |message| message.message_id)
}

/// `PATCH …/messages/{message_id}`.
///
/// # Errors
/// 403 for somebody else's message, 404 for an unknown one.
pub async fn edit(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::EditMessage { content } = call.body()?;
    let (guild_id, channel_id, message_id) =
        (call.path("guild_id")?, call.path("channel_id")?, call.path("message_id")?);
    answer::json(&call.app.execute(actor, EditMessage { guild_id, channel_id, message_id, content }).await?)
}

/// `DELETE …/messages/{message_id}`.
///
/// # Errors
/// 403 for somebody else's message without `delete_message`, 404 for an unknown one.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id, message_id) =
        (call.path("guild_id")?, call.path("channel_id")?, call.path("message_id")?);
    call.app.execute(actor, DeleteMessage { guild_id, channel_id, message_id }).await?;
    Ok(answer::empty())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let malformed = || ApiError::invalid("idempotency-key must be 1..64 of A-Z a-z 0-9 _ -, once");
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = value.to_str().map_err(|_| malformed())?;
    IdempotencyKey::new(text).map(Some).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the forms of HTTP-16.
    #[test]
    fn an_idempotency_key_is_one_header_of_the_exact_form() {
        let longest = "k".repeat(64);
        let too_long = "k".repeat(65);
        for (value, expected) in [
            ("abc-DEF_09", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a,b", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(value).unwrap());
            assert_eq!(idempotency_key(&headers).is_ok(), expected, "{value}");
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("other"));
            assert_eq!(idempotency_key(&headers).unwrap_err().status(), 400);
        }
        assert!(idempotency_key(&HeaderMap::new()).unwrap().is_none());
    }
}
