//! Shutdown and restart (§6.7).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Cast, Gateway, Room, User};

/// Proves GW-50, PRE-8, and that what was acknowledged before a drain is there after it (GW-51 on plain connections).
#[test]
fn s083_a_drain_closes_every_socket_and_loses_nothing() {
    let mut cast = Cast::assemble();
    let mut gateways: Vec<Gateway> =
        [&cast.owner, &cast.p, &cast.q].iter().cycle().take(12).map(|user| user.connect_to(&[&cast.text])).collect();
    gateways[0].collect_for(Duration::from_millis(1_200));
    let stop = AtomicBool::new(false);
    let (acknowledged, exit) = thread::scope(|scope| {
        let writers: Vec<_> = [&cast.owner, &cast.p, &cast.q]
            .map(|user| {
                let (room, stop) = (&cast.text, &stop);
                scope.spawn(move || post_until_refused(user, room, stop))
            })
            .into_iter()
            .collect();
        gateways[0].until("message_create");
        let told = Instant::now();
        cast.server.sigterm();
        let exit = cast.server.wait_exit(Duration::from_secs(15));
        assert!(told.elapsed() <= Duration::from_secs(15));
        stop.store(true, Ordering::Relaxed);
        let acknowledged: Vec<String> =
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect();
        (acknowledged, exit)
    });
    assert_eq!(exit.code(), Some(0));
    let mut waits = BTreeSet::new();
    for gateway in &mut gateways {
        let closing = gateway.closed_with(1001, "going_away");
        let wait = closing.retry_after_ms().expect("retry_after_ms");
        assert!(wait <= 5_000);
        waits.insert(wait);
        let rest = gateway.collect_for(Duration::ZERO);
        assert!(rest.iter().all(|event| event["status"] != "offline"), "PRE-8");
    }
    assert!(waits.len() > 6, "each its own wait: {waits:?}");

    cast.server.restart_in_place();
    let mut q = cast.q.connect_to(&[&cast.text]);
    let mut p = cast.p.connect();
    let after = cast.owner.say(&cast.text, "after");
    let frames = q.through(|event| event.t() == "message_create" && event["message_id"] == after["message_id"]);
    assert!(frames.iter().all(|event| event["status"] != "offline"), "GW-51");
    p.is_usable();
    let stored: Vec<String> = cast
        .q
        .history(&cast.text, 100)
        .iter()
        .map(|message| message["message_id"].as_str().expect("message_id").to_owned())
        .collect();
    let unique: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(unique.len(), stored.len());
    assert!(acknowledged.iter().all(|id| unique.contains(id)), "an acknowledged message is lost");
    assert!(stored.is_sorted_by(|newer, older| newer > older));
}

/// Posts until the server does not answer any more; returns the ids of the answered messages.
fn post_until_refused(user: &User, room: &Room, stop: &AtomicBool) -> Vec<String> {
    let http = user.http.clone();
    let bearer = format!("Bearer {}", user.access_token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let mut ids = Vec::new();
    // Within the request budget of one user.
    while !stop.load(Ordering::Relaxed) && ids.len() < 300 {
        match http.attempt("POST", &room.messages(), &headers, Some(br#"{"content":"load"}"#)) {
            Ok(answer) if answer.status == 200 => {
                ids.push(answer.json()["message_id"].as_str().expect("message_id").to_owned());
            }
            Ok(answer) => {
                answer.refused(503, "overloaded");
                break;
            }
            Err(_) => break,
        }
    }
    ids
}
