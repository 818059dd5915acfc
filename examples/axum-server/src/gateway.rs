//! `GET /gateway/ws`: from an upgrade to a connection that is told every event it may hear, and says commands.

use std::time::Instant;

use axum::{
    extract::{
        Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::Response,
};
use filament_core::{
    Actor, decide,
    session::{IngressLimits, Session, SessionStep, refusal},
};
use filament_fanout::{Connection, Hello, Mode};
use filament_protocol::{
    CloseCode, Command, ConnectionId, ErrorCode, Event, FeatureName, Timestamp, limits::MESSAGE_BYTES_MAX,
};
use futures_util::{SinkExt as _, StreamExt as _};

use crate::{
    Chat,
    rooms::code_of,
    transport::{Socket, socket},
};

/// Answers the upgrade and serves the connection in the background.
///
/// # Errors
/// 401 without a good `access_token`, 400 for a malformed `subscribe`, 503 when no more connections are taken.
pub async fn open(
    State(chat): State<Chat>,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, StatusCode> {
    let first = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let actor = first("access_token").and_then(|token| chat.actor(token)).ok_or(StatusCode::UNAUTHORIZED)?;
    let asked: Vec<&str> = first("features").unwrap_or_default().split(',').collect();
    let (batch, resume) = (asked.contains(&"batch"), asked.contains(&"resume"));
    let agreed: &[&str] = match (batch, resume) {
        (true, true) => &["batch", "resume"],
        (true, false) => &["batch"],
        (false, _) => &[],
    };
    let pairs = query.iter().filter(|(key, _)| key == "subscribe").map(|(_, pair)| {
        let (guild_id, channel_id) = pair.split_once(':')?;
        Some((guild_id.parse().ok()?, channel_id.parse().ok()?))
    });
    let hello = Hello {
        connection_id: connection_id(),
        user_id: actor.user_id,
        session_id: actor.session_id,
        is_server_owner: false,
        mode: if batch { Mode::Batch { resume } } else { Mode::Plain },
        features: agreed.iter().filter_map(|name| FeatureName::new(*name).ok()).collect(),
        token_expires_at: Timestamp::MAX,
        address: None,
        cursor: first("cursor").filter(|_| batch && resume).map(Into::into),
        subscribe: pairs.collect::<Option<_>>().ok_or(StatusCode::BAD_REQUEST)?,
    };
    chat.fanout.admit(actor.user_id).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(upgrade.max_message_size(MESSAGE_BYTES_MAX).on_upgrade(move |socket| serve(chat, actor, hello, socket)))
}

/// Reads until the connection has ended; a task of its own sends what the transport hands over.
async fn serve(chat: Chat, actor: Actor, hello: Hello, websocket: WebSocket) {
    let (mut sink, mut stream) = websocket.split();
    let (transport, mut messages, over) = socket();
    let sending = over.clone();
    tokio::spawn(async move {
        let send_all = async {
            while let Some(message) = messages.recv().await
                && sink.send(message).await.is_ok()
            {}
        };
        tokio::select! { () = send_all => {}, () = sending.cancelled() => {} }
        // Over: what was handed over by then, the farewell last, is sent if the peer takes it.
        while let Ok(message) = messages.try_recv() {
            let _gone = tokio::time::timeout(std::time::Duration::from_secs(1), sink.send(message)).await;
        }
    });
    let connection = chat.fanout.connect(hello, transport).await;
    let (mut session, began) = (Session::new(IngressLimits::default()), Instant::now());
    while let Some(message) = tokio::select! { message = stream.next() => message, () = over.cancelled() => None } {
        connection.touch();
        match message {
            Ok(Message::Close(frame)) => connection.peer_closed(frame.map(|frame| frame.code)),
            Ok(_) if connection.is_closed() => {}
            Ok(Message::Text(text)) => {
                let now_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                match session.receive(text.as_bytes(), now_ms) {
                    SessionStep::Run(command) => carry_out(&chat, actor, &connection, &command).await,
                    SessionStep::Refuse(event) => connection.send(&event),
                    SessionStep::Close { code, retry_after_ms, .. } => connection.close(code, retry_after_ms),
                }
                connection.ready_for_input().await;
            }
            Ok(Message::Binary(_)) => connection.close(CloseCode::UnsupportedFrame, None),
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            // axum does not say what was wrong; too long a message is the likely thing.
            Err(_) => connection.close(CloseCode::EventTooLarge, None),
        }
    }
}

async fn carry_out(chat: &Chat, actor: Actor, connection: &Connection<Socket>, command: &Command) {
    let outcome = match command {
        Command::Subscribe(to) => connection.subscribe(to.guild_id, to.channel_id, to.r#ref.clone()).await,
        Command::Unsubscribe(from) => {
            connection.unsubscribe(from.guild_id, from.channel_id, from.r#ref.clone());
            Ok(())
        }
        Command::Heartbeat(_) => {
            connection.acknowledge_heartbeat();
            Ok(())
        }
        Command::MessageCreate(create) => {
            let create = decide::message::CreateMessage {
                guild_id: create.guild_id,
                channel_id: create.channel_id,
                content: create.content.clone(),
                attachment_ids: create.attachment_ids.clone(),
                idempotency_key: None,
            };
            chat.execute(actor, create).await.map(drop).map_err(|error| code_of(&error))
        }
    };
    if let Err(code) = outcome {
        connection.send(&Event::Error(refusal(code, words(code), command)));
    }
}

fn words(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Forbidden => "not allowed here",
        _ => "refused",
    }
}

fn connection_id() -> ConnectionId {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system has randomness");
    ConnectionId::from_u128(u128::from_be_bytes(random) >> 1)
}
