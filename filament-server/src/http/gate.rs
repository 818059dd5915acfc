//! Who is let through to a route: client address, allowances, tokens, in the order of HTTP-8.
//!
//! The token is read before the allowance is charged, since its user is who pays (HTTP-17), but a missing token is only
//! refused after it: guesses cost their address.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Instant;

use filament_core::Actor;
use filament_protocol::{ChannelId, UserId};
use http::request::Parts;
use http::{HeaderMap, header};

use super::error::ApiError;
use super::query::Query;
use super::route::{Access, Route, Surcharge};
use crate::address::AddressBlock;
use crate::app::App;
use crate::metrics::label::{RateReason, RateSurface};
use crate::rate::{Limited, Payer};

/// Returns the address of the client behind trusted proxies (HTTP-18).
#[must_use]
pub fn client_address(app: &App, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().map(http::HeaderValue::as_bytes);
    app.config.trusted_proxy_cidrs.client(peer, forwarded)
}

/// Returns the token of `Authorization: Bearer <token>`: scheme in any case, one space (HTTP-5).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let is_one_word = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && is_one_word).then_some(token)
}

/// Returns the token of a gateway request: the first source that is present decides, even if what it holds is no token
/// (GW-2).
#[must_use]
pub fn gateway_token<'a>(headers: &'a HeaderMap, query: Query<'a>) -> Option<Cow<'a, str>> {
    if headers.contains_key(header::AUTHORIZATION) {
        return bearer(headers).map(Cow::Borrowed);
    }
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut entries = offered.flat_map(|value| value.split(',')).map(|entry| entry.trim_matches([' ', '\t']));
    if let Some(token) = entries.find_map(|entry| entry.strip_prefix("bearer.")) {
        return Some(Cow::Borrowed(token));
    }
    query.text("access_token").ok().flatten()
}

/// Charges the request and returns who asks, if a route asks for that.
///
/// # Errors
/// 429 when an allowance is used up, 401 when the route wants a token and there is no valid one.
pub fn admit(app: &App, route: &Route, address: IpAddr, parts: &Parts) -> Result<Option<Actor>, ApiError> {
    let headers = &parts.headers;
    let token = match route.access {
        Access::Open | Access::Session => bearer(headers).map(Cow::Borrowed),
        Access::Gateway => gateway_token(headers, Query::new(parts.uri.query())),
        Access::Metrics | Access::MediaServer => None,
    };
    let actor = token.and_then(|token| app.authenticate(&token, address));
    let block = AddressBlock::from(address);
    if route.access == Access::MediaServer {
        return Ok(None); // charged by the handler if it is not the media server (VOI-30)
    }
    charge(app, route.surcharge, block, actor)?;
    match route.access {
        Access::Open | Access::MediaServer => Ok(actor),
        Access::Session | Access::Gateway if actor.is_none() => Err(ApiError::unauthorized()),
        Access::Session | Access::Gateway => Ok(actor),
        Access::Metrics if opens_metrics(app, headers) => Ok(None),
        Access::Metrics => Err(ApiError::unauthorized()),
    }
}

fn charge(app: &App, surcharge: Surcharge, block: AddressBlock, actor: Option<Actor>) -> Result<(), ApiError> {
    let now = Instant::now();
    let payer = actor.map_or(Payer::Address(block), |actor| Payer::User(actor.user_id));
    app.rates.request(payer, now).map_err(|limited| refusal(app, limited, RateReason::Global))?;
    match (surcharge, actor) {
        (Surcharge::Auth(route), _) => {
            app.rates.auth_route(route, block, now).map_err(|limited| refusal(app, limited, RateReason::AuthRoute))
        }
        (Surcharge::Join, Some(actor)) => {
            app.rates.join(actor.user_id, block, now).map_err(|limited| refusal(app, limited, RateReason::Join))
        }
        (Surcharge::None, _) | (Surcharge::Join, None) => Ok(()),
    }
}

/// Charges a voice token of a user in a channel (§12.2).
///
/// # Errors
/// 429.
pub fn charge_voice_token(app: &App, user_id: UserId, channel_id: ChannelId) -> Result<(), ApiError> {
    let charged = app.rates.voice_token(user_id, channel_id, Instant::now());
    charged.map_err(|limited| refusal(app, limited, RateReason::VoiceToken))
}

/// Charges a voice token with camera or screen.
///
/// # Errors
/// 429.
pub fn charge_publish(app: &App, user_id: UserId, channel_id: ChannelId) -> Result<(), ApiError> {
    let charged = app.rates.voice_publish(user_id, channel_id, Instant::now());
    charged.map_err(|limited| refusal(app, limited, RateReason::VoiceToken))
}

/// Charges a request to the address it came from.
///
/// # Errors
/// 429.
pub fn charge_address(app: &App, address: IpAddr) -> Result<(), ApiError> {
    charge(app, Surcharge::None, AddressBlock::from(address), None)
}

fn refusal(app: &App, limited: Limited, reason: RateReason) -> ApiError {
    app.metrics.rate_limit_hits.increment((RateSurface::Http, reason));
    ApiError::rate_limited(limited.retry_after_secs())
}

fn opens_metrics(app: &App, headers: &HeaderMap) -> bool {
    app.config
        .metrics_token
        .as_ref()
        .is_none_or(|expected| bearer(headers).is_some_and(|token| expected.matches(token.as_bytes())))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Proves the forms of HTTP-5.
    #[test]
    fn a_bearer_token_is_read_from_one_header_of_the_exact_form() {
        for (value, expected) in [
            ("Bearer abc.def", Some("abc.def")),
            ("bearer abc", Some("abc")),
            ("BEARER abc", Some("abc")),
            ("Bearer  abc", None),
            ("Bearer abc def", None),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(bearer(&headers), expected, "{value:?}");
            headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer other"));
            assert_eq!(bearer(&headers), None, "{value:?} and another");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    /// Proves the order of GW-2.
    #[test]
    fn the_first_token_source_of_a_gateway_request_decides() {
        const PROTOCOL: &str = "sec-websocket-protocol";
        type Row = (&'static [(&'static str, &'static str)], Option<&'static str>, Option<&'static str>);
        let table: &[Row] = &[
            (&[], None, None),
            (&[], Some("access_token=q"), Some("q")),
            (&[], Some("x=1&access_token=a%2Bb"), Some("a+b")),
            (&[(PROTOCOL, "filament.v1, bearer.p")], Some("access_token=q"), Some("p")),
            (&[(PROTOCOL, "filament.v1"), (PROTOCOL, "bearer.p")], Some("access_token=q"), Some("p")),
            (&[(PROTOCOL, "filament.v1")], Some("access_token=q"), Some("q")),
            (&[("authorization", "Bearer h"), (PROTOCOL, "bearer.p")], Some("access_token=q"), Some("h")),
            (&[("authorization", "Basic h"), (PROTOCOL, "bearer.p")], Some("access_token=q"), None),
        ];
        for (fields, query, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in *fields {
                headers.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(gateway_token(&headers, Query::new(*query)).as_deref(), *expected, "{fields:?} {query:?}");
        }
    }
}
