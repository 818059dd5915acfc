use crate::{
    FanoutConfig, Refusal,
    close::Cause,
    limits::{LOAD_LOG_ENTRIES_MAX, OVERLOADED_RETRY_AFTER_MS_MAX, OVERLOADED_RETRY_AFTER_MS_MIN},
    testing::Received,
    world::{Connect, World, session, texts, user},
};

fn world() -> World {
    World::new(FanoutConfig { connections_max: 6, connections_per_user: 3, ..FanoutConfig::default() })
}

/// Proves GW-4: what counts are connections and those that are being taken in.
#[test]
fn caps_count_connections_and_those_on_the_way() {
    let mut world = world();
    let clients = [world.connect(1), world.connect(1)];
    let Connect::Loading(loading) = world.begin_connect(2) else { panic!("user 2 is not known yet") };
    assert_eq!(world.fanout.admit(user(1)), Ok(()));
    let third = world.connect(1);
    assert_eq!(world.fanout.admit(user(1)), Err(Refusal::TooManyOfUser));
    let refused = world.connect(1);
    world.flush();
    let [Received::Close(4401, reason)] = &refused.peer.take()[..] else { panic!("it found no place") };
    let wait: u32 =
        reason.strip_prefix("overloaded;retry_after_ms=").and_then(|wait| wait.parse().ok()).expect("a wait");
    assert!((OVERLOADED_RETRY_AFTER_MS_MIN..=OVERLOADED_RETRY_AFTER_MS_MAX).contains(&wait), "{wait} ms");
    world.end(&third, Cause::Lost);
    assert_eq!(world.fanout.admit(user(1)), Ok(()));
    // Two connections, one on the way, one closing: two are left.
    let _others = [world.connect(3), world.connect(4)];
    assert_eq!(world.fanout.admit(user(5)), Err(Refusal::Full));
    drop(loading);
    drop(clients);
    world.check();
}

#[test]
fn an_abandoned_connect_gives_its_place_back() {
    let mut world = world();
    let connects: Vec<_> = (1..=6).map(|n| world.begin_connect(n)).collect();
    assert_eq!(world.fanout.admit(user(7)), Err(Refusal::Full));
    for connect in connects {
        let Connect::Loading(loading) = connect else { panic!("nobody is known yet") };
        world.abandon(&loading);
    }
    assert_eq!(world.fanout.admit(user(7)), Ok(()));
    world.check();
}

#[test]
fn a_server_that_goes_away_admits_nobody() {
    let mut world = world();
    let Connect::Loading(mut loading) = world.begin_connect(1) else { panic!("user 1 is not known yet") };
    world.load(&mut loading);
    world.shared().step(|hub, now| hub.drain(7, now));
    assert_eq!(world.fanout.admit(user(2)), Err(Refusal::Draining));
    let late = world.finish_connect(loading).expect("answered");
    world.flush();
    assert!(matches!(late.peer.take()[..], [Received::Close(4401, _)]));
}

/// Proves GW-41 for a session that ends while its connection is being taken in, before or after the snapshot.
#[test]
fn a_session_that_ends_meanwhile_is_not_let_in() {
    for ends_before_the_snapshot in [true, false] {
        let mut world = world();
        let Connect::Loading(mut loading) = world.begin_connect(1) else { panic!("user 1 is not known yet") };
        if ends_before_the_snapshot {
            world.script.end_session(user(1), session(1));
            world.load(&mut loading);
        } else {
            world.load(&mut loading);
            world.script.end_session(user(1), session(1));
        }
        world.relay();
        let client = world.finish_connect(loading).expect("answered");
        world.flush();
        assert_eq!(client.peer.take(), [Received::Close(4510, "session_revoked".into())]);
        world.check();
    }
}

/// Proves GW-7: a second socket of a session needs no load, and its user's access outlives the first socket.
#[test]
fn a_second_socket_of_a_live_session_is_taken_in_at_once() {
    let mut world = world();
    let guild_id = world.script.create_guild(user(1));
    let channel_id = world.script.create_channel(guild_id, &[]);
    let first = world.ready_client(1);
    let Connect::Done(second) = world.begin_connect(1) else { panic!("everything is known") };
    world.end(&first, Cause::Client { code: None });
    world.flush();
    assert!(texts(&second.peer)[0].contains(r#""t":"ready""#));
    world.subscribed(&second, guild_id, channel_id);
    world.check();
}

/// Proves GW-12.
#[test]
fn ready_says_who_the_connection_is() {
    let mut world = world();
    let (first, second) = (world.connect(1), world.connect(1));
    world.flush();
    let (first, second) = (texts(&first.peer), texts(&second.peer));
    let start = format!(r#"{{"v":1,"t":"ready","d":{{"user_id":"{}","session_id":""#, user(1));
    let rest = r#""heartbeat_interval_ms":30000,"features":[],"server_time_unix":1700000000,"token_expires_at_unix":1700003600}}"#;
    assert!(first[0].starts_with(&start) && first[0].ends_with(rest), "{}", first[0]);
    assert_ne!(first[0], second[0], "each connection has an id of its own");
}

#[test]
fn more_changes_than_are_kept_make_the_load_begin_again() {
    let mut world = world();
    let guild_id = world.script.create_guild(user(1));
    world.relay();
    let Connect::Loading(mut loading) = world.begin_connect(2) else { panic!("user 2 is not known yet") };
    world.load(&mut loading);
    for n in 0..=LOAD_LOG_ENTRIES_MAX as u128 {
        world.script.join(guild_id, user(100 + n));
    }
    world.relay();
    assert!(world.finish_connect(loading).is_none(), "the first change is forgotten");
    let again = world.connect(2);
    assert!(again.link.lock().is_open());
    world.check();
}

#[test]
fn loads_begun_before_an_interruption_begin_again() {
    let mut world = world();
    world.script.create_guild(user(1));
    let Connect::Loading(mut loading) = world.begin_connect(1) else { panic!("user 1 is not known yet") };
    world.load(&mut loading);
    world.relay();
    world.shared().step(|hub, now| hub.go_down(now));
    assert_eq!(world.fanout.admit(user(1)), Err(Refusal::Down));
    world.step(|hub| hub.is_down = false);
    assert!(world.finish_connect(loading).is_none());
    assert!(world.connect(1).link.lock().is_open());
    world.check();
}
