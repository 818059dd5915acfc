//! Users as others see them.

use crate::id::UserId;
use crate::limits::{INTEGER_MAX, MARKDOWN_TOKENS_MAX};
use crate::markdown::Token;
use crate::object::record;
use crate::text::{About, Username};

record! {
    /// The profile of a user.
    pub struct Profile {
        /// The user.
        pub user_id: UserId,
        /// Name as registered.
        pub username: Username,
        /// About text as written.
        pub about_markdown: About,
        /// About text as markdown tokens.
        pub about_markdown_tokens: Vec<Token> [0..=MARKDOWN_TOKENS_MAX],
        /// Version of the avatar; 0 if there is none.
        pub avatar_version: u64 [0..=INTEGER_MAX],
        /// Version of the banner; 0 if there is none.
        pub banner_version: u64 [0..=INTEGER_MAX],
    }
}

record! {
    /// One user in the answer to a lookup.
    pub struct UserSummary {
        /// The user.
        pub user_id: UserId,
        /// Name as registered.
        pub username: Username,
        /// Version of the avatar; 0 if there is none.
        pub avatar_version: u64 [0..=INTEGER_MAX],
    }
}
