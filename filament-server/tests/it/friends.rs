//! Friends (§4.9, §9.5, §10.5): scenarios 55 to 57, the refusals, and the lists at their caps.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{FullCast, Gateway, NOWHERE, Server, User, accepted, befriend, still_nothing, types};

fn ask(sender: &User, recipient: &User) -> crate::harness::Answer {
    sender.post("/friends/requests", &json!({"recipient_user_id": recipient.id}))
}

fn request_path(request: &Value) -> String {
    format!("/friends/requests/{}", request["request_id"].as_str().expect("request_id"))
}

fn requests(user: &User) -> Value {
    user.get("/friends/requests").ok().json()
}

fn friends(user: &User) -> Vec<Value> {
    user.get("/friends").ok().json()["friends"].as_array().expect("friends").clone()
}

/// The only event each of these got.
#[track_caller]
fn each_got(gateways: &mut [(&User, &mut Gateway)], t: &str) -> Vec<Value> {
    let mut got = Vec::new();
    for (user, gateway) in gateways {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), [t], "{}", user.name);
        got.push(events[0].d().clone());
    }
    got
}

/// Proves §4.9 for the whole life of a friendship: to the two sides alone, on every connection, each its own payload.
#[test]
fn s055_a_friendship_begins_and_ends_on_both_sides() {
    let cast = FullCast::assemble();
    let friend = cast.server.user("friend_f");
    friend.own_room();
    let (mut p1, mut p2, mut f) = (cast.p.connect(), cast.p.connect_resumable(), friend.connect());
    let mut q = cast.q.connect();

    let asked = ask(&cast.p, &friend).ok().json();
    assert_eq!((&asked["sender_user_id"], &asked["recipient_user_id"]), (&json!(cast.p.id), &json!(friend.id)));
    assert_eq!(asked.as_object().expect("an object").len(), 4, "{asked}");
    let expected = json!({
        "request_id": asked["request_id"], "sender_user_id": cast.p.id, "sender_username": "member_p",
        "recipient_user_id": friend.id, "recipient_username": "friend_f", "created_at_unix": asked["created_at_unix"],
    });
    let mut sides = [(&cast.p, &mut p1), (&cast.p, &mut p2), (&friend, &mut f)];
    assert_eq!(each_got(&mut sides, "friend_request_create"), [&expected; 3].map(Clone::clone));
    assert_eq!(requests(&cast.p), json!({"incoming": [], "outgoing": [expected]}));
    assert_eq!(requests(&friend), json!({"incoming": [expected], "outgoing": []}));

    let path = format!("{}/accept", request_path(&asked));
    accepted(friend.post_empty(&path));
    let told = each_got(&mut sides, "friend_request_update");
    for (told, (user, other)) in told.iter().zip([(&cast.p, &friend), (&cast.p, &friend), (&friend, &cast.p)]) {
        assert_eq!((&told["user_id"], &told["friend_user_id"]), (&json!(user.id), &json!(other.id)));
        assert_eq!((&told["friend_username"], &told["state"]), (&json!(other.name), &json!("accepted")));
        assert_eq!((&told["actor_user_id"], &told["request_id"]), (&json!(friend.id), &asked["request_id"]));
    }
    for (user, other) in [(&cast.p, &friend), (&friend, &cast.p)] {
        let listed = json!({
            "user_id": other.id, "username": other.name, "created_at_unix": told[0]["friendship_created_at_unix"]
        });
        assert_eq!(friends(user), [listed]);
        assert_eq!(requests(user), json!({"incoming": [], "outgoing": []}));
    }
    friend.post_empty(&path).refused(404, "not_found");

    cast.p.delete(&format!("/friends/{}", friend.id)).is(204);
    let told = each_got(&mut sides, "friend_remove");
    for (told, (user, other)) in told.iter().zip([(&cast.p, &friend), (&cast.p, &friend), (&friend, &cast.p)]) {
        assert_eq!((&told["user_id"], &told["friend_user_id"]), (&json!(user.id), &json!(other.id)));
        assert_eq!(told["actor_user_id"], *cast.p.id);
    }
    for (user, other) in [(&cast.p, &friend), (&friend, &cast.p), (&cast.p, &cast.stranger)] {
        user.delete(&format!("/friends/{}", other.id)).is(204);
        assert_eq!(friends(user), [json!(null); 0]);
    }
    cast.p.delete(&format!("/friends/{NOWHERE}")).is(204);
    q.nothing(&cast.q);
    p1.nothing(&cast.p);
    f.nothing(&friend);
    still_nothing(&mut [&mut p1, &mut p2, &mut f, &mut q]);
}

