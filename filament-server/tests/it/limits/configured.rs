//! Limits that a variable sets (§16.1) and the cap of subscriptions (§16.2), each met and passed.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Gateway, PROMPT_MAX, Room, Server, User};

const PLENTY: (&str, &str) = ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000");

/// The metric of gateway frames over a limit.
fn limited(server: &Server, reason: &str, count: f64) {
    server.metric_becomes("filament_rate_limit_hits_total", &[("surface", "gateway"), ("reason", reason)], count);
}

/// Connects as soon as the process has room: a connection that is being closed holds its place until its stream has ended.
fn connect_when_there_is_room(user: &User) -> Gateway {
    let deadline = Instant::now() + PROMPT_MAX;
    loop {
        match user.dial().open() {
            Ok(gateway) => return gateway,
            Err(answer) => drop(answer.refused(503, "overloaded")),
        }
        assert!(Instant::now() < deadline, "{}: no room", user.name);
        thread::sleep(Duration::from_millis(20));
    }
}

/// Proves GW-4's process cap (503, before the upgrade) and the cap per user by their variables.
#[test]
fn connections_are_capped_for_the_process_and_the_user() {
    let server =
        Server::with_env(&[("FILAMENT_GATEWAY_CONNECTIONS_MAX", "3"), ("FILAMENT_GATEWAY_CONNECTIONS_PER_USER", "2")]);
    let [a, b] = ["user_a", "user_b"].map(|name| server.user(name));
    let refusal = |user: &User| match user.dial().open() {
        Ok(_) => panic!("{}: one too many", user.name),
        Err(answer) => *answer,
    };
    let mut of_a = [a.connect(), a.connect()];
    let answer = refusal(&a).refused(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), Some("5"));
    let of_b = b.connect();
    refusal(&b).refused(503, "overloaded");
    of_a[0].close(1000);
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 2.0);
    let replaced = connect_when_there_is_room(&a);
    drop(of_b);
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 2.0);
    drop(replaced);
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 1.0);
    connect_when_there_is_room(&b).is_usable();
}

/// Proves GW-25 and GW-24 by their variables: the frame over the ingress budget closes, the subscribe over its own is an
/// `error` with the time to wait.
#[test]
fn the_budgets_of_a_connection_follow_their_variables() {
    let server = Server::with_env(&[
        ("FILAMENT_GATEWAY_INGRESS_EVENTS_PER_WINDOW", "3"),
        ("FILAMENT_GATEWAY_INGRESS_WINDOW_SECS", "2"),
        ("FILAMENT_GATEWAY_SUBSCRIBES_PER_WINDOW", "2"),
    ]);
    let user = server.user("member");
    let room = user.create_text(&user.create_guild("g", "private"), "c");
    let mut gateway = user.connect();
    for _ in 0..2 {
        gateway.ask_subscribe(&room);
    }
    gateway.ask_subscribe(&room);
    let error = gateway.through(|event| event.t() == "error").pop().expect("an error");
    assert_eq!((&error["code"], &error["command"]), (&json!("rate_limited"), &json!("subscribe")));
    let wait = error["retry_after_ms"].as_u64().expect("retry_after_ms");
    assert!((1..=10_000).contains(&wait), "{wait}");
    limited(&server, "subscribe", 1.0);

    (0..3).for_each(|_| gateway.is_usable());
    // The window slides on: three more after it.
    thread::sleep(Duration::from_millis(2_200));
    (0..4).for_each(|_| gateway.send("heartbeat", &json!({"s": 0})));
    let closing = gateway.closed_with(4400, "rate_limited");
    assert!(closing.retry_after_ms().is_some_and(|wait| (1..=2_000).contains(&wait)), "{closing:?}");
    limited(&server, "ingress", 1.0);
}

/// Proves the caps of members and of created guilds by their variables.
#[test]
fn quotas_of_guilds_follow_their_variables() {
    let server =
        Server::with_env(&[("FILAMENT_GUILD_MEMBERS_MAX", "2"), ("FILAMENT_MAX_CREATED_GUILDS_PER_USER", "1")]);
    let [owner, first, second] = ["owner", "first", "second"].map(|name| server.user(name));
    let guild = owner.create_guild("g", "public");
    owner.post("/guilds", &json!({"name": "h"})).refused(403, "guild_creation_limit_reached");
    first.join(&guild);
    let join = format!("/guilds/{guild}/join");
    second.post_empty(&join).refused(409, "quota_exceeded");
    assert_eq!(first.post_empty(&join).ok().json()["outcome"], "already_member");
    assert_eq!(owner.get(&format!("/guilds/{guild}")).ok().json()["member_count"], 2);
    first.leave(&guild);
    second.join(&guild);
    second.create_guild("h", "public");
}

