//! What is queued for a reader when its access ends (DEL-2, DEL-3).

use std::io::{BufReader, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::harness::{Cast, Gateway, Opcode, RawFrame, Server, User, types};

/// A subscribed connection that nobody reads yet.
fn unread(cast: &Cast, user: &User) -> BufReader<TcpStream> {
    let mut link = user.dial().open_unread();
    let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id});
    let subscribe = json!({"v": 1, "t": "subscribe", "d": d}).to_string();
    let frame = RawFrame::new(Opcode::Text, subscribe).encode();
    link.get_mut().write_all(&frame).expect("a write");
    cast.server.metric_becomes("filament_gateway_subscriptions", &[], 1.0);
    link
}

/// Proves DEL-2 and DEL-3: what waits in the queue for a reader that loses the guild is taken out of it, and counted; the
/// frames that tell the loss are not.
///
/// How much the sockets take before anything queues differs between machines, so a first reader finds out: it is let
/// run until it is closed with a full queue of 1 MiB. The second gets half a queue less.
#[test]
fn queued_frames_of_a_lost_guild_are_removed_and_the_loss_is_told() {
    /// A frame is 12 KB, once as content and once as token.
    const HALF_A_QUEUE: usize = (1 << 19) / 12_000;
    const MESSAGES_MAX: usize = 4_000;
    let cast = Cast::on(Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "100000")]));
    let content = "中".repeat(2000);
    let post = || cast.owner.say(&cast.text, &content)["message_id"].clone();

    let first = unread(&cast, &cast.q);
    let closed = [("reason", "slow_consumer")];
    let mut until_closed = 0;
    while cast.server.metric("filament_ws_disconnects_total", &closed) < 1.0 {
        assert!(until_closed < MESSAGES_MAX, "a reader that never reads is still open");
        post();
        until_closed += 1;
    }
    drop(first);
    cast.server.metric_becomes("filament_gateway_subscriptions", &[], 0.0);

    let second = unread(&cast, &cast.p);
    let posted: Vec<Value> = (HALF_A_QUEUE..until_closed).map(|_| post()).collect();
    cast.p.leave(&cast.guild);
    let mut gateway = Gateway::run("member_p", second, Vec::new(), true);
    let events = gateway.before_sentinel(&cast.p);
    let told = events.iter().position(|event| event.t() == "workspace_member_remove");
    let (before, after) = events.split_at(told.expect("the removal is told"));
    let expected_after = ["workspace_member_remove", "workspace_unavailable", "unsubscribed"];
    assert_eq!(types(after), expected_after, "DEL-3");

    assert_eq!(types(&before[..4]), ["ready", "presence_sync", "subscribed", "voice_participant_sync"]);
    let received: Vec<&Value> = before[4..].iter().map(|event| &event["message_id"]).collect();
    assert!(received.len() < posted.len(), "DEL-2: all {} were written", posted.len());
    assert_eq!(received, posted.iter().take(received.len()).collect::<Vec<&Value>>());
    let labels = [("scope", "channel"), ("event_type", "message_create"), ("reason", "revoked")];
    let removed = u32::try_from(posted.len() - received.len()).expect("a small number");
    cast.server.metric_becomes("filament_gateway_events_dropped_total", &labels, removed.into());
}
