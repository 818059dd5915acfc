//! `/users/…`: looking users up (contract §9.4).

use filament_core::User;
use filament_core::read::{LookUpUsers, ReadUser};
use filament_protocol::About;
use filament_protocol::record::{Profile, UserSummary};
use filament_protocol::rest;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;

/// `POST /users/lookup`: in request order, unknown ones left out.
///
/// # Errors
/// 400 and 422 for the body.
pub async fn look_up(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::Lookup { user_ids } = call.body()?;
    let users = call.app.read(actor, LookUpUsers { user_ids }).await?;
    let summaries: Vec<UserSummary> = users.into_iter().map(summary).collect();
    page::complete("users", &summaries)
}

/// `GET /users/{user_id}/profile`.
///
/// # Errors
/// 400 for an id that is none, 404 for an unknown one.
pub async fn read_profile(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let user_id = call.path("user_id")?;
    let user = call.app.read(actor, ReadUser { user_id }).await?;
    answer::json(&profile(user)?)
}

fn summary(user: User) -> UserSummary {
    UserSummary { user_id: user.user_id, username: user.username, avatar_version: 0 }
}

/// The wire form of a profile.
///
/// # Errors
/// None that a stored user can cause.
pub(super) fn profile(user: User) -> Result<Profile, ApiError> {
    Ok(Profile {
        user_id: user.user_id,
        username: user.username,
        about_markdown: About::new("").map_err(|_| ApiError::internal())?,
        about_markdown_tokens: Vec::new(),
        avatar_version: 0,
        banner_version: 0,
    })
}
