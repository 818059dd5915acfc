//! The order of messages, the history, and both together (§2.3, HTTP-15).

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Cast, Event, Gateway, NOWHERE};

fn message_ids(events: &[Event]) -> Vec<String> {
    let created = events.iter().filter(|event| event.t() == "message_create");
    created.map(|event| event["message_id"].as_str().expect("message_id").to_owned()).collect()
}

/// Proves ORD-1 on connections that stay open, ORD-2, ORD-6, DEL-1.
#[test]
fn s004_eight_writers_are_seen_in_one_order_by_all() {
    const WRITERS: usize = 8;
    const EACH: usize = 50;
    let cast = Cast::assemble();
    let mut writers = vec![cast.owner.clone(), cast.p.clone(), cast.q.clone()];
    while writers.len() < WRITERS {
        let writer = cast.server.user(&format!("writer_{}", writers.len()));
        writer.join(&cast.guild);
        writers.push(writer);
    }
    let mut subscribers: Vec<Gateway> = writers.iter().take(4).map(|user| user.connect_to(&[&cast.text])).collect();

    thread::scope(|scope| {
        for writer in &writers {
            scope.spawn(|| {
                (0..EACH).for_each(|number| drop(writer.say(&cast.text, &format!("{number}"))));
            });
        }
    });

    let history: Vec<String> = cast
        .owner
        .history(&cast.text, 100)
        .iter()
        .rev()
        .map(|message| message["message_id"].as_str().expect("message_id").to_owned())
        .collect();
    assert_eq!(history.len(), WRITERS * EACH);
    for (subscriber, user) in subscribers.iter_mut().zip(&writers) {
        let events = subscriber.before_sentinel(user);
        let ids = message_ids(&events);
        assert!(ids.is_sorted_by(|left, right| left < right), "ORD-6: ids ascend");
        assert!(events.is_sorted_by_key(|event| event["created_at_unix"].as_u64()), "ORD-6: times never decrease");
        assert_eq!(ids, history, "ORD-2: the order of the history, on every connection");
        let mut next: HashMap<String, usize> = HashMap::new();
        for event in &events {
            let number = next.entry(event["author_id"].to_string()).or_default();
            assert_eq!(event["content"], number.to_string(), "one writer's messages keep its order");
            *number += 1;
        }
    }
}

/// Proves HTTP-3 and HTTP-15 for the history.
#[test]
fn s008_history_pages_are_cut_by_bytes_and_hold_every_message_once() {
    let cast = Cast::assemble();
    let content = "中".repeat(2000);
    let mut posted: Vec<Value> = (0..60).map(|_| cast.owner.say(&cast.text, &content)["message_id"].clone()).collect();
    posted.reverse();

    // Page size and cursor form are checked by the walk and by the client for every answer.
    for limit in [50, 1, 100] {
        let walked: Vec<Value> =
            cast.p.history(&cast.text, limit).iter().map(|message| message["message_id"].clone()).collect();
        assert_eq!(walked, posted, "limit={limit}");
    }
    let first = cast.p.get(&format!("{}?limit=50", cast.text.messages())).ok().json();
    assert!(first["messages"].as_array().expect("messages").len() < 50, "cut by bytes");
    // A position that no message has is still a position.
    let beyond = cast.p.get(&format!("{}?limit=1&before=7ZZZZZZZZZZZZZZZZZZZZZZZZZ", cast.text.messages()));
    assert_eq!(beyond.ok().json()["messages"][0]["message_id"], posted[0]);
    let below = cast.p.get(&format!("{}?before={NOWHERE}", cast.text.messages())).ok().json();
    assert_eq!(below, json!({"messages": [], "next_before": null}));
    for query in ["limit=0", "limit=101", "limit=x", "before=zz", "before=01arz3ndektsv4rrffq69g5fav"] {
        cast.p.get(&format!("{}?{query}", cast.text.messages())).refused(400, "invalid_request");
    }
}

/// Proves ORD-5 and GW-20: from `subscribed` on, page and events together hold every message.
#[test]
fn s010_history_and_events_together_have_no_gap() {
    const ROUNDS: usize = 8;
    let cast = Cast::assemble();
    let done = AtomicBool::new(false);
    let (posted, rounds) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut posted = Vec::new();
            // Half of what the request limiter lets one user send at once, spread over the rounds.
            while !done.load(Ordering::Relaxed) && posted.len() < 300 {
                thread::sleep(Duration::from_millis(2));
                let message = cast.q.say(&cast.text, &posted.len().to_string());
                posted.push(message["message_id"].as_str().expect("message_id").to_owned());
            }
            posted
        });
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let mut gateway = cast.p.connect();
            let subscribed = gateway.subscribe(&cast.text);
            let history = cast.p.history(&cast.text, 100);
            rounds.push((gateway, subscribed, history));
        }
        done.store(true, Ordering::Relaxed);
        (writer.join().expect("the writer"), rounds)
    });
    let posted: BTreeSet<String> = posted.into_iter().collect();
    for (mut gateway, mut events, history) in rounds {
        events.extend(gateway.before_sentinel(&cast.p));
        let live = message_ids(&events);
        let unique: BTreeSet<String> = live.iter().cloned().collect();
        assert_eq!(unique.len(), live.len(), "one connection never gets an event twice");
        let mut union = unique;
        union.extend(history.iter().map(|message| message["message_id"].as_str().expect("message_id").to_owned()));
        assert_eq!(union, posted);
    }
}
