//! Voice (§12): scenarios 64 to 74 over real sockets. Times of minutes are proved where time is an argument, in core and delivery; here
//! one wait of fifteen seconds is real.

mod api;
mod rest;
mod stays;
mod webhooks;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{Answer, Event, FullCast, Gateway, Room, Server, User};

const KEY: &str = "the-key";
const SECRET: &str = "the-secret-of-which-nobody-knows";
/// Nobody listens there: the server has to do without LiveKit's API.
const NOWHERE_URL: &str = "ws://127.0.0.1:9";

/// A server with LiveKit configured, and more variables.
fn server(more: &[(&str, &str)]) -> Server {
    let mut variables = vec![
        ("FILAMENT_LIVEKIT_API_KEY", KEY),
        ("FILAMENT_LIVEKIT_API_SECRET", SECRET),
        ("FILAMENT_LIVEKIT_URL", NOWHERE_URL),
    ];
    variables.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    variables.extend_from_slice(more);
    Server::with_env(&variables)
}

/// The cast of §18 on such a server.
fn cast(more: &[(&str, &str)]) -> FullCast {
    FullCast::on(server(more), |server, name| server.user(name))
}

/// Asks for a token.
fn ask(user: &User, room: &Room, body: &Value) -> Answer {
    user.post(&format!("{}/voice/token", room.path()), body)
}

/// Takes a token for these sources.
#[track_caller]
fn enter(user: &User, room: &Room, sources: &[&str]) -> Value {
    ask(user, room, &json!({"publish_sources": sources})).ok().json()
}

#[track_caller]
fn leave(user: &User, room: &Room) {
    let answer = user.post_empty(&format!("{}/voice/leave", room.path())).is(204);
    assert_eq!(answer.text(), "");
}

#[track_caller]
fn say_state(user: &User, room: &Room, state: &Value) {
    let answer = user.post(&format!("{}/voice/state", room.path()), state).is(204);
    assert_eq!(answer.text(), "");
}

fn is_voice(event: &Event) -> bool {
    event.t().starts_with("voice_")
}

/// The voice events a connection has got by the time a sentinel reaches it.
#[track_caller]
fn heard(gateway: &mut Gateway, user: &User) -> Vec<Event> {
    gateway.before_sentinel(user).into_iter().filter(is_voice).collect()
}

/// What such events say, in words: `join`, `publish camera`, `update is_muted:true`.
fn words(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| {
        let short = event.t().trim_start_matches("voice_participant_").trim_start_matches("voice_stream_").to_owned();
        match event.t() {
            "voice_stream_publish" | "voice_stream_unpublish" => {
                format!("{short} {}", event["stream"].as_str().expect("a stream"))
            }
            "voice_participant_update" => {
                let fields = event["updated_fields"].as_object().expect("fields");
                let mut fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}:{value}")).collect();
                fields.sort();
                format!("{short} {}", fields.join(" "))
            }
            "voice_participant_sync" => {
                let listed = event["participants"].as_array().expect("a list");
                format!("{short} of {}", listed.len())
            }
            _ => short,
        }
    };
    events.iter().map(word).collect()
}

/// The participants that a new subscription lists.
#[track_caller]
fn listed(user: &User, room: &Room) -> Vec<Value> {
    let answers = user.connect().subscribe(room);
    let sync = answers.iter().find(|event| event.t() == "voice_participant_sync").expect("a list");
    sync["participants"].as_array().expect("participants").clone()
}

/// A JSON Web Token signed with HS256, written out again here.
fn jwt(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(mac(secret, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn mac(secret: &str, text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Header and claims of a token, whose signature is checked on the way.
#[track_caller]
fn read_jwt(token: &str) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).expect("base64url"), mac(SECRET, signed.as_bytes()), "the signature");
    let (header, claims) = signed.split_once('.').expect("three parts");
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON");
    (read(header), read(claims))
}

fn unix_now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}
