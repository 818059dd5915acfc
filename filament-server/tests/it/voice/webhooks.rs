//! What LiveKit says (§12.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{KEY, SECRET, ask, cast, heard, jwt, listed, unix_now, words};
use crate::harness::{Answer, FullCast, Room, Server, User};

/// LiveKit, as far as it writes webhooks.
struct Media<'s> {
    server: &'s Server,
    sent: std::cell::Cell<u32>,
}

impl<'s> Media<'s> {
    fn of(server: &'s Server) -> Self {
        Self { server, sent: std::cell::Cell::new(0) }
    }

    fn note(&self, event: &str, user: &User, room: &Room, sid: &str) -> Value {
        self.sent.set(self.sent.get() + 1);
        json!({
            "event": event,
            "id": format!("EV_{}", self.sent.get()),
            "createdAt": unix_now().to_string(),
            "room": {"sid": "RM_1", "name": format!("filament.voice.{}.{}", room.guild, room.id), "emptyTimeout": 300},
            "participant": {"sid": sid, "identity": format!("u.{}.{}.{}", user.id, room.guild, room.id), "state": "ACTIVE"},
        })
    }

    fn claims(body: &str) -> Value {
        let sha256 = STANDARD.encode(Sha256::digest(body));
        json!({"iss": KEY, "nbf": unix_now(), "exp": unix_now() + 300, "sha256": sha256})
    }

    fn post(&self, body: &str, authorization: &str) -> Answer {
        let headers = [("content-type", "application/webhook+json"), ("authorization", authorization)];
        self.server.http().request("POST", "/livekit/webhook", &headers, Some(body.as_bytes()))
    }

    #[track_caller]
    fn send(&self, note: &Value) {
        let body = note.to_string();
        let answer = self.post(&body, &jwt(SECRET, &Self::claims(&body)));
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{body}");
    }

    #[track_caller]
    fn counts(&self, outcome: &str, expected: f64) {
        self.server.metric_becomes("filament_livekit_webhooks_total", &[("outcome", outcome)], expected);
    }
}

fn with_track(mut note: Value, source: &str, sid: &str) -> Value {
    note["track"] = json!({"sid": sid, "source": source, "type": "VIDEO", "muted": false});
    note
}

fn webhook_cast() -> FullCast {
    cast(&[("FILAMENT_VOICE_CONFIRM", "webhook")])
}

/// Proves VOI-2, VOI-20, VOI-31 and VOI-33; that a pending record expires after thirty seconds is proved where time is an argument.
#[test]
fn s073_livekit_has_the_word() {
    let cast = webhook_cast();
    let media = Media::of(&cast.server);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    let (p, v) = (&cast.p, &cast.voice);
    ask(p, v, &json!({})).ok();
    owner.nothing(&cast.owner);
    assert!(listed(&cast.owner, v).is_empty(), "pending is in no list (VOI-1)");

    let joined = media.note("participant_joined", p, v, "PA_1");
    media.send(&joined);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join"]);
    media.send(&with_track(media.note("track_published", p, v, "PA_1"), "CAMERA", "TR_1"));
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["publish camera", "update is_video_enabled:true"]);
    media.send(&with_track(media.note("track_muted", p, v, "PA_1"), "MICROPHONE", "TR_2"));
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["update is_muted:true"]);

    media.send(&joined);
    media.counts("duplicate", 1.0);
    media.send(&media.note("participant_left", p, v, "PA_0"));
    owner.nothing(&cast.owner);
    media.send(&media.note("participant_left", p, v, "PA_1"));
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["unpublish camera", "leave"]);
    media.counts("applied", 4.0);
    media.counts("ignored", 1.0);
}

/// Proves VOI-30: what is not signed by the secret, of this key, in time and for this body, has no effect.
#[test]
fn s073_a_forged_note_is_401_and_changes_nothing() {
    let cast = webhook_cast();
    let media = Media::of(&cast.server);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    ask(&cast.p, &cast.voice, &json!({})).ok();
    let body = media.note("participant_joined", &cast.p, &cast.voice, "PA_1").to_string();
    let good = Media::claims(&body);
    let but = |member: &str, value: Value| {
        let mut claims = good.clone();
        claims[member] = value;
        jwt(SECRET, &claims)
    };
    let none = {
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(good.to_string()))
    };
    let forged = [
        jwt("another secret", &good),
        but("iss", json!("another-key")),
        but("exp", json!(unix_now() - 61)),
        but("sha256", json!(STANDARD.encode(Sha256::digest("another body")))),
        but("sha256", json!("")),
        none,
        "no token at all".to_owned(),
    ];
    for authorization in &forged {
        media.post(&body, authorization).refused(401, "invalid_credentials");
    }
    media.counts("unauthorized", 7.0);
    owner.nothing(&cast.owner);
    let late = but("exp", json!(unix_now() - 30));
    media.post(&body, &late).is(200);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join"], "within the leeway of sixty seconds");
}

/// Proves VOI-31 and VOI-32, and that what cannot be read is ignored.
#[test]
fn old_foreign_and_strange_notes_are_ignored() {
    let cast = webhook_cast();
    let media = Media::of(&cast.server);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    ask(&cast.p, &cast.voice, &json!({})).ok();
    let note = || media.note("participant_joined", &cast.p, &cast.voice, "PA_1");
    let but = |path: &str, value: Value| {
        let mut note = note();
        *note.pointer_mut(path).expect("there") = value;
        note
    };
    for note in [
        but("/createdAt", json!((unix_now() - 302).to_string())),
        but("/createdAt", json!(unix_now() - 302)),
        but("/room/name", json!("lobby")),
        but("/room/name", json!(format!("filament.voice.{}.{}", cast.guild, cast.text.id))),
        but("/participant/identity", json!("EG_recorder")),
        but("/event", json!("room_finished")),
        json!({"event": "egress_started", "id": "EV_x"}),
        json!([1, 2]),
    ] {
        media.send(&note);
    }
    owner.nothing(&cast.owner);
    media.counts("ignored", 8.0);
    media.send(&note());
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join"]);
    let large = "x".repeat(70_000);
    media.post(&large, &jwt(SECRET, &Media::claims(&large))).refused(413, "payload_too_large");
}

/// Proves VOI-34 for who may be there, and VOI-20 in immediate mode: webhooks correct what the token said.
#[test]
fn webhooks_correct_what_a_token_said() {
    let cast = cast(&[]);
    let media = Media::of(&cast.server);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    ask(&cast.p, &cast.voice, &json!({})).ok();
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join", "publish microphone"]);
    media.send(&media.note("participant_joined", &cast.p, &cast.voice, "PA_1"));
    media.send(&with_track(media.note("track_unpublished", &cast.p, &cast.voice, "PA_1"), "MICROPHONE", "TR_1"));
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["unpublish microphone"]);
    media.send(&media.note("participant_joined", &cast.q, &cast.voice, "PA_2"));
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join"], "nobody knew, and Q may be there");
    media.send(&media.note("participant_joined", &cast.stranger, &cast.voice, "PA_3"));
    owner.nothing(&cast.owner);
    assert_eq!(listed(&cast.owner, &cast.voice).len(), 2);
}
