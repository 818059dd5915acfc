//! `…/channels/{channel_id}/voice…` and the media server's webhook (contract §9.11, §12).

use std::time::Instant;

use filament_core::Denial;
use filament_core::decide::voice::IssueVoiceToken;
use filament_core::read::ReadVoiceChannel;
use filament_core::voice::{VoiceGrants, VoicePlace};
use filament_fanout::{Reported, VoiceRefusal, VoiceUser};
use filament_protocol::record::StreamKind;
use filament_protocol::{ErrorCode, rest};
use http::header;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::gate;
use crate::limits::RETRY_AFTER_OVERLOAD_SECS;
use crate::metrics::label::WebhookOutcome;
use crate::voice::{Heard, LiveKit, ParticipantToken};

/// `POST …/voice/token`: a token for the media server, and the record that goes with it (§12.2).
///
/// # Errors
/// 400 for another kind of channel or when nothing is asked for, 403 and 404 for the channel, 403 when nothing of it is allowed, 409 when
/// there is no room, 429 for too many tokens, 503 without a media server.
pub async fn issue_token(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let place = place(&call)?;
    gate::charge_voice_token(&call.app, actor.user_id, place.channel_id)?;
    let request: rest::IssueVoiceToken = call.body()?;
    let wanted = VoiceGrants::wanted(&request).ok_or_else(|| ApiError::invalid("nothing is asked for"))?;
    let livekit = media_server(&call)?;
    if wanted.sources.contains(StreamKind::Camera) || wanted.sources.contains(StreamKind::ScreenShare) {
        gate::charge_publish(&call.app, actor.user_id, place.channel_id)?;
    }
    let (guild_id, channel_id) = (place.guild_id, place.channel_id);
    if call.app.gateway.fanout().voice_room_for(actor.user_id, place).is_err() {
        // Whoever may not enter is told so first, and nothing is written down.
        call.app.read(actor, ReadVoiceChannel { guild_id, channel_id, wanted: Some(wanted) }).await?;
        return Err(full());
    }
    let granted = call.app.execute(actor, IssueVoiceToken { guild_id, channel_id, wanted }).await?;
    let (user_id, session_id) = (actor.user_id, actor.session_id);
    let user = VoiceUser { user_id, session_id, is_server_owner: actor.is_server_owner };
    call.app.gateway.fanout().enter_voice(user, place, granted.grants).await.map_err(refused)?;
    call.app.keep_stays_soon().await;
    let (username, grants, issued_at) = (&granted.username, granted.grants, call.app.clock.now());
    let token = livekit.issue(&ParticipantToken { user_id, username, place, grants, issued_at });
    answer::json(&token.ok_or_else(ApiError::internal)?)
}

/// `POST …/voice/leave`: takes the caller out of the channel, member or not (§12.4).
///
/// # Errors
/// 400 for a malformed path, 503 without a media server.
pub async fn leave(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let place = place(&call)?;
    media_server(&call)?;
    call.app.gateway.fanout().leave_voice(actor.user_id, place.channel_id);
    call.app.keep_stays_soon().await;
    Ok(answer::empty())
}

/// `POST …/voice/state`: how the caller hears and speaks.
///
/// # Errors
/// 400 without a member, 403 for who is no member, 404 for an unknown channel, 503 without a media server.
pub async fn update_state(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::UpdateVoiceState { is_muted, is_deafened } = call.body()?;
    let VoicePlace { guild_id, channel_id } = place(&call)?;
    media_server(&call)?;
    call.app.read(actor, ReadVoiceChannel { guild_id, channel_id, wanted: None }).await?;
    call.app.gateway.fanout().set_voice_state(actor.user_id, channel_id, is_muted, is_deafened);
    Ok(answer::empty())
}

/// `POST /livekit/webhook`: a note of the media server (§12.5).
///
/// # Errors
/// 401 for a note that is not signed by it, 503 without a media server.
pub async fn hear(call: Call) -> Result<Answer, ApiError> {
    let livekit = media_server(&call)?;
    let authorization = call.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (outcome, forged) = match livekit.hear(authorization, &call.body, call.app.clock.now(), Instant::now()) {
        Heard::Note(webhook) => match call.app.hear_media(webhook.report).await {
            Reported::Applied => (WebhookOutcome::Applied, false),
            Reported::Ignored => (WebhookOutcome::Ignored, false),
        },
        Heard::Nothing => (WebhookOutcome::Ignored, false),
        Heard::Again => (WebhookOutcome::Duplicate, false),
        Heard::Forged => (WebhookOutcome::Unauthorized, true),
    };
    call.app.metrics.livekit_webhooks.increment(outcome);
    if forged {
        gate::charge_address(&call.app, call.address)?;
        return Err(ApiError::unauthorized());
    }
    Ok(answer::blank())
}

fn place(call: &Call) -> Result<VoicePlace, ApiError> {
    Ok(VoicePlace { guild_id: call.path("guild_id")?, channel_id: call.path("channel_id")? })
}

fn media_server(call: &Call) -> Result<&LiveKit, ApiError> {
    call.app.livekit.as_ref().ok_or_else(|| ApiError::new(ErrorCode::VoiceUnavailable))
}

fn full() -> ApiError {
    ApiError::from(Denial::Quota("there is no room in voice"))
}

fn refused(refusal: VoiceRefusal) -> ApiError {
    match refusal {
        VoiceRefusal::Full(_) => full(),
        VoiceRefusal::Forbidden => Denial::MissingPermission.into(),
        _ => ApiError::overloaded(RETRY_AFTER_OVERLOAD_SECS),
    }
}
