//! The table of all routes: method, template, who may call, what happens to the body, what it costs, what runs.
//!
//! Every route exists at the root and under `/api`; those marked `root` at the root only (HTTP-1).

use super::route::{Route, Surcharge};
use super::{
    attachments, audit, auth, channels, documents, friends, guilds, images, ip_bans, members, messages, overrides,
    permissions, reactions, roles, search, system, users, voice,
};
use crate::rate::AuthRoute;

/// Writes one row per route; the rest of a row has a default.
macro_rules! routes {
    ($( $method:ident $template:literal $access:ident $body:ident $(+ $surcharge:expr)?, $handler:path $(, $root:ident)?; )+) => {
        &[$( $crate::http::route::Route {
            method: ::http::Method::$method,
            template: $template,
            access: $crate::http::route::Access::$access,
            body: $crate::http::body::BodyKind::$body,
            surcharge: $crate::http::routes::routes!(@surcharge $($surcharge)?),
            mirrored: $crate::http::routes::routes!(@mirrored $($root)?),
            handler: |call| Box::pin($handler(call)),
        } ),+]
    };
    (@surcharge) => { $crate::http::route::Surcharge::None };
    (@surcharge $surcharge:expr) => { $surcharge };
    (@mirrored) => { true };
    (@mirrored root) => { false };
}
pub(crate) use routes;

