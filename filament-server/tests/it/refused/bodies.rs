//! The body of every REST route, spoiled in every way (HTTP-7, §0, §10.1).
//!
//! Most cases are made from one good body per route: what is not JSON is 400, what has the wrong shape is 422. Values out
//! of their bounds are 400 and stand in a list beside the route.

use serde_json::{Map, Value, json};

use crate::harness::{Answer, Cast, NOWHERE, PASSWORD, Server, User};

const PLENTY: [(&str, &str); 2] =
    [("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"), ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "1000000")];
const BAD_IDS: [&str; 4] = ["", "x", "01arz3ndektsv4rrffq69g5fav", "81ARZ3NDEKTSV4RRFFQ69G5FAV"];

/// A list of ids in good form.
fn many(count: usize) -> Value {
    Value::Array(vec![json!(NOWHERE); count])
}

/// A route with a good body, the members that may be absent, and values out of bounds.
struct Route {
    method: &'static str,
    path: String,
    good: Value,
    optional: &'static [&'static str],
    out_of_bounds: Vec<Value>,
}

fn ask(user: &User, route: &Route, body: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", user.access_token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    user.http.request(route.method, &route.path, &headers, Some(body))
}

#[track_caller]
fn refuse(user: &User, route: &Route, body: &[u8], statuses: &[u16]) {
    let answer = ask(user, route, body);
    let shown = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
    assert!(statuses.contains(&answer.status), "{} {shown}: {answer:?}, not {statuses:?}", answer.asked);
    for secret in [PASSWORD, &user.refresh_token, &user.access_token] {
        assert!(!answer.text().contains(secret), "HTTP-2, a secret in {answer:?}");
    }
    let code = if answer.status == 401 { "invalid_credentials" } else { "invalid_request" };
    assert_eq!(answer.error(), code, "{shown}");
}

