//! Channels, overrides and effective permissions (`/guilds/{guild_id}/channels…`, §9.8).

use super::build::{
    ACCEPTED, EMPTY, delete, event, event_with, forbidden, get, invalid, json, lockout, not_found, patch, post, quota,
};
use super::{Access, Effect, Endpoint, Family};
use crate::permission::Permission;
use crate::rest::{ChannelsQuery, ExplainQuery};

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Channels, "9.8")
}

/// What a changed override leads to.
const OVERRIDDEN: &[Effect] = &[
    event("workspace_channel_override_update"),
    event_with("workspace_channel_role_override_update", "restated lists (CMP-1, CMP-2, CMP-3)")
        .when("plain connections"),
    event_with("unsubscribed", "`access_revoked`").when("a subscriber no longer sees the channel"),
    event_with("channel_create", "to whom the channel became visible (CMP-5)").when("plain connections"),
];

const OVERRIDE_HIERARCHY: &str = "oneself, the owner, a role or member that does not rank below the caller, or a \
                                  permission the caller lacks in the channel";

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(post("/guilds/{guild_id}/channels", "create_channel", "Creates a channel."))
        .for_guild(Permission::ManageChannelOverrides)
        .ip_gated()
        .json("CreateChannel")
        .answers(&[json("Channel")])
        .refuses(&[
            invalid("two overrides for one target, or one that allows and denies the same permission"),
            not_found("an override names an unknown role or a user who is not a member"),
            quota("200 channels exist"),
        ])
        .notes(
            "Initial overrides are in force from birth, so that a hidden channel is never seen, and cause no event \
                of their own.",
        )
        .causes(&[event("channel_create")])
        .served(),
    row(get("/guilds/{guild_id}/channels", "list_channels", "Lists the channels the caller sees, in order, complete."))
        .for_(Access::Member)
        .ip_gated()
        .query::<ChannelsQuery>()
        .notes(
            "`include=manageable` lists every channel, each with `visible`, for members with `manage_channel_overrides` \
             in the guild.",
        )
        .answers(&[json("ChannelList")])
        .served(),
    row(patch("/guilds/{guild_id}/channels/{channel_id}", "update_channel", "Renames a channel."))
        .for_channel(Permission::ManageChannelOverrides)
        .ip_gated()
        .json("UpdateChannel")
        .answers(&[json("Channel")])
        .refuses(&[not_found("no such channel")])
        .causes(&[event("channel_update")])
        .served(),
    row(delete(
        "/guilds/{guild_id}/channels/{channel_id}",
        "delete_channel",
        "Deletes a channel with its messages, attachments and overrides.",
    ))
    .for_channel(Permission::ManageChannelOverrides)
    .ip_gated()
    .answers(EMPTY)
    .refuses(&[not_found("no such channel")])
    .causes(&[
        event("channel_delete"),
        event_with("workspace_channel_role_override_update", "empty lists (CMP-4)").when("plain connections"),
        event_with("unsubscribed", "`channel_deleted`").when("subscribed to it"),
    ])
    .served(),
    row(post("/guilds/{guild_id}/channels/reorder", "reorder_channels", "Gives channels a new order."))
        .for_guild(Permission::ManageChannelOverrides)
        .ip_gated()
        .json("ReorderChannels")
        .answers(ACCEPTED)
        .refuses(&[invalid("an unknown channel, or one that is named twice")])
        .notes("The listed channels take, in the order of the list, the places that they hold among them.")
        .causes(&[event_with("channel_reorder", "to each receiver their own list")])
        .served(),
    row(get(
        "/guilds/{guild_id}/channels/{channel_id}/permissions/self",
        "read_own_channel_permissions",
        "Gives what the caller may do in a channel.",
    ))
    .for_channel(Permission::CreateMessage)
    .ip_gated()
    .answers(&[json("SelfPermissions")])
    .refuses(&[not_found("no such channel")])
    .served(),
    row(get(
        "/guilds/{guild_id}/permissions/self",
        "read_own_access",
        "Gives what the caller may do in a guild and in every channel they see.",
    ))
    .for_(Access::Member)
    .ip_gated()
    .answers(&[json("Access")])
    .served(),
    row(get(
        "/guilds/{guild_id}/permissions/explain",
        "explain_permission",
        "Tells rule by rule why a user may do something or not.",
    ))
    .of(Family::Channels, "8.5")
    .for_guild(Permission::ManageChannelOverrides)
    .closed_query::<ExplainQuery>()
    .answers(&[json("PermissionExplanation")])
    .refuses(&[not_found("no such user or channel")])
    .served(),
    row(get(
        "/guilds/{guild_id}/channels/{channel_id}/overrides",
        "list_overrides",
        "Lists the overrides of a channel: at most 128, complete.",
    ))
    .for_channel(Permission::ManageChannelOverrides)
    .ip_gated()
    .answers(&[json("OverrideList")])
    .refuses(&[not_found("no such channel")])
    .served(),
    row(post(
        "/guilds/{guild_id}/channels/{channel_id}/overrides/{role}",
        "set_seeded_role_override",
        "Replaces the override of a seeded role.",
    ))
    .for_channel(Permission::ManageChannelOverrides)
    .ip_gated()
    .json("SetOverride")
    .answers(ACCEPTED)
    .refuses(&[
        invalid("a permission both allowed and denied"),
        forbidden(OVERRIDE_HIERARCHY),
        not_found("no such channel"),
        quota("128 overrides exist"),
        lockout(),
    ])
    .notes("The same as the next endpoint for the seeded role that the word stands for.")
    .causes(OVERRIDDEN)
    .served(),
    row(post(
        "/guilds/{guild_id}/channels/{channel_id}/permission-overrides/{target_kind}/{target_id}",
        "set_override",
        "Replaces the override of a role or a member.",
    ))
    .for_channel(Permission::ManageChannelOverrides)
    .ip_gated()
    .json("SetOverride")
    .answers(ACCEPTED)
    .refuses(&[
        invalid("a permission both allowed and denied"),
        forbidden(OVERRIDE_HIERARCHY),
        not_found("no such channel, role or member"),
        quota("128 overrides exist"),
        lockout(),
    ])
    .notes("Two empty lists remove the override.")
    .causes(OVERRIDDEN)
    .served(),
    row(delete(
        "/guilds/{guild_id}/channels/{channel_id}/permission-overrides/{target_kind}/{target_id}",
        "delete_override",
        "Removes the override of a role or a member, if there is one.",
    ))
    .for_channel(Permission::ManageChannelOverrides)
    .ip_gated()
    .answers(EMPTY)
    .refuses(&[forbidden(OVERRIDE_HIERARCHY), not_found("no such channel"), lockout()])
    .causes(OVERRIDDEN)
    .served(),
];