/// Every route of the server.
pub static ROUTES: &[Route] = routes! {
    GET    "/health"  Open    Ignored, system::health;
    GET    "/healthz" Open    Ignored, system::health, root;
    GET    "/readyz"  Open    Ignored, system::ready, root;
    GET    "/metrics" Metrics Ignored, system::metrics, root;

    GET    "/openapi.json"          Open Ignored, documents::openapi;
    GET    "/asyncapi.json"         Open Ignored, documents::asyncapi;
    GET    "/schema/v1/{document}"  Open Ignored, documents::schema;

    POST   "/auth/register" Open    Json + Surcharge::Auth(AuthRoute::Register), auth::register;
    POST   "/auth/login"    Open    Json + Surcharge::Auth(AuthRoute::Login), auth::login;
    POST   "/auth/refresh"  Open    Json + Surcharge::Auth(AuthRoute::Refresh), auth::refresh;
    POST   "/auth/logout"   Open    Json, auth::logout;
    GET    "/auth/me"       Session Ignored, auth::me;

    POST   "/users/lookup"            Session Json, users::look_up;
    GET    "/users/{user_id}/profile" Session Ignored, users::read_profile;

    PATCH  "/users/me/profile"        Session Json, users::update_profile;
    POST   "/users/me/profile/avatar" Session Avatar, images::set_avatar;
    POST   "/users/me/profile/banner" Session Banner, images::set_banner;
    GET    "/users/{user_id}/avatar"  Open Ignored, images::read_avatar;
    GET    "/users/{user_id}/banner"  Open Ignored, images::read_banner;

    GET    "/friends"                               Session Ignored, friends::list;
    GET    "/friends/requests"                      Session Ignored, friends::list_requests;
    POST   "/friends/requests"                      Session Json, friends::request;
    POST   "/friends/requests/{request_id}/accept"  Session Refused, friends::accept;
    DELETE "/friends/requests/{request_id}"         Session Ignored, friends::delete_request;
    DELETE "/friends/{user_id}"                     Session Ignored, friends::remove;

    POST   "/guilds"                  Session Json, guilds::create;
    GET    "/guilds"                  Session Ignored, guilds::list;
    GET    "/guilds/public"           Session Ignored, guilds::list_public;
    GET    "/guilds/{guild_id}"       Session Ignored, guilds::read;
    PATCH  "/guilds/{guild_id}"       Session Json, guilds::update;
    DELETE "/guilds/{guild_id}"       Session Ignored, guilds::delete;
    POST   "/guilds/{guild_id}/join"  Session Refused + Surcharge::Join, guilds::join;
    POST   "/guilds/{guild_id}/leave" Session Refused, guilds::leave;
    POST   "/guilds/{guild_id}/owner" Session Json, guilds::transfer;
    GET    "/guilds/{guild_id}/permissions/self" Session Ignored, guilds::read_own_access;
    GET    "/guilds/{guild_id}/permissions/explain" Session Ignored, permissions::explain;

    GET    "/guilds/{guild_id}/members"                Session Ignored, members::list;
    POST   "/guilds/{guild_id}/members/{user_id}"      Session Refused, members::add;
    PATCH  "/guilds/{guild_id}/members/{user_id}"      Session Json, members::update;
    POST   "/guilds/{guild_id}/members/{user_id}/kick" Session Refused, members::kick;
    POST   "/guilds/{guild_id}/members/{user_id}/ban"  Session Refused, members::ban;
    GET    "/guilds/{guild_id}/bans"                   Session Ignored, members::list_bans;
    DELETE "/guilds/{guild_id}/bans/{user_id}"         Session Ignored, members::unban;
    GET    "/guilds/{guild_id}/audit"                  Session Ignored, audit::list;
    GET    "/guilds/{guild_id}/ip-bans"               Session Ignored, ip_bans::list;
    POST   "/guilds/{guild_id}/ip-bans/by-user"       Session Json, ip_bans::create;
    DELETE "/guilds/{guild_id}/ip-bans/{ban_id}"      Session Ignored, ip_bans::delete;

    GET    "/guilds/{guild_id}/roles"           Session Ignored, roles::list;
    POST   "/guilds/{guild_id}/roles"           Session Json, roles::create;
    POST   "/guilds/{guild_id}/roles/reorder"   Session Json, roles::reorder;
    POST   "/guilds/{guild_id}/roles/default"   Session Json, roles::set_default;
    PATCH  "/guilds/{guild_id}/roles/{role_id}" Session Json, roles::update;
    DELETE "/guilds/{guild_id}/roles/{role_id}" Session Ignored, roles::delete;
    POST   "/guilds/{guild_id}/roles/{role_id}/members/{user_id}" Session Refused, roles::assign;
    DELETE "/guilds/{guild_id}/roles/{role_id}/members/{user_id}" Session Ignored, roles::unassign;

    POST   "/guilds/{guild_id}/channels"              Session Json, channels::create;
    GET    "/guilds/{guild_id}/channels"              Session Ignored, channels::list;
    POST   "/guilds/{guild_id}/channels/reorder"      Session Json, channels::reorder;
    PATCH  "/guilds/{guild_id}/channels/{channel_id}" Session Json, channels::update;
    DELETE "/guilds/{guild_id}/channels/{channel_id}" Session Ignored, channels::delete;
    GET    "/guilds/{guild_id}/channels/{channel_id}/permissions/self" Session Ignored, channels::read_own_permissions;
    GET    "/guilds/{guild_id}/channels/{channel_id}/overrides"        Session Ignored, overrides::list;
    POST   "/guilds/{guild_id}/channels/{channel_id}/overrides/{role}" Session Json, overrides::set_seeded;
    POST   "/guilds/{guild_id}/channels/{channel_id}/permission-overrides/{target_kind}/{target_id}" Session Json, overrides::set_target;
    DELETE "/guilds/{guild_id}/channels/{channel_id}/permission-overrides/{target_kind}/{target_id}" Session Ignored, overrides::delete;

    POST   "/guilds/{guild_id}/channels/{channel_id}/messages"              Session Json, messages::create;
    GET    "/guilds/{guild_id}/channels/{channel_id}/messages"              Session Ignored, messages::list;
    PATCH  "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}" Session Json, messages::edit;
    DELETE "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}" Session Ignored, messages::delete;

    POST   "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}" Session Refused, reactions::add;
    DELETE "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}" Session Refused, reactions::remove;

    POST   "/guilds/{guild_id}/channels/{channel_id}/attachments" Session Attachment, attachments::upload;
    GET    "/guilds/{guild_id}/channels/{channel_id}/attachments/{attachment_id}" Session Ignored, attachments::download;
    DELETE "/guilds/{guild_id}/channels/{channel_id}/attachments/{attachment_id}" Session Ignored, attachments::delete;
    GET    "/guilds/{guild_id}/search"           Session Ignored, search::find;
    POST   "/guilds/{guild_id}/search/rebuild"   Session Refused, search::rebuild;
    POST   "/guilds/{guild_id}/search/reconcile" Session Refused, search::reconcile;

    POST   "/guilds/{guild_id}/channels/{channel_id}/voice/token" Session Json, voice::issue_token;
    POST   "/guilds/{guild_id}/channels/{channel_id}/voice/leave" Session Refused, voice::leave;
    POST   "/guilds/{guild_id}/channels/{channel_id}/voice/state" Session Json, voice::update_state;
    POST   "/livekit/webhook" MediaServer Signed, voice::hear;

    GET    "/gateway/ws"  Gateway Upgrade, crate::gateway::open;
    GET    "/gateway/sse" Gateway Ignored, crate::gateway::open_stream;
};

#[cfg(test)]
mod tests {
    use super::super::route::Table;
    use super::*;
    use crate::limits::{METRIC_HTTP_ROWS_MAX, METRIC_HTTP_TEMPLATES_MAX};
    use crate::metrics::label::MethodLabel;

    #[test]
    fn the_table_is_unambiguous() {
        Table::new(ROUTES).unwrap();
    }

    /// Proves the part of MET-3 that depends on the routes.
    #[test]
    fn the_labels_of_the_table_fit_the_metrics() {
        let mut templates: Vec<_> = ROUTES.iter().map(|route| route.template).collect();
        templates.sort_unstable();
        templates.dedup();
        // One template more and one row per method stand for what no route takes.
        assert!(templates.len() < METRIC_HTTP_TEMPLATES_MAX);
        assert!(ROUTES.len() + MethodLabel::ALL.len() <= METRIC_HTTP_ROWS_MAX);
    }

    /// Proves HTTP-1: what exists at the root only.
    #[test]
    fn all_but_three_routes_are_mirrored() {
        let rooted: Vec<_> = ROUTES.iter().filter(|route| !route.mirrored).map(|route| route.template).collect();
        assert_eq!(rooted, ["/healthz", "/readyz", "/metrics"]);
    }
}
