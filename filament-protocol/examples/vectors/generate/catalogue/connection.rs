//! §4.2: events for one connection.

use super::super::form::{Form, INTEGER_MAX, TextRule, int, line, list, object, opt, plain, req, set, time};
use super::super::kind::{Kind, event};
use super::super::record::{
    CHANNEL, CONNECTION, GUILD, NOW, OTHER_USER, USER, at, channel_id, echo, guild_id, participant, user_id,
};

/// A day: the contract leaves the bound open.
const RETRY_AFTER_MS_MAX: u64 = 86_400_000;

/// Codes of §9.2 that an `error` event may carry.
const ERROR_CODES: &[&str] = &[
    "forbidden",
    "invalid_request",
    "not_found",
    "quota_exceeded",
    "payload_too_large",
    "rate_limited",
    "internal_error",
    "overloaded",
];

pub(crate) fn kinds() -> Vec<Kind> {
    let feature = |sample| line(1, 32, TextRule::Feature, sample);
    let mut kinds = vec![
        event(
            "ready",
            object([
                user_id(),
                req("session_id", CONNECTION),
                req("heartbeat_interval_ms", int(1_000, 120_000, 30_000)),
                req("features", list(0, 16, [feature("batch"), feature("resume")])),
                at("server_time_unix"),
                req("token_expires_at_unix", time(NOW + 900)),
                opt("resume", Form::Word(&["replaying", "reset"])),
            ]),
        ),
        event("subscribed", object([guild_id(), channel_id(), echo()])),
        event(
            "unsubscribed",
            object([
                guild_id(),
                opt("channel_id", CHANNEL),
                req("reason", Form::Word(&["requested", "access_revoked", "channel_deleted", "left"])),
                echo(),
            ]),
        ),
        event(
            "error",
            object([
                req("code", Form::Word(ERROR_CODES)),
                req("message", plain(0, 200, "not allowed here")),
                opt("command", Form::Word(&["subscribe", "unsubscribe", "message_create", "heartbeat"])),
                opt("guild_id", GUILD),
                opt("channel_id", CHANNEL),
                echo(),
                opt("retry_after_ms", int(0, RETRY_AFTER_MS_MAX, 2_500)),
            ]),
        ),
        event(
            "presence_sync",
            object([
                guild_id(),
                req("user_ids", set(0, 1_024, [USER, OTHER_USER])),
                opt("truncated", Form::True),
                opt("online_count", int(0, u64::from(u32::MAX), 1_300)),
            ]),
        ),
        event(
            "voice_participant_sync",
            object([guild_id(), channel_id(), req("participants", set(0, 200, [participant()])), at("synced_at_unix")]),
        ),
    ];
    kinds.extend(stream_kinds());
    kinds
}

/// Events about the stream itself: batches, resumption, heartbeats, its end.
fn stream_kinds() -> Vec<Kind> {
    let reasons = &["cursor_invalid", "cursor_expired", "epoch_changed", "gap_too_large", "visibility_gap"];
    let inner = |name, payload| object([req("v", int(1, 1, 1)), req("t", Form::Tag(name)), req("d", payload)]);
    let presence = object([guild_id(), user_id(), req("status", Form::Word(&["online", "offline"]))]);
    vec![
        batch(inner("presence_update", presence)),
        event(
            "reset",
            object([req("reason", Form::Word(reasons)), opt("guild_id", GUILD), opt("channel_id", CHANNEL)]),
        )
        .except("absent", "d.guild_id")
        .except("absent", "d.channel_id")
        .refuses("a channel without its guild", [("guild_id", None)], "out_of_bounds", "")
        .refuses("a guild without a channel", [("channel_id", None)], "out_of_bounds", ""),
        event("caught_up", object([req("replayed", int(0, 2_000, 17)), req("reset", Form::Flag(false))])),
        event(
            "heartbeat_ack",
            object([
                req("s", int(0, INTEGER_MAX, 42)),
                req("access_rev", int(0, INTEGER_MAX, 7)),
                at("server_time_unix"),
            ]),
        ),
        event(
            "closing",
            object([
                req("code", int(1_000, 4_999, 4_510)),
                req("name", line(1, 64, TextRule::Feature, "session_revoked")),
                opt("retry_after_ms", int(0, RETRY_AFTER_MS_MAX, 2_500)),
            ]),
        ),
    ]
}

/// `batch`. What is in it depends on the name in it, so it is told case by case.
fn batch(envelope: Form) -> Kind {
    let ack = r#"{"v":1,"t":"heartbeat_ack","d":{"s":1,"access_rev":2,"server_time_unix":1760000000}}"#;
    event(
        "batch",
        object([
            req("s", int(1, INTEGER_MAX, 9)),
            opt("cursor", line(1, 256, TextRule::Cursor, "AQIDBAUGBwgJ_-")),
            req("events", Form::Opaque { max: 64, items: vec![envelope] }),
        ]),
    )
    .takes("another event", [("events[0]", Some(ack))])
    .takes("an unknown event", [("events[0]", Some(r#"{"v":1,"t":"no_such_name","d":{"x":[1.5,null]}}"#))])
    .refuses("no envelope", [("events[0]", Some("7"))], "wrong_type", "events[0]")
    .refuses("a null", [("events[0]", Some("null"))], "null", "events[0]")
    .refuses("an array envelope", [("events[0]", Some(r#"[1,"reset",{}]"#))], "wrong_type", "events[0]")
    .refuses("another version", [("events[0].v", Some("2"))], "out_of_bounds", "events[0].v")
    .refuses("a version with a fraction", [("events[0].v", Some("1.0"))], "wrong_type", "events[0].v")
    .refuses("no name", [("events[0].t", Some("\"A B\""))], "out_of_bounds", "events[0].t")
    .refuses("no payload", [("events[0].d", None)], "missing_field", "events[0].d")
    .refuses("a payload that is a list", [("events[0].d", Some("[]"))], "wrong_type", "events[0].d")
    .refuses("a member too many", [("events[0].id", Some("7"))], "unknown_field", "events[0].id")
    .refuses("a wrong payload", [("events[0].d.status", Some("\"away\""))], "unknown_word", "events[0].d.status")
    .refuses("a null within", [("events[0].d.user_id", Some("null"))], "null", "events[0].d.user_id")
    .refuses(
        "a batch in a batch",
        [("events[0]", Some(r#"{"v":1,"t":"batch","d":{"s":1,"events":[{"v":1,"t":"no_such_name","d":{}}]}}"#))],
        "out_of_bounds",
        "events[0].t",
    )
}
