//! Bans by address (`/guilds/{guild_id}/ip-bans…`, §9.10).

use super::build::{ACCEPTED, delete, event_with, forbidden, get, json, not_found, post, quota};
use super::{Endpoint, Family};
use crate::limits::IP_BANS_PAGE;
use crate::permission::Permission;
use crate::rest::IpBansQuery;

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Moderation, "9.10").for_guild(Permission::ManageIpBans)
}

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(get("/guilds/{guild_id}/ip-bans", "list_ip_bans", "Lists active bans by address, newest first."))
        .closed_query::<IpBansQuery>()
        .paged(IP_BANS_PAGE)
        .answers(&[json("IpBanPage")])
        .served(),
    row(post("/guilds/{guild_id}/ip-bans/by-user", "ban_addresses_of_user", "Bans the addresses a user was seen at."))
        .json("CreateIpBans")
        .answers(&[json("IpBansCreated")])
        .refuses(&[
            not_found("no such user"),
            forbidden("oneself, the owner, or a member who does not rank below the caller"),
            quota("4,096 active entries"),
        ])
        .notes("Nothing new to ban answers 200 with `created_count: 0` and causes nothing.")
        .causes(&[
            event_with("workspace_ip_ban_sync", "`upsert`"),
            event_with("unsubscribed", "`access_revoked`, without channel").when("a connection is now shut out"),
        ])
        .served(),
    row(delete("/guilds/{guild_id}/ip-bans/{ban_id}", "delete_ip_ban", "Lifts a ban by address."))
        .answers(ACCEPTED)
        .refuses(&[not_found("no such active entry")])
        .causes(&[event_with("workspace_ip_ban_sync", "`remove`")])
        .served(),
];