/// Proves FRD-3 and §4.9 for requests that come to nothing.
#[test]
fn s056_a_request_is_declined_or_withdrawn_and_nobody_else_may() {
    let cast = FullCast::assemble();
    let (mut p, mut q, mut m) = (cast.p.connect(), cast.q.connect(), cast.moderator.connect());
    for actor in [&cast.q, &cast.p] {
        let asked = ask(&cast.p, &cast.q).ok().json();
        each_got(&mut [(&cast.p, &mut p), (&cast.q, &mut q)], "friend_request_create");
        let path = request_path(&asked);
        for other in [&cast.moderator, &cast.stranger] {
            other.post_empty(&format!("{path}/accept")).refused(404, "not_found");
            other.delete(&path).refused(404, "not_found");
        }
        cast.p.post_empty(&format!("{path}/accept")).refused(404, "not_found");
        actor.delete(&path).is(204);
        let told = each_got(&mut [(&cast.p, &mut p), (&cast.q, &mut q)], "friend_request_delete");
        assert_eq!(told[0], told[1], "the same payload");
        assert_eq!((&told[0]["request_id"], &told[0]["actor_user_id"]), (&asked["request_id"], &json!(actor.id)));
        actor.delete(&path).refused(404, "not_found");
        cast.q.post_empty(&format!("{path}/accept")).refused(404, "not_found");
    }
    m.nothing(&cast.moderator);
    p.nothing(&cast.p);
    still_nothing(&mut [&mut p, &mut q, &mut m]);
}

/// Proves FRD-1 under contention: constraints and the deciding transaction, not a check before it.
#[test]
fn s057_two_who_ask_each_other_at_once_leave_one_request() {
    const ROUNDS: usize = 50;
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "100000")]);
    let (one, other) = (server.user("one"), server.user("other"));
    let barrier = Barrier::new(2);
    let mut by_one = 0;
    for round in 0..ROUNDS {
        let [mine, theirs] = thread::scope(|scope| {
            [(&one, &other), (&other, &one)]
                .map(|(sender, recipient)| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        ask(sender, recipient)
                    })
                })
                .map(|asking| asking.join().expect("a client"))
        });
        let mut statuses = [mine.status, theirs.status];
        by_one += usize::from(mine.status == 200);
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400], "round {round}");
        let (of_one, of_other) = (requests(&one), requests(&other));
        let count = |lists: &Value| {
            lists["incoming"].as_array().expect("incoming").len()
                + lists["outgoing"].as_array().expect("outgoing").len()
        };
        assert_eq!((count(&of_one), count(&of_other)), (1, 1), "round {round}");
        assert_eq!((&of_one["incoming"], &of_one["outgoing"]), (&of_other["outgoing"], &of_other["incoming"]));
        let winner = if mine.status == 200 { mine } else { theirs };
        one.delete(&request_path(&winner.json())).is(204);
    }
    assert!(by_one > 0 && by_one < ROUNDS, "both were first at times: {by_one} of {ROUNDS}");
}

/// Proves the refusals of §9.5, and the order of HTTP-8.
#[test]
fn requests_that_cannot_be_are_refused() {
    let server = Server::start();
    let [one, other, third] = ["one", "other", "third"].map(|name| server.user(name));
    befriend(&one, &third);
    ask(&one, &other).ok();
    for (sender, recipient) in [(&one, &one), (&one, &other), (&other, &one), (&one, &third), (&third, &one)] {
        ask(sender, recipient).refused(400, "invalid_request");
    }
    let post = |body: Value| one.post("/friends/requests", &body);
    post(json!({"recipient_user_id": NOWHERE})).refused(400, "invalid_request");
    post(json!({"recipient_user_id": "nobody"})).refused(400, "invalid_request");
    post(json!({})).refused(422, "invalid_request");
    post(json!({"recipient_user_id": other.id, "note": "hi"})).refused(422, "invalid_request");
    post(json!({"recipient_user_id": 7})).refused(422, "invalid_request");
    one.delete(&format!("/friends/{}", one.id)).refused(400, "invalid_request");
    one.delete("/friends/nobody").refused(400, "invalid_request");
    one.delete("/friends/requests/none").refused(400, "invalid_request");
    one.delete(&format!("/friends/requests/{NOWHERE}")).refused(404, "not_found");
    one.post_empty("/friends/requests/none/accept").refused(400, "invalid_request");
    one.post_empty(&format!("/friends/requests/{NOWHERE}/accept")).refused(404, "not_found");
    let with_body = one.post(&format!("/friends/requests/{NOWHERE}/accept"), &json!({}));
    with_body.refused(400, "invalid_request");
    let http = server.http();
    for path in ["/friends", "/friends/requests", "/api/friends"] {
        http.get(path).refused(401, "invalid_credentials");
    }
    assert_eq!(friends(&one), friends(&one.second_session()), "the same for every session");
}

