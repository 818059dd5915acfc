//! Accounts and sessions.

use filament_core::{NewSession, NewUser, RotatedSession};
use rusqlite::{Connection, Result};

use crate::{
    row::{key, rotations_blob, secs},
    sql::{self, one_row},
};

pub(super) fn create_user(connection: &Connection, user: &NewUser) -> Result<()> {
    let columns = (key(user.user_id), user.username.as_str(), user.password_hash.as_str(), secs(user.created_at));
    one_row(connection, sql::USER_ADD, columns)
}

pub(super) fn open_session(connection: &Connection, session: &NewSession) -> Result<()> {
    let columns = (
        key(session.session_id),
        key(session.user_id),
        secs(session.created_at),
        secs(session.expires_at),
        secs(session.token_expires_at),
    );
    one_row(connection, sql::SESSION_ADD, columns)
}

pub(super) fn rotate_session(connection: &Connection, session: &RotatedSession) -> Result<()> {
    let columns = (
        key(session.session_id),
        session.generation,
        rotations_blob(&session.rotations),
        secs(session.rotated_at),
        secs(session.expires_at),
        secs(session.token_expires_at),
    );
    one_row(connection, sql::SESSION_ROTATE, columns)
}
