//! The table of endpoints against the contract, and against the rest of the crate.

use std::collections::{BTreeMap, BTreeSet};

use filament_protocol::EventKind;
use filament_protocol::endpoint::{self, Content, Endpoint, Method, RequestBody};
use filament_protocol::shape::Shape;

use super::{document, rows, text};

/// What stands for what in the short paths of §9.
const SHORT: &[(&str, &str)] =
    &[("…/channels/{c}/", "/guilds/{g}/channels/{c}/"), ("…/messages/", "/guilds/{g}/channels/{c}/messages/")];

/// Names of parameters in full.
const NAMES: &[(&str, &str)] = &[
    ("/friends/requests/{id}", "/friends/requests/{request_id}"),
    ("{g}", "{guild_id}"),
    ("{c}", "{channel_id}"),
    ("{m}", "{message_id}"),
    ("{a}", "{attachment_id}"),
    ("{u}", "{user_id}"),
    ("{r}", "{role_id}"),
];

/// Reads the first cells of the tables of §9.3 to §9.11: methods and a path, sometimes two of either.
fn routes_of_the_contract() -> BTreeSet<(String, String)> {
    let contract = text("docs/CONTRACT.md");
    let mut routes = BTreeSet::new();
    for row in rows(&contract, "### 9.3 ", "### 9.12 ") {
        let mut methods = Vec::new();
        let mut last = String::new();
        for code in row[0].split('`').skip(1).step_by(2) {
            let (words, path) = match code.rsplit_once(' ') {
                Some((words, path)) => (words, path),
                None if code.starts_with('…') => ("", code),
                None => (code, ""),
            };
            if !words.is_empty() {
                methods.push(words.to_owned());
            }
            if path.is_empty() {
                continue;
            }
            // `…/banner` beside `/users/{u}/avatar`: another last segment.
            let path = match path.strip_prefix('…') {
                Some(rest) if rest.matches('/').count() == 1 && !last.is_empty() => {
                    format!("{}{rest}", last.rsplit_once('/').unwrap().0)
                }
                _ => path.to_owned(),
            };
            let path = full(path.split('?').next().unwrap());
            for method in &methods {
                routes.insert((method.clone(), path.clone()));
            }
            last = path;
        }
    }
    routes.insert(("GET".to_owned(), "/gateway/ws".to_owned()));
    routes.insert(("GET".to_owned(), "/gateway/sse".to_owned()));
    routes
}

fn full(path: &str) -> String {
    let mut path = path.to_owned();
    for (short, long) in SHORT.iter().chain(NAMES) {
        path = path.replace(short, long);
    }
    path
}

fn name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method.name(), endpoint.path)
}

#[test]
fn the_table_holds_exactly_the_endpoints_of_the_contract() {
    let contract = routes_of_the_contract();
    assert!(contract.len() > 80, "{contract:#?}");
    let table: BTreeSet<(String, String)> =
        endpoint::all().map(|it| (it.method.name().to_owned(), it.path.to_owned())).collect();
    assert_eq!(table.difference(&contract).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "not in the contract");
    assert_eq!(contract.difference(&table).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "not in the table");
    assert_eq!(endpoint::all().count(), table.len(), "a row stands twice");
}

#[test]
fn each_row_is_complete_and_of_the_right_family() {
    let mut operations = BTreeSet::new();
    for endpoint in endpoint::all() {
        let name = name(endpoint);
        assert!(operations.insert(endpoint.operation), "{name}: {} stands twice", endpoint.operation);
        assert!(endpoint.family.endpoints().iter().any(|it| it.operation == endpoint.operation), "{name}");
        assert!(endpoint.summary.ends_with('.') && !endpoint.section.is_empty(), "{name}");
        assert!(!endpoint.answers.is_empty(), "{name}");
        let braces = endpoint.path.matches('{').count();
        assert_eq!(endpoint.path_parameters().count(), braces, "{name}: a parameter of the path is unknown");
        assert_eq!(endpoint::find(endpoint.method, endpoint.path).unwrap().operation, endpoint.operation);
    }
}

#[test]
fn what_endpoints_cause_are_events() {
    for endpoint in endpoint::all() {
        for effect in endpoint.effects {
            assert!(EventKind::from_name(effect.event).is_some(), "{}: {}", name(endpoint), effect.event);
        }
        if endpoint.method == Method::Get {
            assert!(endpoint.effects.is_empty(), "{} only reads", name(endpoint));
        }
    }
}

/// Each durable event but those of the connection is caused by some endpoint (EMI-6 seen from the other side).
#[test]
fn every_durable_event_has_an_endpoint_that_causes_it() {
    let caused: BTreeSet<&str> = endpoint::all().flat_map(|it| it.effects).map(|effect| effect.event).collect();
    for kind in EventKind::ALL.iter().filter(|kind| kind.class().name() == "durable") {
        assert!(caused.contains(kind.name()), "nothing causes {kind}");
    }
}