/// Runs the same thing this often at once; the statuses in ascending order.
fn at_once(times: usize, ask: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let ask = &ask;
        let calls: Vec<_> = (0..times).map(|number| scope.spawn(move || ask(number))).collect();
        calls.into_iter().map(|call| call.join().expect("an answer")).collect()
    });
    statuses.sort_unstable();
    statuses
}

/// Proves that caps are counted where they are written: of many requests at once exactly as many pass as there is room for.
#[test]
fn caps_hold_when_everybody_comes_at_once() {
    let server =
        Server::with_env(&[("FILAMENT_GUILD_MEMBERS_MAX", "4"), ("FILAMENT_MAX_CREATED_GUILDS_PER_USER", "3")]);
    let owner = server.user("owner");
    let people: Vec<User> = (0..8).map(|number| server.user(&format!("user_{number}"))).collect();
    let create = |_| owner.clone().post("/guilds", &json!({"name": "g", "visibility": "public"})).status;
    assert_eq!(at_once(8, create), [200, 200, 200, 403, 403, 403, 403, 403]);
    let guilds = owner.get("/guilds").ok().json();
    let guild = guilds["guilds"][0]["guild_id"].as_str().expect("a guild").to_owned();
    let join = |number: usize| people[number].post_empty(&format!("/guilds/{guild}/join")).status;
    assert_eq!(at_once(8, join), [200, 200, 200, 409, 409, 409, 409, 409]);
    assert_eq!(owner.get(&format!("/guilds/{guild}")).ok().json()["member_count"], 4);
}

/// Creates guilds of this many channels by people of their own and lets the user join them; all channels.
fn many_rooms(server: &Server, user: &User, guilds: usize, channels: usize) -> Vec<Room> {
    thread::scope(|scope| {
        let calls: Vec<_> = (0..guilds)
            .map(|number| {
                let (owner, user) = (server.user(&format!("owner_{number}")), user.clone());
                scope.spawn(move || {
                    let guild = owner.create_guild("g", "public");
                    user.join(&guild);
                    (0..channels).map(|_| owner.create_text(&guild, "c")).collect::<Vec<Room>>()
                })
            })
            .collect();
        calls.into_iter().flat_map(|call| call.join().expect("rooms")).collect()
    })
}

fn subscribe_and_wait(gateway: &mut Gateway, room: &Room) -> Value {
    let d = json!({"guild_id": room.guild, "channel_id": room.id, "ref": "last"});
    gateway.send("subscribe", &d);
    gateway.through(|event| event["ref"] == "last").pop().expect("an answer").d().clone()
}

/// Proves §5's `quota_exceeded`: 1,024 subscriptions of a connection, the next one is an `error`; a repeat is no further
/// one, and an ended one makes room.
#[test]
fn the_1025th_subscription_of_a_connection_is_refused() {
    const SUBSCRIPTIONS_MAX: usize = 1_024;
    let server = Server::with_env(&[PLENTY, ("FILAMENT_GATEWAY_SUBSCRIBES_PER_WINDOW", "4096")]);
    let user = server.user("member");
    let rooms = many_rooms(&server, &user, 6, 171);
    let (within, beyond) = rooms.split_at(SUBSCRIPTIONS_MAX);
    let mut gateway = user.connect();
    for burst in within.chunks(100) {
        burst.iter().for_each(|room| gateway.ask_subscribe(room));
        let last = &burst[burst.len() - 1];
        gateway.through(|event| event.t() == "voice_participant_sync" && event["channel_id"] == *last.id);
    }
    server.metric_becomes("filament_gateway_subscriptions", &[], 1_024.0);
    let refused = subscribe_and_wait(&mut gateway, &beyond[0]);
    assert_eq!((&refused["code"], &refused["command"]), (&json!("quota_exceeded"), &json!("subscribe")));
    assert_eq!((&refused["guild_id"], &refused["channel_id"]), (&json!(beyond[0].guild), &json!(beyond[0].id)));
    assert!(subscribe_and_wait(&mut gateway, &within[7]).get("code").is_none(), "a repeat");
    gateway.send("unsubscribe", &json!({"guild_id": within[7].guild, "channel_id": within[7].id}));
    gateway.until("unsubscribed");
    assert!(subscribe_and_wait(&mut gateway, &beyond[0]).get("code").is_none(), "room was made");
    server.metric_becomes("filament_gateway_subscriptions", &[], 1_024.0);
}
