//! `/friends…`: friends and requests to become friends (contract §9.5).

use filament_core::decide::friend::{AcceptFriendRequest, DeleteFriendRequest, RemoveFriend, RequestFriend};
use filament_core::read::{ListFriendRequests, ListFriends};
use filament_protocol::rest;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;

/// `GET /friends`: by name, complete.
///
/// # Errors
/// Faults of the store only.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    page::complete("friends", &call.app.read(actor, ListFriends).await?)
}

/// `GET /friends/requests`: newest first, complete.
///
/// # Errors
/// Faults of the store only.
pub async fn list_requests(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    answer::json(&call.app.read(actor, ListFriendRequests).await?)
}

/// `POST /friends/requests`.
///
/// # Errors
/// 400 and 422 for the body, 400 where no request can be, 409 at a cap.
pub async fn request(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::CreateFriendRequest { recipient_user_id } = call.body()?;
    answer::json(&call.app.execute(actor, RequestFriend { recipient_id: recipient_user_id }).await?)
}

/// `POST /friends/requests/{request_id}/accept`.
///
/// # Errors
/// 400 for an id that is none, 404 unless the request was made to the caller, 409 at a cap.
pub async fn accept(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let request_id = call.path("request_id")?;
    call.app.execute(actor, AcceptFriendRequest { request_id }).await?;
    Ok(answer::accepted())
}

/// `DELETE /friends/requests/{request_id}`: declines or withdraws it.
///
/// # Errors
/// 400 for an id that is none, 404 unless the caller is one of the two.
pub async fn delete_request(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let request_id = call.path("request_id")?;
    call.app.execute(actor, DeleteFriendRequest { request_id }).await?;
    Ok(answer::empty())
}

/// `DELETE /friends/{user_id}`: the same answer without a friendship.
///
/// # Errors
/// 400 for an id that is none and for oneself.
pub async fn remove(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let user_id = call.path("user_id")?;
    call.app.execute(actor, RemoveFriend { user_id }).await?;
    Ok(answer::empty())
}
