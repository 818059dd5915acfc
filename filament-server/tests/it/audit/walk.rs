//! Every list that is read by cursor, row by row (HTTP-15): scenario 52.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{FullCast, Server, User};

const ROWS: usize = 250;

/// People at an address each, made by as many threads as passwords are hashed at once.
fn crowd(server: &Server) -> Vec<User> {
    let next = AtomicUsize::new(0);
    let people = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= ROWS {
                        return;
                    }
                    let address = format!("203.0.113.{number}");
                    let person = server.user_at(&format!("person_{number}"), &address);
                    people.lock().expect("people").push(person);
                }
            });
        }
    });
    people.into_inner().expect("people")
}

fn ids(rows: &[Value], id: &str) -> Vec<String> {
    rows.iter().map(|row| row[id].as_str().expect("an id").to_owned()).collect()
}

/// Proves HTTP-3 and HTTP-15 for members, bans, bans by address and the audit log.
#[test]
fn s052_a_walk_visits_every_row_once_whatever_the_page() {
    let server = Server::with_env(&[
        ("FILAMENT_TRUSTED_PROXY_CIDRS", "127.0.0.1"),
        ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"),
        ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "1000000"),
    ]);
    let cast = FullCast::on(server, |server, name| server.user(name));
    let people = crowd(&cast.server);
    let every = |list: &str, rows: &str, id: &str, max: usize| {
        let walks: Vec<Vec<String>> =
            [1, 7, max].iter().map(|limit| ids(&cast.owner.walk(&cast.path(list), rows, *limit), id)).collect();
        assert_eq!(walks[0], walks[1], "{list}");
        assert_eq!(walks[1], walks[2], "{list}");
        assert_eq!(walks[0].iter().collect::<HashSet<_>>().len(), walks[0].len(), "{list}: each row once");
        walks.into_iter().next().expect("a walk")
    };
    let expected: HashSet<String> = people.iter().map(|person| person.id.clone()).collect();

    for person in &people {
        cast.owner.moderate(&cast.guild, person, "");
    }
    let members = every("/members", "members", "user_id", 200);
    assert_eq!(members.len(), ROWS + 4);
    assert!(expected.iter().all(|id| members.contains(id)) && members.is_sorted());

    for person in &people {
        let made = cast.owner.post(&cast.path("/ip-bans/by-user"), &json!({"target_user_id": person.id})).ok().json();
        assert_eq!(made["created_count"], 1);
        cast.owner.moderate(&cast.guild, person, "/ban");
    }
    let bans = every("/bans", "bans", "user_id", 100);
    assert_eq!(bans.iter().cloned().collect::<HashSet<_>>(), expected);
    assert_eq!(every("/ip-bans", "bans", "ban_id", 100).len(), ROWS);
    assert_eq!(every("/audit", "events", "audit_id", 100).len(), 8 + 3 * ROWS);
    assert_eq!(every("/audit?action_prefix=member.ban", "events", "audit_id", 100).len(), ROWS);
}