/// Bodies that are not JSON, or not JSON that is read: empty, cut, with something before, behind or inside.
fn not_json(good: &Value) -> Vec<Vec<u8>> {
    let text = good.to_string();
    let inside = &text[1..];
    let deep = format!(r#"{{"deep":{}{},{inside}"#, "[".repeat(32), "]".repeat(32));
    let mut bodies: Vec<Vec<u8>> = [
        String::new(),
        " ".to_owned(),
        "{".to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{text}x"),
        format!("{text}{text}"),
        format!("{text},"),
        format!("\u{feff}{text}"),
        format!("//\n{text}"),
        text.replace('"', "'"),
        format!("{},}}", &text[..text.len() - 1]),
        format!(r#"{{"x":01,{inside}"#),
        format!(r#"{{"x":.5,{inside}"#),
        format!(r#"{{"x":NaN,{inside}"#),
        format!(r#"{{"x":True,{inside}"#),
        format!("{{\"x\":\"a\nb\",{inside}"),
        format!(r#"{{"x":"\x41",{inside}"#),
        format!(r#"{{"x":"\u12",{inside}"#),
        format!(r#"{{x:1,{inside}"#),
        deep,
        "[".repeat(60_000),
    ]
    .map(String::into_bytes)
    .into();
    for bad in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82"] {
        bodies.push([b"{\"x\":\"", bad, b"\",", inside.as_bytes()].concat());
    }
    bodies
}

/// Values of every JSON type but that of this one.
fn other_types(value: &Value) -> Vec<Value> {
    let mut types = vec![json!(null), json!(true), json!(1), json!(1.5), json!("text"), json!([1]), json!({"a": 1})];
    let same = |other: &Value| match value {
        Value::Null => other.is_null(),
        Value::Bool(_) => other.is_boolean(),
        Value::Number(_) => other.is_number(),
        Value::String(_) => other.is_string(),
        Value::Array(_) => other.is_array(),
        Value::Object(_) => other.is_object(),
    };
    types.retain(|other| !same(other));
    types
}

/// The good body with one member changed.
fn with(good: &Value, name: &str, value: Value) -> Value {
    let mut body = good.clone();
    body[name] = value;
    body
}

/// Well-formed JSON of the wrong shape, but for the types of members.
fn wrong_shapes(route: &Route) -> Vec<String> {
    let text = route.good.to_string();
    let members: &Map<String, Value> = route.good.as_object().expect("an object");
    let mut bodies = ["null", "true", "1", "\"text\"", "[]", "{}"].map(str::to_owned).to_vec();
    bodies.push(format!("[{text}]"));
    bodies.push(Value::Array(members.values().cloned().collect()).to_string());
    bodies.push(with(&route.good, "unexpected", json!(1)).to_string());
    bodies.push(with(&route.good, "", json!("")).to_string());
    bodies.push(format!(r#"{{"deep":{}{},{}"#, "[".repeat(31), "]".repeat(31), &text[1..]));
    for (name, value) in members {
        bodies.push(format!(r#"{{"{name}":{value},{}"#, &text[1..]));
        // The same name spelt with an escape is the same name.
        let escaped = format!("\\u{:04x}{}", u32::from(name.as_bytes()[0]), &name[1..]);
        bodies.push(format!(r#"{{"{escaped}":{value},{}"#, &text[1..]));
        let mut upper = members.clone();
        upper.remove(name);
        upper.insert(name.to_uppercase(), value.clone());
        bodies.push(Value::Object(upper).to_string());
        if !route.optional.contains(&name.as_str()) {
            let mut without = members.clone();
            without.remove(name);
            bodies.push(Value::Object(without).to_string());
        }
    }
    bodies
}

/// Spoils the body of a route in every way that its good body allows.
fn spoil(user: &User, route: &Route) {
    for body in not_json(&route.good) {
        refuse(user, route, &body, &[400]);
    }
    for body in wrong_shapes(route) {
        // A body without any of its optional members: the rule "at least one" is of no status.
        let statuses: &[u16] = if body == "{}" { &[400, 422] } else { &[422] };
        refuse(user, route, body.as_bytes(), statuses);
    }
    for (name, value) in route.good.as_object().expect("an object") {
        for other in other_types(value) {
            let body = with(&route.good, name, other).to_string();
            // Of a login, a bad shape of the values is 401 (§9.4).
            let statuses: &[u16] = if route.path == "/auth/login" { &[401, 422] } else { &[422] };
            refuse(user, route, body.as_bytes(), statuses);
        }
        // Half a character is no text; whether it is JSON depends on the parser.
        if value.is_string() {
            let half = route.good.to_string().replacen(&value.to_string(), r#""a\ud800b""#, 1);
            let statuses: &[u16] = if route.path.starts_with("/auth") { &[400, 401] } else { &[400, 422] };
            refuse(user, route, half.as_bytes(), statuses);
        }
    }
    for body in &route.out_of_bounds {
        refuse(user, route, body.to_string().as_bytes(), &[400]);
    }
}

/// Proves HTTP-7 for the routes of §9.4 that take a body, and that what they refuse makes no account and ends no session.
#[test]
fn spoiled_bodies_of_auth_routes_are_refused() {
    let server = Server::with_env(&PLENTY);
    let user = server.user("member");
    let account = json!({"username": "someone", "password": PASSWORD, "captcha_token": "x"});
    let post = |path: &str, good: Value, out_of_bounds: Vec<Value>| Route {
        method: "POST",
        path: path.to_owned(),
        good,
        optional: &["captcha_token"],
        out_of_bounds,
    };
    let bad_names = ["", "ab", "a b", "ä", &"a".repeat(33)].map(|name| with(&account, "username", json!(name)));
    let bad_passwords = ["", "elevenchars", &"p".repeat(129)].map(|text| with(&account, "password", json!(text)));
    let refresh = json!({"refresh_token": user.refresh_token});
    let ids = |list: Value| json!({"user_ids": list});
    let mut bad_lists: Vec<Value> = BAD_IDS.map(|id| ids(json!([id]))).into();
    bad_lists.extend([ids(json!([])), ids(many(65))]);
    let look_up = post("/users/lookup", ids(json!([user.id])), bad_lists);
    for route in [
        post("/auth/register", account.clone(), [bad_names.to_vec(), bad_passwords.to_vec()].concat()),
        post("/auth/login", account.clone(), Vec::new()),
        post("/auth/refresh", refresh.clone(), Vec::new()),
        post("/auth/logout", refresh, Vec::new()),
        look_up,
    ] {
        spoil(&user, &route);
    }
    refuse(&user, &post("/users/lookup", json!({}), Vec::new()), br#"{"user_ids":[1]}"#, &[422]);
    for body in
        [json!({"username": "someone", "password": [PASSWORD]}), json!({"username": "someone", PASSWORD: PASSWORD})]
    {
        for path in ["/auth/login", "/auth/register"] {
            refuse(&user, &post(path, json!({}), Vec::new()), body.to_string().as_bytes(), &[401, 422]);
        }
    }
    server.http().post("/auth/login", &account).refused(401, "invalid_credentials");
    user.get("/auth/me").ok();
    ask(
        &user,
        &post("/auth/refresh", json!({}), Vec::new()),
        json!({"refresh_token": user.refresh_token}).to_string().as_bytes(),
    )
    .ok();
}

fn overrides(list: &Value) -> Value {
    json!({"name": "c", "overrides": list})
}

/// Bodies that create a channel, with overrides out of shape and out of bounds.
fn bad_overrides(cast: &Cast) -> (Vec<Value>, Vec<Value>) {
    let good = json!({"target_kind": "role", "target_id": cast.member_role, "allow": [], "deny": ["create_message"]});
    let one = |name: &str, value: Value| overrides(&json!([with(&good, name, value)]));
    let mut shapes = vec![
        one("allow", json!(["fly"])),
        one("allow", json!(["CREATE_MESSAGE"])),
        one("deny", json!([256])),
        one("allow", json!(null)),
        one("target_kind", json!("channel")),
        one("target_kind", json!("Role")),
        one("target_id", json!(1)),
        one("role", json!("member")),
        overrides(&json!([[]])),
        overrides(&json!([null])),
        overrides(&json!({"0": good})),
        json!({"name": "c", "kind": "Voice"}),
        json!({"name": "c", "kind": "stage"}),
    ];
    for name in ["target_kind", "target_id", "allow", "deny"] {
        let mut without = good.clone();
        without.as_object_mut().expect("an object").remove(name);
        shapes.push(overrides(&json!([without])));
    }
    let mut bounds: Vec<Value> = BAD_IDS.map(|id| one("target_id", json!(id))).into();
    bounds.push(one("allow", json!(["create_message"])));
    bounds.push(overrides(&Value::Array(vec![good; 17])));
    (shapes, bounds)
}

/// The routes of §9.6, §9.8 and §9.9 that take a body.
fn guild_routes(cast: &Cast) -> Vec<Route> {
    let (guild, message) = (format!("/guilds/{}", cast.guild), cast.owner.say(&cast.text, "kept"));
    let route =
        |method, path: String, good, optional, out_of_bounds| Route { method, path, good, optional, out_of_bounds };
    let names = || ["", " \u{3000}", "a\u{feff}b", "a\nb", &"a".repeat(65)].map(|name| json!({"name": name})).to_vec();
    let contents = || {
        let too_long = ["a".repeat(2_001), "\u{1F30A}".repeat(1_001)];
        let mut list = ["", "a\0b"].map(str::to_owned).to_vec();
        list.extend(too_long);
        list.into_iter().map(|content| json!({"content": content})).collect::<Vec<_>>()
    };
    let attachments = |ids: Value| json!({"content": "c", "attachment_ids": ids});
    let mut messages = contents();
    messages.extend(BAD_IDS.map(|id| attachments(json!([id]))));
    messages.extend([attachments(many(6)), attachments(json!([NOWHERE]))]);
    messages.push(json!({"content": "", "attachment_ids": []}));
    let order = |ids: Value| json!({"channel_ids": ids});
    let (text, voice) = (&cast.text.id, &cast.voice.id);
    let mut orders: Vec<Value> = BAD_IDS.map(|id| order(json!([id]))).into();
    orders.extend([order(json!([])), order(json!([text, text])), order(json!([text, NOWHERE])), order(many(201))]);
    let channel = json!({"name": "c", "kind": "text", "overrides": []});
    let mut channels = names();
    channels.extend(bad_overrides(cast).1);
    vec![
        route("POST", "/guilds".to_owned(), json!({"name": "g", "visibility": "public"}), &["visibility"], names()),
        route("PATCH", guild.clone(), json!({"name": "g", "visibility": "public"}), &["name", "visibility"], names()),
        route("POST", format!("{guild}/channels"), channel, &["kind", "overrides"], channels),
        route("POST", format!("{guild}/channels/reorder"), order(json!([voice, text])), &[], orders),
        route("PATCH", cast.text.path(), json!({"name": "c"}), &[], names()),
        route("POST", cast.text.messages(), attachments(json!([])), &["attachment_ids"], messages),
        route("PATCH", cast.text.message(&message["message_id"]), json!({"content": "c"}), &[], contents()),
    ]
}

/// Everything a refused request could have changed.
fn everything(cast: &Cast) -> Vec<Value> {
    let guild = format!("/guilds/{}", cast.guild);
    [guild.clone(), format!("{guild}/channels"), "/guilds".to_owned()]
        .iter()
        .map(|path| cast.owner.get(path).ok().json())
        .chain(cast.owner.history(&cast.text, 100))
        .collect()
}

/// Proves HTTP-7, §10.1 and CMD-4's REST side for guilds, channels and messages: 400 and 422 as the table says, nothing
/// stored, no event to anybody.
#[test]
fn spoiled_bodies_of_guild_routes_are_refused_and_change_nothing() {
    let cast = Cast::on(Server::with_env(&PLENTY));
    let routes = guild_routes(&cast);
    let before = everything(&cast);
    let mut witness = cast.q.connect_to(&[&cast.text]);
    for route in &routes {
        spoil(&cast.owner, route);
    }
    let create = &routes[2];
    for body in bad_overrides(&cast).0 {
        refuse(&cast.owner, create, body.to_string().as_bytes(), &[422]);
    }
    for word in ["secret", "Public", ""] {
        let body = json!({"name": "g", "visibility": word}).to_string();
        refuse(&cast.owner, &routes[0], body.as_bytes(), &[422]);
        refuse(&cast.owner, &routes[1], body.as_bytes(), &[422]);
    }
    // A permission twice is no set (§0); the contract leaves the status between shape and value.
    let twice = json!([{"target_kind": "role", "target_id": cast.member_role,
        "allow": ["create_message", "create_message"], "deny": []}]);
    refuse(&cast.owner, create, overrides(&twice).to_string().as_bytes(), &[400, 422]);

    assert_eq!(everything(&cast), before, "nothing is stored");
    witness.nothing(&cast.q);
}
