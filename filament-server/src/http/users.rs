//! `/users/…`: looking users up, profiles (contract §9.4). Their images stand in [`images`](super::images).

use filament_core::decide::profile::UpdateProfile;
use filament_core::read::{LookUpUsers, ReadProfile};
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
    page::complete("users", &users)
}

/// `GET /users/{user_id}/profile`.
///
/// # Errors
/// 400 for an id that is none, 404 for an unknown one.
pub async fn read_profile(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let user_id = call.path("user_id")?;
    answer::json(&call.app.read(actor, ReadProfile { user_id }).await?)
}

/// `PATCH /users/me/profile`.
///
/// # Errors
/// 400 and 422 for the body, 400 for a name that is taken.
pub async fn update_profile(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::UpdateProfile { username, about_markdown } = call.body()?;
    answer::json(&call.app.execute(actor, UpdateProfile { username, about: about_markdown }).await?)
}
