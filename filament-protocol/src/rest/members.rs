//! `/guilds/{g}/members` and ownership (§9.6).

use crate::field::{Distinct, all_differ};
use crate::id::{GuildId, RoleId, UserId};
use crate::limits::{MEMBERS_PAGE, ROLES_PER_MEMBER_MAX};
use crate::object::{body, record};
use crate::record::LegacyRole;

/// Largest page of members.
const PAGE_MAX: usize = MEMBERS_PAGE.max as usize;

record! {
    /// Answer of `GET /guilds/{g}/members`: ascending by user id.
    pub struct MemberPage {
        /// The members, at most 200.
        pub members: Vec<Member> [0..=PAGE_MAX, unique by],
        /// The cursor of the next page; null if nothing follows.
        pub next_cursor: Option<UserId> [null],
    }
}

record! {
    /// A member in a list.
    pub struct Member {
        /// The user.
        pub user_id: UserId,
        /// The roles assigned, ascending, seeded ones included, without `everyone`; at most 16.
        pub role_ids: Vec<RoleId> [0..=ROLES_PER_MEMBER_MAX, unique],
    }
}

impl Distinct for Member {
    const KEYS: &'static [&'static [&'static str]] = &[&["user_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.user_id))
    }
}

body! {
    /// Body of `PATCH /guilds/{g}/members/{u}`.
    pub struct UpdateMember: Copy {
        /// The new legacy role; `owner` is refused with 403 (HIE-7).
        pub role: LegacyRole,
    }
}

body! {
    /// Body of `POST /guilds/{g}/owner`.
    pub struct TransferGuild: Copy {
        /// The new owner: a member.
        pub user_id: UserId,
    }
}

record! {
    /// Answer of `POST /guilds/{g}/owner`.
    pub struct GuildOwner: Copy {
        /// The guild.
        pub guild_id: GuildId,
        /// Its owner now.
        pub owner_user_id: UserId,
    }
}
