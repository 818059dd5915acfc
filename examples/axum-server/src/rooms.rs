//! The REST side, as far as this server has one: people, guilds, channels, messages. A handler takes a request apart, hands a command to
//! core and turns the answer into JSON; what is allowed and who hears of it is decided below.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use filament_core::{
    Actor, TransactError,
    decide::{
        channel::CreateChannel,
        guild::{CreateGuild, JoinGuild},
        message::{CreateMessage, DeleteMessage, EditMessage},
    },
    read::ListMessages,
};
use filament_protocol::{ChannelId, ErrorCode, GuildId, MessageId, decode_body, rest};
use filament_store::StoreError;
use serde_json::{Value, json};

use crate::Chat;

type Fault = TransactError<StoreError>;

/// Messages of a page.
const PAGE: u16 = 100;

pub(crate) fn routes() -> Router<Chat> {
    Router::new()
        .route("/people", post(enter))
        .route("/guilds", post(create_guild))
        .route("/guilds/{guild_id}/join", post(join))
        .route("/guilds/{guild_id}/channels", post(create_channel))
        .route("/guilds/{guild_id}/channels/{channel_id}/messages", get(history).post(say))
        .route(
            "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}",
            axum::routing::patch(edit).delete(delete),
        )
}

/// What a refusal is called on the wire.
pub(crate) fn code_of(error: &Fault) -> ErrorCode {
    match error {
        TransactError::Denied { denial, .. } => denial.code(),
        TransactError::Busy | TransactError::ReadOnly(_) => ErrorCode::Overloaded,
        _ => ErrorCode::InternalError,
    }
}

/// A refusal as an answer.
struct Refused(ErrorCode);

impl From<Fault> for Refused {
    fn from(error: Fault) -> Self {
        Self(code_of(&error))
    }
}

impl From<filament_protocol::DecodeError> for Refused {
    fn from(_: filament_protocol::DecodeError) -> Self {
        Self(ErrorCode::InvalidRequest)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "error": self.0.as_str() }))).into_response()
    }
}

type Answer = Result<Json<Value>, Refused>;

fn answer(value: &impl serde::Serialize) -> Answer {
    serde_json::to_value(value).map(Json).map_err(|_| Refused(ErrorCode::InternalError))
}

fn caller(chat: &Chat, headers: &HeaderMap) -> Result<Actor, Refused> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    token.and_then(|token| chat.actor(token)).ok_or(Refused(ErrorCode::InvalidCredentials))
}

/// A new person and a token: this server asks for no password, a real one does.
async fn enter(State(chat): State<Chat>, Json(body): Json<Value>) -> Answer {
    let name = body["name"].as_str().and_then(|name| name.parse().ok()).ok_or(Refused(ErrorCode::InvalidRequest))?;
    let (token, actor) = chat.enter(name).await?;
    Ok(Json(json!({ "token": token, "user_id": actor.user_id.to_string() })))
}

async fn create_guild(State(chat): State<Chat>, headers: HeaderMap, body: Bytes) -> Answer {
    let rest::CreateGuild { name, visibility } = decode_body(&body)?;
    answer(&chat.execute(caller(&chat, &headers)?, CreateGuild { name, visibility }).await?)
}

async fn join(State(chat): State<Chat>, headers: HeaderMap, Path(guild_id): Path<String>) -> Answer {
    let guild_id = guild_id.parse().map_err(|_| Refused(ErrorCode::InvalidRequest))?;
    let outcome = chat.execute(caller(&chat, &headers)?, JoinGuild { guild_id }).await?;
    answer(&rest::JoinAnswer { guild_id, outcome })
}

async fn create_channel(
    State(chat): State<Chat>,
    headers: HeaderMap,
    Path(guild_id): Path<String>,
    body: Bytes,
) -> Answer {
    let guild_id = guild_id.parse().map_err(|_| Refused(ErrorCode::InvalidRequest))?;
    let rest::CreateChannel { name, kind, overrides } = decode_body(&body)?;
    if !overrides.is_empty() {
        return Err(Refused(ErrorCode::InvalidRequest)); // this server's channels are open to all members
    }
    let create = CreateChannel { guild_id, name, kind, overrides: Vec::new() };
    answer(&chat.execute(caller(&chat, &headers)?, create).await?)
}

/// A channel by its path.
struct Room(GuildId, ChannelId);

fn room(guild_id: &str, channel_id: &str) -> Result<Room, Refused> {
    let parsed = guild_id.parse().ok().zip(channel_id.parse().ok());
    parsed.map(|(guild_id, channel_id)| Room(guild_id, channel_id)).ok_or(Refused(ErrorCode::InvalidRequest))
}

async fn say(
    State(chat): State<Chat>,
    headers: HeaderMap,
    Path((guild_id, channel_id)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let Room(guild_id, channel_id) = room(&guild_id, &channel_id)?;
    let rest::PostMessage { content, attachment_ids } = decode_body(&body)?;
    let create = CreateMessage { guild_id, channel_id, content, attachment_ids, idempotency_key: None };
    answer(&chat.execute(caller(&chat, &headers)?, create).await?.message)
}

async fn history(
    State(chat): State<Chat>,
    headers: HeaderMap,
    Path((guild_id, channel_id)): Path<(String, String)>,
) -> Answer {
    let Room(guild_id, channel_id) = room(&guild_id, &channel_id)?;
    let list = ListMessages { guild_id, channel_id, before: None, limit: PAGE };
    let page = chat.engine.read(caller(&chat, &headers)?, list).await?;
    answer(&json!({ "messages": page.messages }))
}

async fn edit(
    State(chat): State<Chat>,
    headers: HeaderMap,
    Path((guild_id, channel_id, message_id)): Path<(String, String, String)>,
    body: Bytes,
) -> Answer {
    let Room(guild_id, channel_id) = room(&guild_id, &channel_id)?;
    let message_id = message(&message_id)?;
    let rest::EditMessage { content } = decode_body(&body)?;
    let edit = EditMessage { guild_id, channel_id, message_id, content };
    answer(&chat.execute(caller(&chat, &headers)?, edit).await?)
}

async fn delete(
    State(chat): State<Chat>,
    headers: HeaderMap,
    Path((guild_id, channel_id, message_id)): Path<(String, String, String)>,
) -> Result<StatusCode, Refused> {
    let Room(guild_id, channel_id) = room(&guild_id, &channel_id)?;
    let message_id = message(&message_id)?;
    chat.execute(caller(&chat, &headers)?, DeleteMessage { guild_id, channel_id, message_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn message(text: &str) -> Result<MessageId, Refused> {
    text.parse().map_err(|_| Refused(ErrorCode::InvalidRequest))
}
