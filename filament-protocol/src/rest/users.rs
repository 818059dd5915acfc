//! `/users/…` (§9.4).

use serde::{Deserialize, Deserializer, Serialize};

use super::body;
use crate::field::{list_not_empty, present, remove_duplicates};
use crate::id::UserId;
use crate::limits::LOOKUP_USERS_MAX;
use crate::record::UserSummary;
use crate::shape::{Described, Shape};
use crate::text::{About, Username};

/// Body of `POST /users/lookup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Whom to look up: 1..=64 as written, then without duplicates, order kept.
    #[serde(deserialize_with = "user_ids")]
    pub user_ids: Vec<UserId>,
}

body!(Lookup { Required user_ids: UserIds });

/// Stands for the list of [`Lookup`] in its shape.
struct UserIds;

impl Described for UserIds {
    const SHAPE: Shape = Shape::List { min: 1, max: LOOKUP_USERS_MAX, item: &UserId::SHAPE };
}

fn user_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<UserId>, D::Error> {
    let mut ids = list_not_empty::<D, UserId, LOOKUP_USERS_MAX>(deserializer)?;
    remove_duplicates(&mut ids);
    Ok(ids)
}

/// Answer of a lookup: in request order, unknown users left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserList {
    /// The users.
    pub users: Vec<UserSummary>,
}

/// Body of `PATCH /users/me/profile`: at least one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "UpdateProfileMembers")]
pub struct UpdateProfile {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// The new about text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about_markdown: Option<About>,
}

body!(UpdateProfile { Optional username: Username, Optional about_markdown: About });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateProfileMembers {
    #[serde(default, deserialize_with = "present")]
    username: Option<Username>,
    #[serde(default, deserialize_with = "present")]
    about_markdown: Option<About>,
}

impl TryFrom<UpdateProfileMembers> for UpdateProfile {
    type Error = &'static str;

    fn try_from(members: UpdateProfileMembers) -> Result<Self, &'static str> {
        let UpdateProfileMembers { username, about_markdown } = members;
        if username.is_none() && about_markdown.is_none() {
            return Err("nothing to change");
        }
        Ok(Self { username, about_markdown })
    }
}
