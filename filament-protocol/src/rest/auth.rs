//! `/auth/…` (§9.4).

use crate::field::{Distinct, all_differ};
use crate::id::SessionId;
use crate::limits::{ACCESS_TOKEN_SECS_MAX, SESSION_CONNECTIONS_MAX, SESSIONS_LISTED_MAX};
use crate::object::{body, record};
use crate::text::{BearerToken, Password, Secret, Username};
use crate::timestamp::Timestamp;

body! {
    input
    /// Body of `POST /auth/register`.
    pub struct Register {
        /// The name to take.
        pub username: Username,
        /// The password to set.
        pub password: Password,
        /// Accepted and ignored.
        pub captcha_token: Option<String>,
    }
}

body! {
    input
    /// Body of `POST /auth/login`. The values have no bounds: a name that cannot exist is a failed login like any other.
    pub struct Login {
        /// The name, in any case.
        pub username: String,
        /// The password.
        pub password: Secret,
        /// Accepted and ignored.
        pub captcha_token: Option<String>,
    }
}

body! {
    input
    /// Body of `POST /auth/refresh`.
    pub struct Refresh {
        /// The newest refresh token of the session.
        pub refresh_token: Secret,
    }
}

body! {
    input
    /// Body of `POST /auth/logout`.
    pub struct Logout {
        /// The newest refresh token of the session.
        pub refresh_token: Secret,
    }
}

record! {
    /// Answer of login and refresh.
    pub struct SessionTokens {
        /// For `Authorization: Bearer`.
        pub access_token: BearerToken,
        /// For the next refresh.
        pub refresh_token: BearerToken,
        /// Life of the access token, in seconds.
        pub expires_in_secs: u32 [1..=ACCESS_TOKEN_SECS_MAX],
    }
}

record! {
    /// Answer of `GET /auth/sessions`: newest first.
    pub struct SessionList {
        /// The sessions, at most 100.
        pub sessions: Vec<Session> [0..=SESSIONS_LISTED_MAX, unique by],
    }
}

record! {
    /// One login of the caller.
    pub struct Session: Copy {
        /// Its id.
        pub session_id: SessionId,
        /// When it began.
        pub created_at_unix: Timestamp,
        /// When it was last used.
        pub last_used_at_unix: Timestamp,
        /// When it ends unless it is used.
        pub expires_at_unix: Timestamp,
        /// Whether it is the one that asks.
        pub current: bool,
        /// How many gateway connections it has.
        pub connections: u32 [0..=SESSION_CONNECTIONS_MAX],
    }
}

impl Distinct for Session {
    const KEYS: &'static [&'static [&'static str]] = &[&["session_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.session_id))
    }
}

body! {
    input
    /// Body of `POST /auth/password`.
    pub struct ChangePassword {
        /// The password in use.
        pub current_password: Secret,
        /// The password to set.
        pub new_password: Password,
    }
}
