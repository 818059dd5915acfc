//! The routes of §9.11 and the token of §12.2.

use serde_json::json;

use super::{NOWHERE_URL, ask, cast, enter, read_jwt, unix_now};
use crate::harness::{FullCast, NOWHERE};

/// Proves the order of checks of §12.2.
#[test]
fn s071_a_token_is_refused_for_what_it_is_asked_for() {
    let cast = cast(&[]);
    let nothing = json!({"can_publish": false});
    for (user, room, body, status, code) in [
        (&cast.p, &cast.text, json!({}), 400, "invalid_request"),
        (&cast.p, &cast.hidden, json!({}), 403, "forbidden"),
        (&cast.stranger, &cast.voice, json!({}), 403, "forbidden"),
        (&cast.p, &cast.voice, nothing, 400, "invalid_request"),
        (&cast.p, &cast.voice, json!({"publish_sources": []}), 400, "invalid_request"),
        (&cast.p, &cast.voice, json!({"publish_sources": ["camera"]}), 403, "forbidden"),
        (&cast.p, &cast.voice, json!({"publish_sources": ["radio"]}), 422, "invalid_request"),
        (&cast.p, &cast.voice, json!({"sources": ["camera"]}), 422, "invalid_request"),
    ] {
        ask(user, room, &body).refused(status, code);
    }
    let unknown = format!("/guilds/{}/channels/{NOWHERE}/voice", cast.guild);
    cast.p.post(&format!("{unknown}/token"), &json!({})).refused(404, "not_found");
    cast.p.post(&format!("{unknown}/state"), &json!({"is_muted": true})).refused(404, "not_found");
    let state = format!("{}/voice/state", cast.voice.path());
    cast.p.post(&state, &json!({})).refused(400, "invalid_request");
    cast.stranger.post(&state, &json!({"is_muted": true})).refused(403, "forbidden");
    let both = enter(&cast.p, &cast.voice, &["microphone", "camera"]);
    assert_eq!(
        (&both["publish_sources"], &both["can_publish"]),
        (&json!(["microphone"]), &json!(true)),
        "the part that is allowed"
    );
    let audited = cast.owner.audit(&cast.guild);
    assert_eq!(audited.iter().filter(|action| *action == "media.token.issue").count(), 1, "{audited:?}");
}

/// Proves §9.11 without LiveKit.
#[test]
fn s071_without_livekit_everything_answers_voice_unavailable() {
    let cast = FullCast::assemble();
    let voice = format!("{}/voice", cast.voice.path());
    cast.p.post(&format!("{voice}/token"), &json!({})).refused(503, "voice_unavailable");
    cast.p.post_empty(&format!("{voice}/leave")).refused(503, "voice_unavailable");
    cast.p.post(&format!("{voice}/state"), &json!({"is_muted": true})).refused(503, "voice_unavailable");
    cast.server.http().post(&format!("{voice}/token"), &json!({})).refused(401, "invalid_credentials");
    cast.server.http().post("/livekit/webhook", &json!({})).refused(503, "voice_unavailable");
}

/// Proves the claims of §12.2, exactly.
#[test]
fn s072_a_token_says_exactly_what_the_contract_says() {
    let cast = cast(&[]);
    let identity = format!("u.{}.{}.{}", cast.p.id, cast.guild, cast.voice.id);
    let room = format!("filament.voice.{}.{}", cast.guild, cast.voice.id);
    for (body, subscribes, publishes) in [
        (json!({}), false, true),
        (json!({"can_subscribe": true, "publish_sources": ["microphone"]}), true, true),
        (json!({"can_publish": false, "can_subscribe": true}), true, false),
    ] {
        let answer = ask(&cast.p, &cast.voice, &body).ok().json();
        let sources = if publishes { json!(["microphone"]) } else { json!([]) };
        let (header, claims) = read_jwt(answer["token"].as_str().expect("a token"));
        assert_eq!(header, json!({"alg": "HS256", "typ": "JWT"}));
        let issued = claims["nbf"].as_u64().expect("a time");
        assert!(issued.abs_diff(unix_now()) <= 5);
        let video = json!({
            "room": room, "roomJoin": true, "canPublish": publishes, "canPublishData": publishes,
            "canSubscribe": subscribes, "canPublishSources": sources,
        });
        let expected = json!({
            "iss": super::KEY, "sub": identity, "name": "member_p", "nbf": issued, "exp": issued + 300, "video": video,
        });
        assert_eq!(claims, expected);
        let told = json!({
            "token": answer["token"], "livekit_url": NOWHERE_URL, "room": room, "identity": identity,
            "can_publish": publishes, "can_subscribe": subscribes, "publish_sources": sources, "expires_in_secs": 300,
        });
        assert_eq!(answer, told);
    }
}

/// Proves the limits of §12.2: per user and channel, and camera and screen apart.
#[test]
fn tokens_are_limited_for_each_user_and_channel() {
    let cast =
        cast(&[("FILAMENT_MEDIA_TOKEN_REQUESTS_PER_MINUTE", "4"), ("FILAMENT_MEDIA_PUBLISH_REQUESTS_PER_MINUTE", "2")]);
    let camera = json!({"publish_sources": ["camera", "microphone"]});
    ask(&cast.p, &cast.voice, &camera).ok();
    ask(&cast.p, &cast.voice, &camera).ok();
    ask(&cast.p, &cast.voice, &camera).refused(429, "rate_limited");
    enter(&cast.p, &cast.voice, &["microphone"]);
    let refused = ask(&cast.p, &cast.voice, &json!({})).refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    ask(&cast.q, &cast.voice, &camera).ok();
    let labels = [("surface", "http"), ("reason", "voice_token")];
    cast.server.metric_becomes("filament_rate_limit_hits_total", &labels, 2.0);
}
