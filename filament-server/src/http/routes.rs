//! The table of all routes: method, template, who may call, what happens to the body, what it costs, what runs.
//!
//! Every route exists at the root and under `/api`; those marked `root` at the root only (HTTP-1).

use super::route::{Route, Surcharge};
use super::{auth, channels, guilds, messages, reactions, system, users};
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

    POST   "/auth/register" Open    Json + Surcharge::Auth(AuthRoute::Register), auth::register;
    POST   "/auth/login"    Open    Json + Surcharge::Auth(AuthRoute::Login), auth::login;
    POST   "/auth/refresh"  Open    Json + Surcharge::Auth(AuthRoute::Refresh), auth::refresh;
    POST   "/auth/logout"   Open    Json, auth::logout;
    GET    "/auth/me"       Session Ignored, auth::me;

    POST   "/users/lookup"            Session Json, users::look_up;
    GET    "/users/{user_id}/profile" Session Ignored, users::read_profile;

    POST   "/guilds"                  Session Json, guilds::create;
    GET    "/guilds"                  Session Ignored, guilds::list;
    GET    "/guilds/public"           Session Ignored, guilds::list_public;
    GET    "/guilds/{guild_id}"       Session Ignored, guilds::read;
    PATCH  "/guilds/{guild_id}"       Session Json, guilds::update;
    POST   "/guilds/{guild_id}/join"  Session Refused + Surcharge::Join, guilds::join;
    POST   "/guilds/{guild_id}/leave" Session Refused, guilds::leave;
    GET    "/guilds/{guild_id}/permissions/self" Session Ignored, guilds::read_own_access;

    POST   "/guilds/{guild_id}/channels"              Session Json, channels::create;
    GET    "/guilds/{guild_id}/channels"              Session Ignored, channels::list;
    POST   "/guilds/{guild_id}/channels/reorder"      Session Json, channels::reorder;
    PATCH  "/guilds/{guild_id}/channels/{channel_id}" Session Json, channels::update;
    DELETE "/guilds/{guild_id}/channels/{channel_id}" Session Ignored, channels::delete;
    GET    "/guilds/{guild_id}/channels/{channel_id}/permissions/self" Session Ignored, channels::read_own_permissions;

    POST   "/guilds/{guild_id}/channels/{channel_id}/messages"              Session Json, messages::create;
    GET    "/guilds/{guild_id}/channels/{channel_id}/messages"              Session Ignored, messages::list;
    PATCH  "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}" Session Json, messages::edit;
    DELETE "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}" Session Ignored, messages::delete;

    POST   "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}" Session Refused, reactions::add;
    DELETE "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}" Session Refused, reactions::remove;

    GET    "/gateway/ws" Gateway Upgrade, crate::gateway::open;
};

#[cfg(test)]
mod tests {
    use super::super::route::Table;
    use super::*;
    use crate::limits::{METRIC_HTTP_ROWS_MAX, METRIC_HTTP_TEMPLATES_MAX};

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
        assert!(templates.len() < METRIC_HTTP_TEMPLATES_MAX);
        assert!(ROUTES.len() + templates.len() < METRIC_HTTP_ROWS_MAX);
    }

    /// Proves HTTP-1: what exists at the root only.
    #[test]
    fn all_but_three_routes_are_mirrored() {
        let rooted: Vec<_> = ROUTES.iter().filter(|route| !route.mirrored).map(|route| route.template).collect();
        assert_eq!(rooted, ["/healthz", "/readyz", "/metrics"]);
    }
}
