//! Guilds, members, bans and the audit log (`/guilds…`, §9.6).

use super::build::{
    ACCEPTED, EMPTY, delete, event, event_with, forbidden, get, json, not_found, patch, post, quota, refusal,
};
use super::{Access, Effect, Endpoint, Family, RateClass};
use crate::error::ErrorCode;
use crate::limits::{AUDIT_PAGE, BANS_PAGE, DIRECTORY_PAGE, MEMBERS_PAGE};
use crate::permission::Permission;
use crate::rest::{AuditQuery, BansQuery, MembersQuery, PublicGuildsQuery};

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Guilds, "9.6")
}

const JOINED: &[Effect] = &[
    event_with("workspace_available", "`joined`, to the new member"),
    event("workspace_member_add"),
    event_with("workspace_role_assignment_add", "the default role").when("the guild has a default role"),
];

const ADDED: &[Effect] = &[
    event_with("workspace_available", "`added`, to the new member"),
    event("workspace_member_add"),
    event_with("workspace_role_assignment_add", "the default role").when("the guild has a default role"),
];

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(post("/guilds", "create_guild", "Creates a guild; it has no channel yet."))
        .json("CreateGuild")
        .answers(&[json("Guild")])
        .refuses(&[
            refusal(ErrorCode::GuildCreationLimitReached, "100 guilds created and not deleted"),
            quota("member of 200 guilds"),
        ])
        .causes(&[event_with("workspace_available", "`created`")])
        .served(),
    row(get("/guilds", "list_guilds", "Lists the caller's guilds, newest membership first: at most 200, complete."))
        .answers(&[json("GuildList")])
        .served(),
    row(get("/guilds/public", "list_public_guilds", "Searches the directory of public guilds, newest first."))
        .query::<PublicGuildsQuery>()
        .paged(DIRECTORY_PAGE)
        .answers(&[json("GuildList")])
        .served(),
    row(get("/guilds/{guild_id}", "read_guild", "Gives a guild with its owner and the number of its members."))
        .for_(Access::Member)
        .answers(&[json("GuildDetails")])
        .served(),
    row(patch("/guilds/{guild_id}", "update_guild", "Changes name or visibility of a guild."))
        .for_guild(Permission::ManageRoles)
        .json("UpdateGuild")
        .answers(&[json("Guild")])
        .causes(&[event("workspace_update")])
        .served(),
    row(delete("/guilds/{guild_id}", "delete_guild", "Deletes a guild with everything in it."))
        .for_(Access::Owner)
        .answers(EMPTY)
        .causes(&[
            event("workspace_delete"),
            event_with("workspace_member_remove", "`leave`, of each former member to themself (CMP-6)")
                .when("plain connections"),
            event_with("workspace_unavailable", "`deleted`, to each former member"),
            event_with("unsubscribed", "`channel_deleted`, without channel").when("subscribed in the guild"),
        ])
        .served(),
    row(post("/guilds/{guild_id}/join", "join_guild", "Makes the caller a member of a public guild."))
        .charged(RateClass::Join)
        .no_body()
        .answers(&[json("JoinAnswer")])
        .refuses(&[
            not_found("unknown or private; a member of a private guild gets `already_member`"),
            refusal(ErrorCode::DirectoryJoinUserBanned, "the caller is banned"),
            refusal(ErrorCode::DirectoryJoinIpBanned, "the caller's address is banned"),
            quota("the guild is full, or the caller is a member of 200 guilds"),
        ])
        .causes(JOINED)
        .served(),
    row(post("/guilds/{guild_id}/leave", "leave_guild", "Ends the caller's membership."))
        .for_(Access::Member)
        .no_body()
        .answers(EMPTY)
        .refuses(&[refusal(ErrorCode::OwnerMustTransfer, "the caller owns the guild")])
        .causes(&[
            event_with("workspace_member_remove", "`leave`, without actor"),
            event_with("workspace_unavailable", "`left`, to the caller"),
            event_with("unsubscribed", "`left`, without channel").when("subscribed in the guild"),
        ])
        .served(),
    row(post("/guilds/{guild_id}/owner", "transfer_guild", "Makes another member the owner."))
        .for_(Access::Owner)
        .json("TransferGuild")
        .answers(&[json("GuildOwner")])
        .refuses(&[not_found("the user is no member"), forbidden("the user is the owner already")])
        .notes("The old owner keeps at least the seeded `moderator` role.")
        .causes(&[
            event_with("workspace_role_assignment_remove", "the owner role, of the old owner"),
            event_with("workspace_role_assignment_add", "the moderator role, to the old owner")
                .when("the old owner does not hold it"),
            event_with("workspace_role_assignment_add", "the owner role, to the new owner"),
            event_with("workspace_member_update", "of the old owner"),
            event_with("workspace_member_update", "of the new owner"),
            event("workspace_owner_update"),
        ])
        .served(),
    row(get("/guilds/{guild_id}/members", "list_members", "Lists members with their roles, by user id."))
        .for_(Access::Member)
        .closed_query::<MembersQuery>()
        .paged(MEMBERS_PAGE)
        .answers(&[json("MemberPage")])
        .served(),
    row(post("/guilds/{guild_id}/members/{user_id}", "add_member", "Makes a user a member."))
        .for_guild(Permission::ManageMemberRoles)
        .no_body()
        .answers(ACCEPTED)
        .refuses(&[
            not_found("no such user"),
            forbidden("the user is banned"),
            quota("the guild is full, or the user is a member of 200 guilds"),
        ])
        .causes(ADDED)
        .served(),
    row(patch("/guilds/{guild_id}/members/{user_id}", "set_legacy_role", "Makes a member a moderator, or no longer."))
        .for_guild(Permission::ManageMemberRoles)
        .json("UpdateMember")
        .answers(ACCEPTED)
        .refuses(&[
            not_found("not a member"),
            forbidden("the word `owner`, oneself, the owner, or a member who does not rank below the caller"),
        ])
        .causes(&[
            event("workspace_role_assignment_remove").when("the role to drop was held"),
            event("workspace_role_assignment_add").when("the role to gain was not held"),
            event("workspace_member_update"),
        ])
        .served(),
    row(post("/guilds/{guild_id}/members/{user_id}/kick", "kick_member", "Removes a member."))
        .for_guild(Permission::BanMember)
        .no_body()
        .answers(ACCEPTED)
        .refuses(&[
            not_found("not a member"),
            forbidden("oneself, the owner, or a member who does not rank below the caller"),
        ])
        .causes(&[
            event_with("workspace_member_remove", "`kick`"),
            event_with("workspace_unavailable", "`kicked`, to the user"),
            event_with("unsubscribed", "`access_revoked`, without channel").when("subscribed in the guild"),
        ])
        .served(),
    row(post("/guilds/{guild_id}/members/{user_id}/ban", "ban_user", "Bans a user, member or not."))
        .for_guild(Permission::BanMember)
        .no_body()
        .answers(ACCEPTED)
        .refuses(&[
            not_found("no such user"),
            forbidden("oneself, the owner, or a member who does not rank below the caller"),
        ])
        .notes("Banning a banned user answers the same and does nothing.")
        .causes(&[
            event("workspace_member_ban"),
            event_with("workspace_member_remove", "`ban`, with the same time").when("the user was a member"),
            event_with("workspace_unavailable", "`banned`, to the user").when("the user was a member"),
            event_with("unsubscribed", "`access_revoked`, without channel").when("subscribed in the guild"),
        ])
        .served(),
    row(get("/guilds/{guild_id}/bans", "list_bans", "Lists banned users, newest first."))
        .for_guild(Permission::BanMember)
        .closed_query::<BansQuery>()
        .paged(BANS_PAGE)
        .answers(&[json("BanPage")])
        .notes("`actor_user_id` is there only for holders of `view_audit_log`.")
        .served(),
    row(delete("/guilds/{guild_id}/bans/{user_id}", "unban_user", "Lifts a ban."))
        .for_guild(Permission::BanMember)
        .answers(EMPTY)
        .refuses(&[not_found("not banned")])
        .causes(&[event("workspace_member_unban")])
        .served(),
    row(get("/guilds/{guild_id}/audit", "list_audit", "Lists what was done in a guild and by whom, newest first."))
        .for_guild(Permission::ViewAuditLog)
        .closed_query::<AuditQuery>()
        .paged(AUDIT_PAGE)
        .answers(&[json("AuditPage")])
        .refuses(&[refusal(ErrorCode::AuditAccessDenied, "not a member, or without `view_audit_log`")])
        .served(),
];
