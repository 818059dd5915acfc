//! `…/messages/{message_id}/reactions/{emoji}`: add and remove one's own (contract §9.9).

use filament_core::decide::reaction::{AddReaction, ReactionTarget, RemoveReaction};
use filament_protocol::Emoji;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;

/// `POST …/reactions/{emoji}`.
///
/// # Errors
/// 400 for a bad emoji, 403 and 404 for channel and message, 409 for the 65th distinct emoji.
pub async fn add(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    answer::json(&call.app.execute(actor, AddReaction(target(&call)?)).await?)
}

/// `DELETE …/reactions/{emoji}`: answers also when there is none of one's own.
///
/// # Errors
/// 400 for a bad emoji, 403 and 404 for channel and message.
pub async fn remove(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    answer::json(&call.app.execute(actor, RemoveReaction(target(&call)?)).await?)
}

fn target(call: &Call) -> Result<ReactionTarget, ApiError> {
    let emoji = Emoji::new(call.path_text("emoji")?)
        .map_err(|error| ApiError::invalid(format!("emoji in the path: {error}")))?;
    Ok(ReactionTarget {
        guild_id: call.path("guild_id")?,
        channel_id: call.path("channel_id")?,
        message_id: call.path("message_id")?,
        emoji,
    })
}
