//! `/auth/…` (§9.4).

use serde::{Deserialize, Serialize};

use super::body;
use crate::field::present;
use crate::text::{BearerToken, Password, Secret, Username};

/// Body of `POST /auth/register`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The name to take.
    pub username: Username,
    /// The password to set.
    pub password: Password,
    /// Accepted and ignored.
    #[serde(default, deserialize_with = "present")]
    pub captcha_token: Option<String>,
}

body!(Register { Required username: Username, Required password: Password, Optional captcha_token: String });

/// Body of `POST /auth/login`. The values have no bounds: a name that cannot exist is a failed login like any other.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The name, in any case.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// Accepted and ignored.
    #[serde(default, deserialize_with = "present")]
    pub captcha_token: Option<String>,
}

body!(Login { Required username: String, Required password: Secret, Optional captcha_token: String });

/// Body of `POST /auth/refresh`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The newest refresh token of the session.
    pub refresh_token: Secret,
}

body!(Refresh { Required refresh_token: Secret });

/// Body of `POST /auth/logout`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// The newest refresh token of the session.
    pub refresh_token: Secret,
}

body!(Logout { Required refresh_token: Secret });

/// Answer of login and refresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTokens {
    /// For `Authorization: Bearer`.
    pub access_token: BearerToken,
    /// For the next refresh.
    pub refresh_token: BearerToken,
    /// Life of the access token, in seconds.
    pub expires_in_secs: u32,
}
