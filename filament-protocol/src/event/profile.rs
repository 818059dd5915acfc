//! Events of profiles (§4.9), for the user, their friends, and members of their guilds.

use crate::id::UserId;
use crate::limits::{INTEGER_MAX, MARKDOWN_TOKENS_MAX};
use crate::markdown::Token;
use crate::object::record;
use crate::text::{About, Username};
use crate::timestamp::Timestamp;

record! {
    /// `profile_update`: name or about text changed.
    pub struct ProfileUpdate {
        /// The user.
        pub user_id: UserId,
        /// What changed; never empty.
        pub updated_fields: ProfileUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
    }
}

record! {
    /// What a `profile_update` says: the changed fields only.
    pub struct ProfileUpdatedFields: Default {
        /// The new name.
        pub username: Option<Username>,
        /// The new about text as written.
        pub about_markdown: Option<About>,
        /// The new about text as markdown tokens; comes with the text.
        pub about_markdown_tokens: Option<Vec<Token>> [0..=MARKDOWN_TOKENS_MAX],
    }
    rules {
        any_of(username, about_markdown, about_markdown_tokens),
        together(about_markdown, about_markdown_tokens),
    }
}

record! {
    /// `profile_avatar_update`: a new avatar was stored.
    pub struct ProfileAvatarUpdate: Copy {
        /// The user.
        pub user_id: UserId,
        /// Version of the avatar, from 1.
        pub avatar_version: u64 [1..=INTEGER_MAX],
        /// When.
        pub updated_at_unix: Timestamp,
    }
}

record! {
    /// `profile_banner_update`: a new banner was stored.
    pub struct ProfileBannerUpdate: Copy {
        /// The user.
        pub user_id: UserId,
        /// Version of the banner, from 1.
        pub banner_version: u64 [1..=INTEGER_MAX],
        /// When.
        pub updated_at_unix: Timestamp,
    }
}
