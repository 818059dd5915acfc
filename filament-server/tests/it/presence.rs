//! Presence (§13): scenarios 58 to 63. Most of these wait for the time bounds of PRE-3 and PRE-4, which is why they
//! are the slow ones.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Cast, Event, Gateway, Room, Server, User, accepted, member_path};

/// PRE-4: `offline` after a clean close.
const CLEAN_OFFLINE_MAX: Duration = Duration::from_secs(2);
/// PRE-4: `offline` after an abrupt loss.
const ABRUPT_OFFLINE_MAX: Duration = Duration::from_secs(12);
/// PRE-3: the grace after an abrupt loss.
const ABRUPT_GRACE: Duration = Duration::from_secs(10);
/// PRE-4: one flush, and what a clean close may take before silence is proved.
const FLUSH: Duration = Duration::from_secs(1);
/// How often the server looks for silent connections: what it may add to their time.
const SWEEP: Duration = Duration::from_secs(1);
/// What a busy machine may add to any of these.
const SLACK: Duration = Duration::from_secs(2);

fn is_presence(event: &Event, user: &User, status: &str) -> bool {
    event.t() == "presence_update" && event["user_id"] == *user.id && event["status"] == status
}

/// The next presence change of this user; fails if it is another status or too late.
#[track_caller]
fn expect_presence(gateway: &mut Gateway, user: &User, status: &str, within: Duration) -> Event {
    let event = gateway
        .find_within(within, |event| event.t() == "presence_update" && event["user_id"] == *user.id)
        .unwrap_or_else(|| panic!("no presence of {} within {within:?}\n{}", user.name, gateway.transcript()));
    assert_eq!(event["status"], status, "{}", event.text);
    event
}

#[track_caller]
fn no_presence(gateway: &mut Gateway, during: Duration) {
    for event in gateway.collect_for(during) {
        assert!(event.t() != "presence_update", "a presence change nobody caused: {}", event.text);
    }
}

