//! What the server says about itself (§9.3): the routes against the table of endpoints, and the documents as served.

use std::path::{Path, PathBuf};

use filament_protocol::endpoint::{self, Endpoint, Location, Method, RateClass, RequestBody, State};
use filament_protocol::shape::Shape;
use filament_server::http::body::BodyKind;
use filament_server::http::route::{Access, Route, Surcharge};
use filament_server::http::routes::ROUTES;

use crate::harness::{Answer, Server};

fn find(route: &Route) -> Option<&'static Endpoint> {
    endpoint::all().find(|it| it.method.name() == route.method.as_str() && it.path == route.template)
}

/// Every route of the server is an endpoint of the contract, and is said to be served.
#[test]
fn every_route_stands_in_the_table_of_endpoints() {
    for route in ROUTES {
        let name = format!("{} {}", route.method, route.template);
        let endpoint = find(route).unwrap_or_else(|| panic!("{name} is not in filament_protocol::endpoint"));
        assert_eq!(
            endpoint.state,
            State::Served,
            "{name} is routed: add `.served()` to its row and run `cargo xtask schema`"
        );
    }
}

/// What the table calls served the server routes.
#[test]
fn every_served_endpoint_is_routed() {
    for endpoint in endpoint::all().filter(|it| it.state == State::Served) {
        let routed =
            ROUTES.iter().any(|it| it.method.as_str() == endpoint.method.name() && it.template == endpoint.path);
        assert!(routed, "{} {} is called served and has no route", endpoint.method.name(), endpoint.path);
    }
}

#[test]
fn routes_ask_for_what_the_table_says() {
    for route in ROUTES {
        let name = format!("{} {}", route.method, route.template);
        let endpoint = find(route).unwrap_or_else(|| panic!("{name} is not in filament_protocol::endpoint"));
        assert_eq!(route.mirrored, endpoint.is_mirrored, "{name}");
        let access = match endpoint.access {
            endpoint::Access::Open => Access::Open,
            endpoint::Access::MediaServer => Access::MediaServer,
            endpoint::Access::Metrics => Access::Metrics,
            endpoint::Access::Session
            | endpoint::Access::Member
            | endpoint::Access::Guild(_)
            | endpoint::Access::Channel(_)
            | endpoint::Access::Author
            | endpoint::Access::Owner => match endpoint.family {
                endpoint::Family::Gateway => Access::Gateway,
                _ => Access::Session,
            },
        };
        assert_eq!(route.access, access, "{name}");
        let rate = match route.surcharge {
            Surcharge::None => RateClass::Global,
            Surcharge::Auth(_) => RateClass::Auth,
            Surcharge::Join => RateClass::Join,
        };
        // The allowance of voice tokens is charged by their handler, which knows the channel.
        assert!(rate == endpoint.rate || endpoint.rate == RateClass::VoiceToken, "{name}: {rate:?}");
        match (route.body, endpoint.body) {
            (BodyKind::Json, RequestBody::Json(_))
            | (BodyKind::Signed, RequestBody::Foreign { .. })
            | (BodyKind::Refused, RequestBody::Refused)
            | (BodyKind::Ignored | BodyKind::Upgrade, RequestBody::None) => {}
            // How raw bytes are read is the affair of their handler.
            (_, RequestBody::Bytes { .. }) => {}
            (routed, said) => panic!("{name} takes {routed:?}, the table says {said:?}"),
        }
    }
}

fn committed(path: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn committed_names() -> Vec<String> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/v1");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// The documents a server answers are those that were committed with it, byte for byte, at both places.
#[test]
fn documents_are_served_as_committed() {
    let server = Server::start();
    let http = server.http();
    for name in committed_names() {
        let expected = committed(&format!("schema/v1/{name}"));
        let answer = http.get(&format!("/schema/v1/{name}")).ok();
        assert!(answer.body == expected, "{name} is not what was committed");
        let kind = match name.as_str() {
            "openapi.json" | "asyncapi.json" | "catalog.json" => "application/json",
            _ => "application/schema+json",
        };
        assert_eq!(answer.header("content-type"), Some(kind), "{name}");
    }
    for name in ["openapi.json", "asyncapi.json"] {
        let expected = committed(&format!("schema/v1/{name}"));
        for path in [format!("/{name}"), format!("/api/{name}"), format!("/api/schema/v1/{name}")] {
            let answer = http.get(&path).ok();
            assert!(answer.body == expected, "{path}");
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
}

#[test]
fn an_unchanged_document_is_not_sent_again() {
    let server = Server::start();
    let http = server.http();
    let ask = |path: &str, tag: &str| -> Answer { http.request("GET", path, &[("if-none-match", tag)], None) };
    let first = http.get("/openapi.json").ok();
    let tag = first.header("etag").expect("an entity tag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{tag}: a strong tag");
    assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = ask("/openapi.json", &known).is(304);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        assert_eq!(again.header("cache-control"), Some("public, max-age=300"));
    }
    assert_eq!(ask("/openapi.json", "\"other\"").ok().body, first.body);
    assert_eq!(ask("/asyncapi.json", &tag).ok().header("etag").map(|other| other == tag), Some(false));
    let head = http.request("HEAD", "/openapi.json", &[], None).ok();
    assert!(head.body.is_empty());
    assert_eq!(head.header("etag"), Some(tag.as_str()));
}

#[test]
fn what_is_no_document_is_not_found() {
    let server = Server::start();
    let http = server.http();
    for path in [
        "/schema/v1/event.dance.json",
        "/schema/v1/EVENT.ready.json",
        "/schema/v1/event.ready",
        "/schema/v1/%2e%2e",
        "/schema/v1/..%2fpublished-v1.json",
        "/schema/v1/",
        "/schema/v1",
        "/schema/v2/event.ready.json",
        "/schema/v1/event.ready.json/",
    ] {
        http.get(path).refused(404, "not_found");
    }
    http.get("/schema/v1/%ff").refused(400, "invalid_request");
    http.post("/openapi.json", &serde_json::json!({})).refused(405, "method_not_allowed");
}

/// Members of the query and header fields of the table have names a request can carry.
#[test]
fn parameters_of_the_table_can_be_sent() {
    for endpoint in endpoint::all() {
        for parameter in endpoint.parameters() {
            let name = format!("{}: {}", endpoint.operation, parameter.name);
            assert!(!parameter.name.is_empty() && parameter.name.is_ascii(), "{name}");
            assert!(parameter.location != Location::Path || parameter.is_required, "{name}");
            match parameter.shape {
                Shape::Integer(it) => {
                    assert!(parameter.default.is_none_or(|default| (it.min..=it.max).contains(&default)), "{name}");
                }
                Shape::Text(_) | Shape::Words(_) => assert!(parameter.default.is_none(), "{name}"),
                other => panic!("{name} is no text: {other:?}"),
            }
        }
        assert!(endpoint.method != Method::Get || matches!(endpoint.body, RequestBody::None), "{}", endpoint.operation);
    }
}
