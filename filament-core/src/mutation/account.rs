//! Accounts to be created.

use filament_protocol::{Timestamp, UserId, Username};

/// An account to be created.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Its id.
    pub user_id: UserId,
    /// Its name.
    pub username: Username,
    /// The password hash in PHC string form.
    pub password_hash: String,
    /// When.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}
