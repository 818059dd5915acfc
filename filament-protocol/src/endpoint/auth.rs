//! Accounts, logins and sessions (`/auth/…`, §9.4).

use super::build::{ACCEPTED, EMPTY, delete, forbidden, get, json, not_found, post, refusal};
use super::{Access, Endpoint, Family, RateClass};
use crate::error::ErrorCode;

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Auth, "9.4")
}

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(post("/auth/register", "register", "Creates an account."))
        .for_(Access::Open)
        .charged(RateClass::Auth)
        .json("Register")
        .answers(ACCEPTED)
        .notes("A name that is taken gives the same answer in the same time: the answer does not tell who exists.")
        .served(),
    row(post("/auth/login", "log_in", "Starts a session."))
        .for_(Access::Open)
        .charged(RateClass::Auth)
        .json("Login")
        .answers(&[json("SessionTokens")])
        .refuses(&[refusal(
            ErrorCode::InvalidCredentials,
            "unknown name, wrong password, or the pair of name and address is locked for 30 s after 5 failures",
        )])
        .notes("Values that could not belong to any account are answered 401 like any other failure.")
        .served(),
    row(post("/auth/refresh", "refresh_session", "Renews the tokens of a session."))
        .for_(Access::Open)
        .charged(RateClass::Auth)
        .json("Refresh")
        .answers(&[json("SessionTokens")])
        .refuses(&[refusal(
            ErrorCode::InvalidCredentials,
            "unknown, malformed or expired; a token that was replaced more than 10 s ago ends its session",
        )])
        .notes(
            "A token that was replaced within the last 10 s gives the session's current one again, so that two \
                windows which refresh at once both go on.",
        )
        .served(),
    row(post("/auth/logout", "log_out", "Ends the session of a refresh token."))
        .for_(Access::Open)
        .json("Logout")
        .answers(EMPTY)
        .refuses(&[refusal(ErrorCode::InvalidCredentials, "no such session")])
        .notes("The session's gateway connections are closed with 4510 and its access tokens are void at once.")
        .served(),
    row(get("/auth/me", "read_own_profile", "Gives the profile of the caller.")).answers(&[json("Profile")]).served(),
    row(get("/auth/sessions", "list_sessions", "Lists the caller's sessions, the newest 100."))
        .answers(&[json("SessionList")])
        .optional(),
    row(delete("/auth/sessions/{session_id}", "end_session", "Ends one of the caller's sessions."))
        .answers(EMPTY)
        .refuses(&[not_found("not a session of the caller")])
        .optional(),
    row(post("/auth/password", "change_password", "Changes the caller's password and ends all other sessions."))
        .json("ChangePassword")
        .answers(EMPTY)
        .refuses(&[forbidden("the current password is wrong")])
        .optional(),
];
