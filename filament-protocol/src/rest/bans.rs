//! `/guilds/{g}/bans` (§9.6) and `/guilds/{g}/ip-bans` (§9.10). No answer ever holds an address.

use crate::field::{Distinct, all_differ};
use crate::id::{IpBanId, UserId};
use crate::limits::{BANS_PAGE, IP_BAN_EXPIRY_SECS_MAX, IP_BANS_PAGE, IP_BANS_PER_REQUEST_MAX};
use crate::object::{body, record};
use crate::text::{BanReason, PageCursor, Username};
use crate::timestamp::Timestamp;

/// Largest page of bans.
const PAGE_MAX: usize = BANS_PAGE.max as usize;
/// Largest page of bans by address.
const IP_PAGE_MAX: usize = IP_BANS_PAGE.max as usize;

record! {
    /// Answer of `GET /guilds/{g}/bans`: newest first.
    pub struct BanPage {
        /// The bans, at most 100.
        pub bans: Vec<Ban> [0..=PAGE_MAX, unique by],
        /// The cursor of the next page; null if nothing follows.
        pub next_cursor: Option<PageCursor> [null],
    }
}

record! {
    /// A banned user.
    pub struct Ban {
        /// Who is banned.
        pub user_id: UserId,
        /// Their name.
        pub username: Username,
        /// Since when.
        pub banned_at_unix: Timestamp,
        /// Who did it: for callers who may read the audit log.
        pub actor_user_id: Option<UserId>,
    }
}

impl Distinct for Ban {
    const KEYS: &'static [&'static [&'static str]] = &[&["user_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.user_id))
    }
}

record! {
    /// Answer of `GET /guilds/{g}/ip-bans`: active ones only, newest first.
    pub struct IpBanPage {
        /// The bans, at most 100.
        pub bans: Vec<IpBan> [0..=IP_PAGE_MAX, unique by],
        /// The cursor of the next page; null if nothing follows.
        pub next_cursor: Option<PageCursor> [null],
    }
}

record! {
    /// A ban by address, without the address.
    pub struct IpBan {
        /// Its id.
        pub ban_id: IpBanId,
        /// Whose addresses were banned; null if that is not known.
        pub source_user_id: Option<UserId> [null],
        /// Why; null if nobody said.
        pub reason: Option<BanReason> [null],
        /// Since when.
        pub created_at_unix: Timestamp,
        /// Until when; null if it does not end by itself.
        pub expires_at_unix: Option<Timestamp> [null],
    }
}

impl Distinct for IpBan {
    const KEYS: &'static [&'static [&'static str]] = &[&["ban_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.ban_id))
    }
}

body! {
    /// Body of `POST /guilds/{g}/ip-bans/by-user`.
    pub struct CreateIpBans {
        /// Whose remembered addresses are banned.
        pub target_user_id: UserId,
        /// Why.
        pub reason: Option<BanReason>,
        /// For how long, in seconds, 1..=15,552,000; for ever if absent.
        pub expires_in_secs: Option<u32> [1..=IP_BAN_EXPIRY_SECS_MAX],
    }
}

record! {
    /// Answer of `POST /guilds/{g}/ip-bans/by-user`.
    pub struct IpBansCreated {
        /// How many entries were made, 0..=64.
        pub created_count: u32 [0..=IP_BANS_PER_REQUEST_MAX],
        /// The entries.
        pub ban_ids: Vec<IpBanId> [0..=IP_BANS_PER_REQUEST_MAX, unique],
    }
}