/// Proves scenario 94 for friends: both lists at their caps with the longest names, complete and within 65,536 bytes; and FRD-2.
#[test]
fn s094_five_hundred_friends_and_two_hundred_requests_fit_their_lists() {
    const FRIENDS_MAX: usize = 500;
    const REQUESTS_MAX: usize = 100;
    const ANSWER_BYTES_MAX: usize = 65_536;
    const WORKERS: usize = 4;
    let server = Server::with_env(&[
        ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"),
        ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "1000000"),
    ]);
    let popular = server.user("popular");
    let name = |n: usize| format!("{}{n:04}", if n.is_multiple_of(2) { "X" } else { "x" }.repeat(28));
    let mut crowd: Vec<(usize, User)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let server = &server;
                scope.spawn(move || {
                    let mine = (worker..=FRIENDS_MAX).step_by(WORKERS);
                    mine.map(|n| (n, server.user(&name(n)))).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    crowd.sort_by_key(|(n, _)| *n);
    let crowd: Vec<User> = crowd.into_iter().map(|(_, user)| user).collect();

    let mut asked = Vec::new();
    for user in &crowd[..REQUESTS_MAX] {
        asked.push(ask(&popular, user).ok().json());
    }
    for user in &crowd[REQUESTS_MAX..2 * REQUESTS_MAX] {
        ask(user, &popular).ok();
    }
    let last = &crowd[FRIENDS_MAX];
    ask(&popular, last).refused(409, "quota_exceeded");
    ask(last, &popular).refused(409, "quota_exceeded");
    let answer = popular.get("/friends/requests").ok();
    assert!(answer.body.len() <= ANSWER_BYTES_MAX, "{} bytes", answer.body.len());
    let lists = answer.json();
    let ids = |list: &str, side: &str| -> Vec<String> {
        let rows = lists[list].as_array().expect("a list").iter();
        rows.map(|row| row[side].as_str().expect("an id").to_owned()).collect()
    };
    let newest_first = |users: &[User]| users.iter().rev().map(|user| user.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids("outgoing", "recipient_user_id"), newest_first(&crowd[..REQUESTS_MAX]));
    assert_eq!(ids("incoming", "sender_user_id"), newest_first(&crowd[REQUESTS_MAX..2 * REQUESTS_MAX]));

    for (request, user) in asked.iter().zip(&crowd) {
        accepted(user.post_empty(&format!("{}/accept", request_path(request))));
    }
    for request in lists["incoming"].as_array().expect("a list") {
        accepted(popular.post_empty(&format!("{}/accept", request_path(request))));
    }
    for user in &crowd[2 * REQUESTS_MAX..FRIENDS_MAX] {
        befriend(user, &popular);
    }
    ask(&popular, last).refused(409, "quota_exceeded");
    ask(last, &popular).refused(409, "quota_exceeded");
    let answer = popular.get("/friends").ok();
    assert!(answer.body.len() <= ANSWER_BYTES_MAX, "{} bytes", answer.body.len());
    let listed = answer.json()["friends"].as_array().expect("friends").clone();
    let names: Vec<&str> = listed.iter().map(|friend| friend["username"].as_str().expect("a name")).collect();
    let mut expected: Vec<String> = (0..FRIENDS_MAX).map(name).collect();
    expected.sort_by_key(|name| name.to_ascii_lowercase());
    assert_eq!(names, expected, "complete, by name");
}
