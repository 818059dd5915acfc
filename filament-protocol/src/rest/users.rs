//! `/users/…` (§9.4).

use crate::id::UserId;
use crate::limits::LOOKUP_USERS_MAX;
use crate::object::{body, record};
use crate::record::UserSummary;
use crate::text::{About, Username};

body! {
    /// Body of `POST /users/lookup`.
    pub struct Lookup {
        /// Whom to look up: 1..=64 as written, then without duplicates, order kept.
        pub user_ids: Vec<UserId> [1..=LOOKUP_USERS_MAX, distinct],
    }
}

record! {
    /// Answer of a lookup: in request order, unknown users left out.
    pub struct UserList {
        /// The users.
        pub users: Vec<UserSummary> [0..=LOOKUP_USERS_MAX],
    }
}

body! {
    /// Body of `PATCH /users/me/profile`: at least one member.
    pub struct UpdateProfile {
        /// The new name.
        pub username: Option<Username>,
        /// The new about text.
        pub about_markdown: Option<About>,
    }
    rules { any_of(username, about_markdown) }
}
