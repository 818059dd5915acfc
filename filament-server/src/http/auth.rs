//! `/auth/…`: register, login, refresh, logout, oneself (contract §9.4, §11).

use std::time::Instant;

use filament_core::Anonymous;
use filament_core::decide::account::{EndSession, OpenSession, RefreshSession, Register, SessionGrant};
use filament_core::read::ReadProfile;
use filament_protocol::rest::{self, SessionTokens};
use filament_protocol::{BearerToken, SessionId, Username, decode_body};
use zeroize::Zeroizing;

use super::answer::{self, Answer};
use super::call::{Call, uncancelled};
use super::error::ApiError;
use crate::address::AddressBlock;
use crate::app::App;
use crate::auth::lockout::Settled;
use crate::auth::password::{PasswordError, PasswordHash};
use crate::auth::refresh::RefreshToken;
use crate::limits::PASSWORD_WAIT_MAX;

/// `POST /auth/register`: answers the same whether the name was free or not, after the same work (AUT-2).
///
/// # Errors
/// 400 for a bad name or password, 503 when too many passwords are being hashed.
pub async fn register(call: Call) -> Result<Answer, ApiError> {
    let rest::Register { username, password, captcha_token: _ } = call.body()?;
    let hash =
        call.app.passwords.hash(Zeroizing::new(password.as_str().to_owned())).await.map_err(|error| refusal(&error))?;
    call.app.execute(Anonymous, Register { username, password_hash: hash.as_str().to_owned() }).await?;
    Ok(answer::accepted())
}

/// `POST /auth/login`: any failure is the same 401 after the same work (AUT-2, AUT-3).
///
/// # Errors
/// 401, 503 when too many passwords are being hashed.
pub async fn login(call: Call) -> Result<Answer, ApiError> {
    let rest::Login { username, password, captcha_token: _ } = decode_body(&call.body).map_err(|error| {
        // A value out of bounds is a wrong login; JSON of another shape stays what it is.
        if error.is_bounds() { ApiError::unauthorized() } else { error.into() }
    })?;
    let app = &call.app;
    let account = match Username::new(username.clone()) {
        Ok(name) => app.engine.credentials(name).await?,
        Err(_) => None,
    };
    let stored = account.as_ref().map(|account| PasswordHash::from_stored(account.password_hash.as_str()));
    let is_right = app
        .passwords
        .verify(Zeroizing::new(password.as_str().to_owned()), stored)
        .await
        .map_err(|error| refusal(&error))?;
    let settled = app.lockout.settle(&username, AddressBlock::from(call.address), is_right, Instant::now());
    let (Settled::Admitted, Some(account)) = (settled, account) else { return Err(ApiError::unauthorized()) };
    let access_token_secs = app.access_tokens.lifetime().as_secs();
    let command = OpenSession { user_id: account.user_id, access_token_secs };
    let address = call.address;
    uncancelled(&call.app, move |app| async move {
        let grant = app.execute(Anonymous, command).await?;
        app.remember_address(grant.user_id, address).await;
        if let Some(session) = grant.ended {
            app.end_session(session);
        }
        tokens(&app, &grant)
    })
    .await
}

/// `POST /auth/refresh`: rotates, gives the current token again within the grace, or ends a replayed session (§11.3).
///
/// # Errors
/// 401.
pub async fn refresh(call: Call) -> Result<Answer, ApiError> {
    let rest::Refresh { refresh_token } = call.body()?;
    let (session_id, generation) = presented(&call.app, refresh_token.as_str())?;
    let access_token_secs = call.app.access_tokens.lifetime().as_secs();
    let command = RefreshSession { session_id, generation, access_token_secs };
    let address = call.address;
    uncancelled(&call.app, move |app| async move {
        match app.execute_traced(Anonymous, command).await {
            Ok(grant) => {
                app.remember_address(grant.user_id, address).await;
                tokens(&app, &grant)
            }
            Err(refused) => {
                if refused.left_trace {
                    app.end_session(session_id);
                }
                Err(refused.error)
            }
        }
    })
    .await
}

/// `POST /auth/logout`: ends the session of the presented refresh token (AUT-26).
///
/// # Errors
/// 401 for an unknown token.
pub async fn logout(call: Call) -> Result<Answer, ApiError> {
    let rest::Logout { refresh_token } = call.body()?;
    let (session_id, generation) = presented(&call.app, refresh_token.as_str())?;
    uncancelled(&call.app, move |app| async move {
        app.execute(Anonymous, EndSession { session_id, generation }).await?;
        app.end_session(session_id);
        Ok(answer::empty())
    })
    .await
}

/// `GET /auth/me`.
///
/// # Errors
/// Faults of the store only.
pub async fn me(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    answer::json(&call.app.read(actor, ReadProfile { user_id: actor.user_id }).await?)
}

/// Reads a presented refresh token: whose session, which generation. One this server did not make has no effect (AUT-24).
fn presented(app: &App, text: &str) -> Result<(SessionId, u32), ApiError> {
    let token = RefreshToken::parse(text).map_err(|_| ApiError::unauthorized())?;
    let generation = app.refresh_key.generation(&token).and_then(|generation| u32::try_from(generation).ok());
    Ok((token.session(), generation.ok_or_else(ApiError::unauthorized)?))
}

fn tokens(app: &App, grant: &SessionGrant) -> Result<Answer, ApiError> {
    let access = app.issue(grant.user_id, grant.session_id, grant.issued_at).map_err(|error| {
        tracing::error!(%error, "no access token could be issued");
        ApiError::internal()
    })?;
    let refresh = app.refresh_key.token(grant.session_id, grant.generation.into());
    let bearer = |text: Zeroizing<String>| BearerToken::new(text.as_str()).map_err(|_| ApiError::internal());
    answer::json(&SessionTokens {
        access_token: bearer(access.text)?,
        refresh_token: bearer(refresh.text())?,
        expires_in_secs: u32::try_from(app.access_tokens.lifetime().as_secs()).unwrap_or(u32::MAX),
    })
}

fn refusal(error: &PasswordError) -> ApiError {
    match error {
        PasswordError::Overloaded => {
            ApiError::overloaded(u32::try_from(PASSWORD_WAIT_MAX.as_secs()).unwrap_or(u32::MAX))
        }
        PasswordError::Hash(_) | PasswordError::Thread => {
            tracing::error!(%error, "a password could not be hashed");
            ApiError::internal()
        }
    }
}
