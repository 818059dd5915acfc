//! What the server asks of LiveKit's room service. LiveKit cannot run here: a small server stands in its place.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{cast, enter, heard, leave, listed, read_jwt, words};
use crate::harness::{PROMPT_MAX, Room, User};

const SERVICE: &str = "/twirp/livekit.RoomService/";

/// One call: the method, the claims of its token, the body.
type Call = (String, Value, Value);

/// The stand-in: answers calls, and says which there were.
struct RoomService {
    port: u16,
    calls: Receiver<Call>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// How many calls are answered with 500 before any other answer.
    failures: u32,
    /// Who is in which room.
    rooms: HashMap<String, Vec<Value>>,
}

impl RoomService {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (tx, calls) = channel();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &tx, &shared);
            }
        });
        Self { port, calls, state }
    }

    fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn seat(&self, room: &Room, participants: &[Value]) {
        self.state().rooms.insert(room_name(room), participants.to_vec());
    }

    /// The next call that is no question for who is there.
    #[track_caller]
    fn wish(&self, within: Duration) -> Call {
        loop {
            let call = self.calls.recv_timeout(within).expect("a call");
            if call.0 != "ListParticipants" {
                return call;
            }
        }
    }

    #[track_caller]
    fn no_wish(&self, during: Duration) {
        while let Ok(call) = self.calls.recv_timeout(during) {
            assert_eq!(call.0, "ListParticipants", "{call:?}");
        }
    }
}

fn serve(mut stream: TcpStream, calls: &Sender<Call>, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a clone"));
    let (mut line, mut length, mut token) = (String::new(), 0, String::new());
    reader.read_line(&mut line).expect("a request line");
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a length"),
            "authorization" => token = value.trim_start_matches("Bearer ").to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let method = path.strip_prefix(SERVICE).unwrap_or(&path).to_owned();
    let (status, answer) = {
        let mut state = state.lock().expect("no panic");
        let room = body["room"].as_str().expect("a room");
        if state.failures > 0 {
            state.failures -= 1;
            (500, json!({"code": "internal"}))
        } else if method == "ListParticipants" {
            (200, json!({"participants": state.rooms.get(room).cloned().unwrap_or_default()}))
        } else {
            (200, json!({}))
        }
    };
    calls.send((method, read_jwt(&token).1, body)).ok();
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", answer.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{answer}").as_bytes()).ok();
}

fn room_name(room: &Room) -> String {
    format!("filament.voice.{}.{}", room.guild, room.id)
}

fn identity(user: &User, room: &Room) -> String {
    format!("u.{}.{}.{}", user.id, room.guild, room.id)
}

fn seated(user: &User, room: &Room, sid: &str, tracks: &[&str]) -> Value {
    let tracks: Vec<_> = tracks.iter().map(|source| json!({"sid": format!("TR_{source}"), "source": source})).collect();
    json!({"sid": sid, "identity": identity(user, room), "state": "ACTIVE", "tracks": tracks})
}

/// Proves VOI-6: a removal is asked for, again when it fails, and what others hear does not wait for it; the user's own leave is not.
#[test]
fn a_removed_participant_is_removed_at_the_media_server_too() {
    let service = RoomService::start();
    let cast = cast(&[("FILAMENT_LIVEKIT_URL", &service.url())]);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    enter(&cast.p, &cast.voice, &["microphone"]);
    leave(&cast.p, &cast.voice);
    enter(&cast.p, &cast.voice, &["microphone"]);
    heard(&mut owner, &cast.owner);
    service.no_wish(Duration::from_millis(300));
    service.state().failures = 2;
    cast.moderator.moderate(&cast.guild, &cast.p, "/kick");
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["unpublish microphone", "leave"]);
    for _ in 0..3 {
        let (method, claims, body) = service.wish(PROMPT_MAX);
        assert_eq!(method, "RemoveParticipant");
        assert_eq!(body, json!({"room": room_name(&cast.voice), "identity": identity(&cast.p, &cast.voice)}));
        assert_eq!(claims["video"], json!({"room": room_name(&cast.voice), "roomAdmin": true}));
        assert_eq!(claims["iss"], super::KEY);
    }
    let labels = |outcome| [("call", "remove_participant"), ("outcome", outcome)];
    cast.server.metric_becomes("filament_livekit_calls_total", &labels("error"), 2.0);
    cast.server.metric_becomes("filament_livekit_calls_total", &labels("ok"), 1.0);
    service.no_wish(Duration::from_millis(300));
}

/// Proves that a smaller token takes effect in a room that is joined already, and that nobody who is back is removed.
#[test]
fn a_newer_token_changes_what_the_media_server_lets_through() {
    let service = RoomService::start();
    let cast = cast(&[("FILAMENT_LIVEKIT_URL", &service.url())]);
    let body = json!({"can_subscribe": true});
    super::ask(&cast.p, &cast.voice, &body).ok();
    super::ask(&cast.p, &cast.voice, &body).ok();
    service.no_wish(Duration::from_millis(300));
    enter(&cast.p, &cast.voice, &["microphone"]);
    let (method, _, body) = service.wish(PROMPT_MAX);
    assert_eq!(method, "UpdateParticipant");
    let permission = json!({
        "can_subscribe": false, "can_publish": true, "can_publish_data": true, "can_publish_sources": ["MICROPHONE"],
    });
    assert_eq!(body["permission"], permission);
}

/// Proves VOI-35: what is found three times in a row is put right, in both directions.
#[test]
fn reconciliation_puts_right_what_webhooks_did_not_say() {
    let service = RoomService::start();
    let cast = cast(&[("FILAMENT_LIVEKIT_URL", &service.url()), ("FILAMENT_VOICE_RECONCILE_SECS", "1")]);
    let (v, mut owner) = (&cast.voice, cast.owner.connect_to(&[&cast.voice]));
    let present = seated(&cast.p, v, "PA_1", &["MICROPHONE"]);
    service.seat(v, std::slice::from_ref(&present));
    enter(&cast.p, v, &["microphone"]);
    enter(&cast.q, v, &["microphone"]);
    assert_eq!(heard(&mut owner, &cast.owner).len(), 4);
    let gone = owner.find_within(PROMPT_MAX * 2, |event| event.t() == "voice_participant_leave").expect("a leave");
    assert_eq!(gone["user_id"], *cast.q.id, "listed, and not in the room");

    let moderator = seated(&cast.moderator, v, "PA_2", &["CAMERA"]);
    let stranger = seated(&cast.stranger, v, "PA_3", &[]);
    service.seat(v, &[present, moderator, stranger]);
    let joined = owner.find_within(PROMPT_MAX * 2, |event| event.t() == "voice_participant_join").expect("a join");
    assert_eq!(joined["participant"]["user_id"], *cast.moderator.id, "in the room, and not listed");
    let (method, _, body) = service.wish(PROMPT_MAX * 2);
    assert_eq!((method.as_str(), &body["identity"]), ("RemoveParticipant", &json!(identity(&cast.stranger, v))));
    let camera = owner.find_within(PROMPT_MAX * 2, |event| event.t() == "voice_stream_publish").expect("a stream");
    assert_eq!((&camera["user_id"], &camera["stream"]), (&json!(cast.moderator.id), &json!("camera")));
    assert_eq!(listed(&cast.owner, v).len(), 2);
}
