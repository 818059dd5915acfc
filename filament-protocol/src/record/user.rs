//! Users as others see them.

use serde::{Deserialize, Serialize};

use crate::field::list;
use crate::id::UserId;
use crate::limits::MARKDOWN_TOKENS_MAX;
use crate::markdown::Token;
use crate::text::{About, Username};

/// The profile of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The user.
    pub user_id: UserId,
    /// Name as registered.
    pub username: Username,
    /// About text as written.
    pub about_markdown: About,
    /// About text as markdown tokens.
    #[serde(deserialize_with = "list::<_, _, MARKDOWN_TOKENS_MAX>")]
    pub about_markdown_tokens: Vec<Token>,
    /// Version of the avatar; 0 if there is none.
    pub avatar_version: u64,
    /// Version of the banner; 0 if there is none.
    pub banner_version: u64,
}

/// One user in the answer to a lookup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSummary {
    /// The user.
    pub user_id: UserId,
    /// Name as registered.
    pub username: Username,
    /// Version of the avatar; 0 if there is none.
    pub avatar_version: u64,
}