/// Proves PRE-1, PRE-3 (clean close) and PRE-4.
#[test]
fn s058_offline_follows_the_last_clean_close() {
    let cast = Cast::assemble();
    let mut p1 = cast.p.connect();
    let mut p2 = cast.p.connect();
    let mut q = cast.q.connect();
    let sync = q.subscribe(&cast.text).remove(0);
    let mut online = [cast.p.id.clone(), cast.q.id.clone()];
    online.sort();
    let mut told: Vec<&str> = sync["user_ids"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    told.sort_unstable();
    assert_eq!(told, online, "PRE-5: all online members, the receiver included");
    // What connecting made known before the sync may still be told (PRE-7).
    q.collect_for(FLUSH);

    p1.close(1000);
    no_presence(&mut q, CLEAN_OFFLINE_MAX + SLACK);
    let closed = Instant::now();
    p2.close(1000);
    let offline = expect_presence(&mut q, &cast.p, "offline", CLEAN_OFFLINE_MAX + SLACK);
    assert!(offline.at - closed <= CLEAN_OFFLINE_MAX + SLACK, "{:?}", offline.at - closed);
    assert_eq!(offline["guild_id"], *cast.guild);

    let _back = cast.p.connect();
    expect_presence(&mut q, &cast.p, "online", FLUSH + SLACK);
}

/// Proves GW-7 for presence and PRE-3: a connection within the grace cancels it.
#[test]
fn s059_changing_sockets_is_no_flicker() {
    let cast = Cast::assemble();
    let mut current = cast.p.connect_to(&[&cast.text]);
    let mut q = cast.q.connect_to(&[&cast.text]);
    q.collect_for(FLUSH);
    for round in 0_u64..50 {
        // Mostly short gaps so that the test is quick, and some close to the grace.
        let gap = Duration::from_millis(if round % 10 == 9 { 450 } else { round % 7 * 10 });
        if round % 2 == 0 {
            let next = cast.p.connect_to(&[&cast.text]);
            thread::sleep(gap);
            current.close(1000);
            current = next;
        } else {
            current.close_without_code();
            thread::sleep(gap);
            current = cast.p.connect_to(&[&cast.text]);
        }
    }
    no_presence(&mut q, CLEAN_OFFLINE_MAX + SLACK);
}

/// Proves PRE-3 (abrupt loss and its cancelling), PRE-4 and ORD-9: others wait no longer meanwhile.
#[test]
fn s060_an_abrupt_loss_is_told_in_time_and_delays_nobody() {
    const EXTRA_DELAY_MAX: Duration = Duration::from_millis(50);
    let cast = Cast::assemble();
    cast.stranger.join(&cast.guild);
    let lost = cast.p.connect_to(&[&cast.text]);
    let blinking = cast.stranger.connect_to(&[&cast.text]);
    let mut q = cast.q.connect_to(&[&cast.text]);
    q.collect_for(FLUSH);

    let post_for = |duration: Duration| {
        let until = Instant::now() + duration;
        let mut posted: Vec<(Value, Instant)> = Vec::new();
        while Instant::now() < until {
            let message = cast.owner.say(&cast.text, "tick");
            posted.push((message["message_id"].clone(), Instant::now()));
            thread::sleep(Duration::from_millis(50));
        }
        posted
    };
    let before = post_for(Duration::from_secs(2));
    let cut_at = Instant::now();
    lost.cut();
    blinking.cut();
    let mut during = post_for(Duration::from_secs(3));
    let _back = cast.stranger.connect_to(&[&cast.text]);
    during.extend(post_for(ABRUPT_OFFLINE_MAX.saturating_sub(cut_at.elapsed())));

    let events = q.collect_for(FLUSH + SLACK);
    let offline: Vec<&Event> = events.iter().filter(|event| is_presence(event, &cast.p, "offline")).collect();
    assert_eq!(offline.len(), 1, "offline, once\n{}", q.transcript());
    let waited = offline[0].at - cut_at;
    assert!(waited >= ABRUPT_GRACE, "PRE-3: a grace of 10 s, not {waited:?}");
    assert!(waited <= ABRUPT_OFFLINE_MAX + SLACK, "PRE-4: {waited:?}");
    let blinks = events.iter().filter(|event| event.t() == "presence_update" && event["user_id"] == *cast.stranger.id);
    assert_eq!(blinks.count(), 0, "back within the grace: nothing happened");

    let median_delay = |posted: &[(Value, Instant)]| {
        let mut delays: Vec<Duration> = posted
            .iter()
            .map(|(id, answered)| {
                let event = events.iter().find(|event| event.t() == "message_create" && event["message_id"] == *id);
                event.expect("every message arrives").at.saturating_duration_since(*answered)
            })
            .collect();
        delays.sort();
        delays[delays.len() / 2]
    };
    let (usual, meanwhile) = (median_delay(&before), median_delay(&during));
    assert!(meanwhile <= usual + EXTRA_DELAY_MAX, "ORD-9: {meanwhile:?} after the cut, {usual:?} before");
}

/// Proves PRE-2 and that presence goes to `PRES(g)` alone: subscribed members of a shared guild.
#[test]
fn s061_presence_is_told_only_in_shared_guilds() {
    let server = Server::start();
    let [owner, a, b, quiet, z] = ["owner", "only_a", "only_b", "quiet_a", "zed"].map(|name| server.user(name));
    let [guild_a, guild_b] = ["A", "B"].map(|name| owner.create_guild(name, "public"));
    let [room_a, room_b] = [&guild_a, &guild_b].map(|guild| owner.create_text(guild, "room"));
    for (user, guild) in [(&a, &guild_a), (&quiet, &guild_a), (&z, &guild_a), (&b, &guild_b)] {
        user.join(guild);
    }
    let mut in_a = a.connect_to(&[&room_a]);
    let mut in_b = b.connect_to(&[&room_b]);
    let mut unsubscribed = quiet.connect();
    // What connecting made known before the syncs may still be told (PRE-7).
    in_a.collect_for(FLUSH);
    in_b.collect_for(Duration::from_millis(100));

    let mut zed = z.connect();
    let online = expect_presence(&mut in_a, &z, "online", FLUSH + SLACK);
    assert_eq!(online["guild_id"], *guild_a);
    zed.close(1000);
    let offline = expect_presence(&mut in_a, &z, "offline", CLEAN_OFFLINE_MAX + SLACK);
    assert_eq!(offline["guild_id"], *guild_a);
    // One more flush for whoever would be told too much.
    no_presence(&mut in_b, FLUSH);
    no_presence(&mut unsubscribed, Duration::from_millis(100));
    no_presence(&mut zed, Duration::from_millis(100));
}

/// Proves PRE-5 beyond 1,024 online members.
///
/// The members are real accounts, since only connections of distinct users count: 1,100 registrations and logins with
/// their argon2 work are nearly all of this test's time. Four run at once, as many as the server hashes at once.
#[test]
fn s062_a_presence_sync_is_cut_at_1024_with_the_receiver_first() {
    const ONLINE: usize = 1_100;
    const WORKERS: usize = 4;
    let server = Server::with_env(&[
        ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "100000"),
        ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "100000"),
        ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "100000"),
    ]);
    let owner = server.user("owner");
    let guild = owner.create_guild("crowd", "public");
    let room = owner.create_text(&guild, "room");
    let crowd: Vec<User> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (server, guild) = (&server, &guild);
                scope.spawn(move || {
                    let mine = (worker..ONLINE - 1).step_by(WORKERS);
                    mine.map(|number| {
                        let user = server.user(&format!("crowd_{number}"));
                        user.join(guild);
                        user
                    })
                    .collect::<Vec<User>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    let (p, rest) = crowd.split_last().expect("a crowd");
    // They only have to be connected; nobody reads what they get.
    let mut sockets: Vec<_> = rest.iter().map(|user| user.dial().open_unread()).collect();
    sockets.push(owner.dial().open_unread());
    let mut gateway = p.connect();
    server.metric_becomes("filament_presence_online_users", &[], 1_100.0);

    let sync = gateway.subscribe(&room).remove(0);
    assert_eq!(sync.t(), "presence_sync");
    assert_eq!((&sync["truncated"], &sync["online_count"]), (&json!(true), &json!(ONLINE)));
    let mut others: Vec<&str> = rest.iter().map(|user| user.id.as_str()).chain([owner.id.as_str()]).collect();
    others.sort_unstable();
    let mut expected = vec![p.id.as_str()];
    expected.extend(&others[..1023]);
    assert_eq!(sync["user_ids"], json!(expected), "PRE-5: the receiver, then ascending, cut at 1,024");
}

/// Proves PRE-6 for joining, being kicked and leaving.
#[test]
fn s063_membership_changes_of_online_users_change_presence_after_the_event() {
    let cast = Cast::assemble();
    let _p = cast.p.connect();
    let _x = cast.stranger.connect();
    let mut q = cast.q.connect_to(&[&cast.text]);
    let mut unsubscribed = cast.owner.connect();
    q.collect_for(FLUSH);

    cast.stranger.join(&cast.guild);
    q.until("workspace_member_add");
    expect_presence(&mut q, &cast.stranger, "online", FLUSH + SLACK);
    accepted(cast.owner.post_empty(&member_path(&cast.guild, &cast.p, "/kick")));
    assert_eq!(q.until("workspace_member_remove")["reason"], "kick");
    expect_presence(&mut q, &cast.p, "offline", FLUSH + SLACK);
    cast.stranger.leave(&cast.guild);
    q.until("workspace_member_remove");
    expect_presence(&mut q, &cast.stranger, "offline", FLUSH + SLACK);
    cast.stranger.join(&cast.guild);
    q.until("workspace_member_add");
    expect_presence(&mut q, &cast.stranger, "online", FLUSH + SLACK);
    no_presence(&mut unsubscribed, Duration::from_millis(100));

    let room: &Room = &cast.text;
    let sync = q.subscribe(room).remove(0);
    let ids: Vec<&str> = sync["user_ids"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    assert!(ids.contains(&cast.stranger.id.as_str()) && !ids.contains(&cast.p.id.as_str()));
}

/// Proves PRE-3's third row (no grace after `idle_timeout`) and GW-40 with shorter times.
#[test]
fn a_connection_that_falls_silent_is_closed_and_offline_at_once() {
    const IDLE: Duration = Duration::from_secs(3);
    let server = Server::with_env(&[("FILAMENT_GATEWAY_PING_SECS", "1"), ("FILAMENT_GATEWAY_IDLE_SECS", "3")]);
    let cast = Cast::on(server);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let connected = Instant::now();
    let mut p = cast.p.dial().without_pongs().open().expect("an upgrade");
    assert_eq!(p.next().t(), "ready");
    expect_presence(&mut q, &cast.p, "online", FLUSH + SLACK);
    let closing = p.closing(IDLE + SWEEP + 2 * SLACK);
    assert_eq!((closing.code, closing.name()), (Some(4003), "idle_timeout"));
    let open = closing.at - connected;
    assert!((IDLE..=IDLE + SWEEP + SLACK).contains(&open), "closed after {open:?}");
    let offline = expect_presence(&mut q, &cast.p, "offline", FLUSH + SLACK);
    assert!(offline.at - closing.at <= FLUSH + SLACK, "no grace: {:?}", offline.at - closing.at);

    assert!(!p.pings().is_empty(), "it was asked for a sign of life first");
    q.is_usable();
    assert!(connected.elapsed() > IDLE, "who answers pings stays, longer than the idle time");
}

/// Proves PRE-3's third row for `session_revoked` and PRE-1 per connection: a login that ends takes its own connections along, and the
/// user is offline at once unless another login is connected.
#[test]
fn an_ended_session_has_no_grace_and_leaves_others_online() {
    let cast = Cast::assemble();
    let second = cast.p.second_session();
    let (mut first_socket, mut second_socket) = (cast.p.connect(), second.connect());
    let mut q = cast.q.connect_to(&[&cast.text]);
    q.collect_for(FLUSH);
    let log_out = |user: &User| user.http.post("/auth/logout", &json!({"refresh_token": user.refresh_token})).is(204);
    log_out(&cast.p);
    first_socket.closed_with(4510, "session_revoked");
    no_presence(&mut q, FLUSH + SLACK);
    log_out(&second);
    let closed = second_socket.closed_with(4510, "session_revoked");
    let offline = expect_presence(&mut q, &cast.p, "offline", FLUSH + SLACK);
    assert!(offline.at.saturating_duration_since(closed.at) <= FLUSH + SLACK, "no grace");
}

/// Proves PRE-1's "or inside the grace" in a sync, that presence ends with the last subscription (`PRES(g)`), and that
/// who joins or leaves offline changes no presence (PRE-6).
#[test]
fn presence_follows_subscriptions_and_counts_the_grace_as_online() {
    let cast = Cast::assemble();
    let lost = cast.p.connect();
    let mut q = cast.q.connect_to(&[&cast.text]);
    q.collect_for(FLUSH);
    lost.cut();
    cast.stranger.join(&cast.guild);
    cast.stranger.leave(&cast.guild);
    no_presence(&mut q, FLUSH + SLACK);
    let sync = q.subscribe(&cast.text).remove(0);
    assert!(sync["user_ids"].as_array().expect("ids").contains(&json!(cast.p.id)), "inside the grace");

    q.send("unsubscribe", &json!({"guild_id": cast.guild, "channel_id": cast.text.id}));
    q.expect("unsubscribed");
    let mut watcher = cast.owner.connect_to(&[&cast.text]);
    let _x = cast.stranger.connect();
    cast.stranger.join(&cast.guild);
    expect_presence(&mut watcher, &cast.stranger, "online", FLUSH + SLACK);
    no_presence(&mut q, FLUSH / 4);
}
