//! The routes of the server, each through its whole way: socket, pipeline, handler, engine, store.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{Client, Raw, start};
use crate::http::routes::ROUTES;
use crate::server::Running;

const PASSWORD: &str = "correct horse battery";

/// A user with a connection and a session.
struct Person {
    client: Client,
    access_token: String,
    refresh_token: String,
}

impl Person {
    async fn arrive(running: &Running) -> Self {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        let name = format!("person_{}", NAMES.fetch_add(1, Ordering::Relaxed));
        let mut client = Client::connect(running).await;
        let credentials = json!({"username": name, "password": PASSWORD});
        let answer = client.call(request("POST", "/auth/register", None, Some(&credentials))).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"accepted":true}"#));
        let answer = client.call(request("POST", "/auth/login", None, Some(&credentials))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let (access_token, refresh_token) = tokens(&answer);
        Self { client, access_token, refresh_token }
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Raw {
        self.client.call(request(method, path, Some(&self.access_token), body.as_ref())).await
    }

    async fn get(&mut self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        let answer = self.call("POST", path, Some(body)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn guild(&mut self, visibility: &str) -> String {
        let guild = self.post("/guilds", json!({"name": " Harbour ", "visibility": visibility})).await;
        assert_eq!(guild["name"], "Harbour");
        format!("/guilds/{}", guild["guild_id"].as_str().unwrap())
    }

    async fn channel(&mut self, guild: &str) -> String {
        let channel = self.post(&format!("{guild}/channels"), json!({"name": "quay"})).await;
        assert_eq!(channel["kind"], "text");
        format!("{guild}/channels/{}", channel["channel_id"].as_str().unwrap())
    }
}

fn request(method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> String {
    let token = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
    let body = body.map_or_else(String::new, Value::to_string);
    let content_type = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    format!("{method} {path} HTTP/1.1\r\nhost: a\r\n{token}{content_type}content-length: {}\r\n\r\n{body}", body.len())
}

fn tokens(answer: &Raw) -> (String, String) {
    let body = answer.json();
    assert_eq!(body["expires_in_secs"], 900);
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Proves the answers of §9.4 for accounts and sessions, AUT-12 and AUT-26.
#[tokio::test]
async fn a_session_is_opened_refreshed_and_ended() {
    let running = start(ROUTES, |_| {}).await;
    let mut ada = Person::arrive(&running).await;
    let me = ada.get("/auth/me").await;
    assert_eq!(me["username"], ada.get("/api/auth/me").await["username"]);
    assert_eq!(me["about_markdown_tokens"], json!([]));
    let me_id = me["user_id"].clone();
    assert_eq!(ada.get(&format!("/users/{}/profile", me_id.as_str().unwrap())).await, me);

    let refresh = json!({"refresh_token": ada.refresh_token});
    let answer = ada.client.call(request("POST", "/auth/refresh", None, Some(&refresh))).await;
    let (access_token, rotated) = tokens(&answer);
    assert_ne!(rotated, ada.refresh_token);
    // A second tab with the same token gets the current one again (AUT-22).
    let answer = ada.client.call(request("POST", "/auth/refresh", None, Some(&refresh))).await;
    assert_eq!(tokens(&answer).1, rotated);

    let logout = json!({"refresh_token": rotated});
    let answer = ada.client.call(request("POST", "/auth/logout", None, Some(&logout))).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    for token in [&ada.access_token, &access_token] {
        ada.client.call(request("GET", "/auth/me", Some(token), None)).await.assert_refusal(401, "invalid_credentials");
    }
    for path in ["/auth/logout", "/auth/refresh"] {
        ada.client.call(request("POST", path, None, Some(&logout))).await.assert_refusal(401, "invalid_credentials");
    }
}

/// Proves the statuses of `/auth/…` in §9.4 and AUT-24.
#[tokio::test]
async fn wrong_credentials_and_wrong_bodies_are_told_apart() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    let table = [
        ("/auth/register", json!({"username": "ab", "password": PASSWORD}), 400, "invalid_request"),
        ("/auth/register", json!({"username": "abc", "password": "short"}), 400, "invalid_request"),
        ("/auth/register", json!({"username": "abc"}), 422, "invalid_request"),
        ("/auth/register", json!({"username": "abc", "password": PASSWORD, "more": 1}), 422, "invalid_request"),
        ("/auth/register", json!({"username": "ab", "password": PASSWORD, "more": 1}), 422, "invalid_request"),
        ("/auth/login", json!({"username": "nobody_here", "password": PASSWORD}), 401, "invalid_credentials"),
        ("/auth/login", json!({"username": "é", "password": ""}), 401, "invalid_credentials"),
        ("/auth/login", json!({"username": 1, "password": ""}), 422, "invalid_request"),
        ("/auth/refresh", json!({"refresh_token": "x"}), 401, "invalid_credentials"),
        ("/auth/refresh", json!({"refresh_token": ""}), 401, "invalid_credentials"),
        ("/auth/refresh", json!({"refresh_token": null}), 422, "invalid_request"),
        ("/auth/logout", json!([]), 422, "invalid_request"),
    ];
    for (path, body, status, code) in table {
        client.call(request("POST", path, None, Some(&body))).await.assert_refusal(status, code);
    }
    client.call(super::post("/auth/login", "application/json", "{")).await.assert_refusal(400, "invalid_request");
    client.call(super::post("/auth/login", "application/json", "")).await.assert_refusal(400, "invalid_request");
}

/// Proves the answers of §9.6 for guilds.
#[tokio::test]
async fn guilds_are_created_found_joined_and_left() {
    let running = start(ROUTES, |_| {}).await;
    let (mut ada, mut ben) = (Person::arrive(&running).await, Person::arrive(&running).await);
    let private = ada.guild("private").await;
    let public = ada.guild("public").await;
    assert_eq!(ada.get("/guilds").await["guilds"].as_array().unwrap().len(), 2);
    assert_eq!(ben.get("/guilds").await, json!({"guilds": []}));
    let found = ben.get("/guilds/public?q=harB&limit=50").await;
    assert_eq!(found["guilds"].as_array().unwrap().len(), 1);
    assert_eq!(ben.get("/guilds/public?q=none").await, json!({"guilds": []}));
    for query in ["limit=0", "limit=51", "limit=x", &format!("q={}", "x".repeat(65))] {
        let answer = ben.call("GET", &format!("/guilds/public?{query}"), None).await;
        answer.assert_refusal(400, "invalid_request");
    }

    ben.call("GET", &public, None).await.assert_refusal(403, "forbidden");
    ben.call("POST", &format!("{private}/join"), None).await.assert_refusal(404, "not_found");
    for outcome in ["accepted", "already_member"] {
        let answer = ben.call("POST", &format!("{public}/join"), None).await;
        assert_eq!(answer.json()["outcome"], outcome);
    }
    let details = ben.get(&public).await;
    assert_eq!(details["member_count"], 2);
    assert_eq!(details["owner_user_id"], ada.get("/auth/me").await["user_id"]);
    assert!(details.as_object().unwrap().contains_key("default_join_role_id"));

    ben.call("PATCH", &public, Some(json!({"name": "Mine"}))).await.assert_refusal(403, "forbidden");
    ada.call("PATCH", &public, Some(json!({}))).await.assert_refusal(400, "invalid_request");
    let renamed = ada.call("PATCH", &public, Some(json!({"name": "Pier"}))).await;
    assert_eq!(renamed.json()["name"], "Pier");
    ada.call("PATCH", "/guilds/none", Some(json!({"name": "x"}))).await.assert_refusal(400, "invalid_request");

    ada.call("POST", &format!("{public}/leave"), None).await.assert_refusal(409, "owner_must_transfer");
    let answer = ben.call("POST", &format!("{public}/leave"), None).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    ben.call("GET", &public, None).await.assert_refusal(403, "forbidden");
    ben.call("POST", &format!("{public}/leave"), Some(json!({}))).await.assert_refusal(400, "invalid_request");
}

/// Proves the answers of §9.8 for channels.
#[tokio::test]
async fn channels_are_created_listed_ordered_and_deleted() {
    let running = start(ROUTES, |_| {}).await;
    let (mut ada, mut ben) = (Person::arrive(&running).await, Person::arrive(&running).await);
    let guild = ada.guild("public").await;
    let first = ada.channel(&guild).await;
    let second = ada.channel(&guild).await;
    ben.call("POST", &format!("{guild}/join"), None).await;

    let listed = ben.get(&format!("{guild}/channels")).await;
    let channels = listed["channels"].as_array().unwrap();
    assert_eq!(channels.iter().map(|channel| &channel["position"]).collect::<Vec<_>>(), [0, 1]);
    assert!(channels.iter().all(|channel| !channel.as_object().unwrap().contains_key("visible")));
    ben.call("GET", &format!("{guild}/channels?include=manageable"), None).await.assert_refusal(403, "forbidden");
    ada.call("GET", &format!("{guild}/channels?include=all"), None).await.assert_refusal(400, "invalid_request");
    let manageable = ada.get(&format!("{guild}/channels?include=manageable")).await;
    assert_eq!(manageable["channels"][0]["visible"], true);

    ben.call("POST", &format!("{guild}/channels"), Some(json!({"name": "x"}))).await.assert_refusal(403, "forbidden");
    for name in ["", " \u{feff} ", "a\u{feff}b", &"x".repeat(65)] {
        let answer = ada.call("POST", &format!("{guild}/channels"), Some(json!({"name": name}))).await;
        answer.assert_refusal(400, "invalid_request");
    }
    let renamed = ada.call("PATCH", &first, Some(json!({"name": "mole"}))).await;
    assert_eq!(renamed.json()["name"], "mole");
    let ids: Vec<_> = [&second, &first].iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    let answer = ada.call("POST", &format!("{guild}/channels/reorder"), Some(json!({"channel_ids": ids}))).await;
    assert_eq!(answer.body, r#"{"accepted":true}"#);
    assert_eq!(ada.get(&format!("{guild}/channels")).await["channels"][0]["channel_id"], ids[0]);

    let own = ben.get(&format!("{first}/permissions/self")).await;
    assert_eq!(own["role"], "member");
    assert!(own["permissions"].as_array().unwrap().contains(&json!("create_message")));
    let access = ben.get(&format!("{guild}/permissions/self")).await;
    assert_eq!((&access["role"], &access["access_rev"]), (&json!("member"), &json!(1)));
    let seen = access["channels"].as_array().unwrap();
    assert_eq!(seen.iter().map(|channel| &channel["channel_id"]).collect::<Vec<_>>(), ids);
    assert_eq!(seen.iter().map(|channel| &channel["position"]).collect::<Vec<_>>(), [0, 1]);
    let mut cy = Person::arrive(&running).await;
    cy.call("GET", &format!("{guild}/permissions/self"), None).await.assert_refusal(403, "forbidden");
    ben.call("DELETE", &first, None).await.assert_refusal(403, "forbidden");
    let answer = ada.call("DELETE", &first, None).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    ada.call("DELETE", &first, None).await.assert_refusal(404, "not_found");
    ada.call("GET", &format!("{first}/permissions/self"), None).await.assert_refusal(404, "not_found");
}

/// Proves the answers of §9.9 for messages and reactions.
#[tokio::test]
async fn messages_are_posted_listed_edited_reacted_to_and_deleted() {
    let running = start(ROUTES, |_| {}).await;
    let mut ada = Person::arrive(&running).await;
    let guild = ada.guild("private").await;
    let channel = ada.channel(&guild).await;
    let messages = format!("{channel}/messages");
    let posted = ada.post(&messages, json!({"content": "land **ho**"})).await;
    assert_eq!(posted["content"], "land **ho**");
    assert!(!posted.as_object().unwrap().contains_key("edited_at_unix"));
    let message = format!("{messages}/{}", posted["message_id"].as_str().unwrap());

    for body in [json!({"content": ""}), json!({"content": "x".repeat(2_001)}), json!({"content": "a\u{0}b"})] {
        ada.call("POST", &messages, Some(body)).await.assert_refusal(400, "invalid_request");
    }
    let edited = ada.call("PATCH", &message, Some(json!({"content": "land"}))).await.json();
    assert_eq!((&edited["content"], &edited["created_at_unix"]), (&json!("land"), &posted["created_at_unix"]));

    let reaction = format!("{message}/reactions/%F0%9F%91%8D");
    assert_eq!(ada.call("POST", &reaction, None).await.json()["emoji"], "👍");
    assert_eq!(ada.get(&messages).await["messages"][0]["reactions"][0]["count"], 1);
    assert_eq!(ada.call("DELETE", &reaction, None).await.json()["count"], 0);
    for emoji in ["%20", "%ff", "a%00", &"x".repeat(33)] {
        let answer = ada.call("POST", &format!("{message}/reactions/{emoji}"), None).await;
        answer.assert_refusal(400, "invalid_request");
    }

    let answer = ada.call("DELETE", &message, None).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    ada.call("DELETE", &message, None).await.assert_refusal(404, "not_found");
    assert_eq!(ada.get(&messages).await, json!({"messages": [], "next_before": null}));
}

/// Proves HTTP-3 and HTTP-15 for history: pages are cut by bytes and the walk visits each message once.
#[tokio::test]
async fn history_is_walked_in_pages_within_the_bound() {
    let running = start(ROUTES, |_| {}).await;
    let mut ada = Person::arrive(&running).await;
    let guild = ada.guild("private").await;
    let messages = format!("{}/messages", ada.channel(&guild).await);
    let content = "\u{1}".repeat(2_000);
    let mut posted = Vec::new();
    for _ in 0..12 {
        posted.push(ada.post(&messages, json!({"content": content})).await["message_id"].clone());
    }
    let (mut walked, mut query) = (Vec::new(), "limit=100".to_owned());
    loop {
        let answer = ada.call("GET", &format!("{messages}?{query}"), None).await;
        assert!(answer.body.len() <= 65_536, "{}", answer.body.len());
        let page = answer.json();
        walked.extend(page["messages"].as_array().unwrap().iter().map(|message| message["message_id"].clone()));
        let Some(next) = page["next_before"].as_str() else { break };
        assert_eq!(walked.last().unwrap(), next);
        query = format!("limit=100&before={next}");
    }
    posted.reverse();
    assert_eq!(walked, posted);
    ada.call("GET", &format!("{messages}?before=x"), None).await.assert_refusal(400, "invalid_request");
}

/// Proves HTTP-16.
#[tokio::test]
async fn a_repeated_post_with_a_key_makes_one_message() {
    let running = start(ROUTES, |_| {}).await;
    let mut ada = Person::arrive(&running).await;
    let guild = ada.guild("private").await;
    let messages = format!("{}/messages", ada.channel(&guild).await);
    let keyed = |token: &str, key: &str, content: &str| {
        request("POST", &messages, Some(token), Some(&json!({"content": content}))).replacen(
            "\r\n",
            &format!("\r\nidempotency-key: {key}\r\n"),
            1,
        )
    };
    let first = ada.client.call(keyed(&ada.access_token, "once", "hi")).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, None));
    let again = ada.client.call(keyed(&ada.access_token, "once", "hi")).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(first.json(), again.json());
    ada.client.call(keyed(&ada.access_token, "once", "ho")).await.assert_refusal(409, "idempotency_conflict");
    ada.client.call(keyed(&ada.access_token, "a b", "hi")).await.assert_refusal(400, "invalid_request");
    assert_eq!(ada.get(&messages).await["messages"].as_array().unwrap().len(), 1);
}

/// Proves HTTP-9 and the order of path, membership, existence and permission in HTTP-8.
#[tokio::test]
async fn what_a_stranger_may_not_know_is_forbidden() {
    let running = start(ROUTES, |_| {}).await;
    let (mut ada, mut ben) = (Person::arrive(&running).await, Person::arrive(&running).await);
    let guild = ada.guild("private").await;
    let channel = ada.channel(&guild).await;
    let unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for path in [
        guild.clone(),
        format!("/guilds/{unknown}"),
        format!("{channel}/messages"),
        format!("{guild}/channels/{unknown}/messages"),
    ] {
        ben.call("GET", &path, None).await.assert_refusal(403, "forbidden");
    }
    ada.call("GET", &format!("{guild}/channels/{unknown}/messages"), None).await.assert_refusal(404, "not_found");
    ada.call("GET", &format!("/guilds/{}", unknown.to_lowercase()), None).await.assert_refusal(400, "invalid_request");
    ada.call("GET", &format!("/users/{unknown}/profile"), None).await.assert_refusal(404, "not_found");
    // The shape of the body is looked at before the path.
    ada.call("PATCH", "/guilds/x", Some(json!({"names": 1}))).await.assert_refusal(422, "invalid_request");
    let lookup = ada.post("/users/lookup", json!({"user_ids": [unknown]})).await;
    assert_eq!(lookup, json!({"users": []}));
}