#[test]
fn bodies_and_answers_are_used_and_defined() {
    let mut used: BTreeMap<&str, bool> = BTreeMap::new();
    for endpoint in endpoint::all() {
        if let RequestBody::Json(body) = endpoint.body {
            used.insert(body, true);
        }
        for answer in endpoint.answers {
            if let Content::Json(name) = answer.content {
                assert_ne!(used.insert(name, false), Some(true), "{name} is a body and an answer");
            }
        }
    }
    used.insert("ErrorBody", false);
    let names = super::schema_names();
    for file in names.iter().filter(|name| name.starts_with("body.") || name.starts_with("answer.")) {
        let schema = document(file);
        let title = schema["title"].as_str().unwrap();
        assert_eq!(used.get(title).copied(), Some(file.starts_with("body.")), "{file} belongs to no endpoint");
    }
    let openapi = document("openapi.json");
    for name in used.keys() {
        assert!(openapi["components"]["schemas"].get(name).is_some(), "{name} is not defined");
    }
}

/// The default of a page is one of its possible limits, and the greatest limit that of the query's type.
#[test]
fn pages_have_the_limits_of_their_queries() {
    let mut paged = 0;
    for endpoint in endpoint::all() {
        let limit = endpoint.parameters().into_iter().find(|parameter| parameter.name == "limit");
        assert_eq!(limit.is_some(), endpoint.page.is_some(), "{}", name(endpoint));
        let (Some(limit), Some(page)) = (limit, endpoint.page) else { continue };
        let Shape::Integer(it) = limit.shape else { panic!("{}", name(endpoint)) };
        assert_eq!((it.min, it.max), (1, page.max.into()), "{}", name(endpoint));
        assert_eq!(limit.default, Some(page.default.into()), "{}", name(endpoint));
        paged += 1;
    }
    assert_eq!(paged, 7, "§16.2 names seven");
}

/// Proves HTTP-1: what exists at the root only.
#[test]
fn three_endpoints_exist_at_the_root_only() {
    let rooted: Vec<&str> = endpoint::all().filter(|it| !it.is_mirrored).map(|it| it.path).collect();
    assert_eq!(rooted, ["/healthz", "/readyz", "/metrics"]);
}

/// Proves HTTP-10: where unknown members of the query are refused.
#[test]
fn the_query_is_closed_where_the_contract_closes_it() {
    let closed: Vec<&str> = endpoint::all().filter(|it| it.is_query_closed).map(|it| it.operation).collect();
    assert_eq!(
        closed,
        ["list_members", "list_bans", "list_audit", "explain_permission", "upload_attachment", "list_ip_bans"]
    );
}

/// Proves the marks **IPB** of §9.
#[test]
fn a_ban_by_address_gates_what_the_contract_marks() {
    let contract = text("docs/CONTRACT.md");
    let mut marked = BTreeSet::new();
    for row in rows(&contract, "### 9.3 ", "### 9.12 ").into_iter().filter(|row| row[0].contains("**IPB**")) {
        let codes: Vec<&str> = row[0].split('`').skip(1).step_by(2).collect();
        let (_, path) = codes.last().unwrap().rsplit_once(' ').unwrap_or(("", codes.last().unwrap()));
        let path = full(path.split('?').next().unwrap());
        for code in codes {
            let method = code.split(' ').next().unwrap();
            marked.insert(format!("{method} {path}"));
        }
    }
    let gated: BTreeSet<String> = endpoint::all().filter(|it| it.is_ip_gated).map(name).collect();
    assert_eq!(gated, marked);
}

/// Which row of §4.12 an operation belongs to, by how the row begins.
const MUTATIONS: &[(&str, &[&str])] = &[
    ("message create", &["create_message"]),
    ("reaction add / remove", &["add_reaction", "remove_reaction"]),
    ("guild create", &["create_guild"]),
    ("guild patch", &["update_guild"]),
    ("guild delete", &["delete_guild"]),
    ("ownership transfer", &["transfer_guild"]),
    ("join / add member", &["join_guild", "add_member"]),
    ("leave", &["leave_guild"]),
    ("kick", &["kick_member"]),
    ("ban, of a member", &["ban_user"]),
    ("legacy role of a member", &["set_legacy_role"]),
    ("default join role", &["set_default_role"]),
    ("override set / delete", &["set_override", "set_seeded_role_override", "delete_override"]),
    ("channel create", &["create_channel"]),
    ("channel delete", &["delete_channel"]),
    ("IP ban add / remove", &["ban_addresses_of_user"]),
];

/// The events that a row names, in its order; notices that stand there by number are the events they are.
fn named_events(cell: &str) -> Vec<&'static str> {
    let words = cell.split(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '_' | '-'));
    words
        .filter_map(|word| match word {
            "CMP-1" | "CMP-4" => Some("workspace_channel_role_override_update"),
            "CMP-5" => Some("channel_create"),
            word => EventKind::from_name(word).map(EventKind::name),
        })
        .collect()
}

/// Proves that the mapping from endpoints to events is that of §4.12, where a row is about endpoints one by one.
#[test]
fn endpoints_cause_what_the_contract_says_in_its_order() {
    let contract = text("docs/CONTRACT.md");
    let mutations = rows(&contract, "### 4.12 ", "## 5. ");
    for (begins, operations) in MUTATIONS {
        let row = mutations.iter().find(|row| row[0].starts_with(begins)).unwrap_or_else(|| panic!("no row {begins}"));
        for operation in *operations {
            let endpoint = endpoint::all().find(|it| it.operation == *operation).unwrap();
            let said: Vec<&str> = endpoint.effects.iter().map(|effect| effect.event).collect();
            assert_eq!(said, named_events(&row[1]), "{operation}: {}", row[1]);
        }
    }
}
