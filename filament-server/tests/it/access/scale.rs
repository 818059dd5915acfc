//! The largest guild the contract allows, and one edit that concerns every member of it.
//!
//! Asserts order and completeness only; the times are printed: `cargo test -p filament-server --release --test it -- --ignored
//! --nocapture a_role_edit_reaches_every_member`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::harness::{Gateway, Room, Server, User, channel_ids, role_path};

const MEMBERS: usize = 10_000;
const ONLINE: usize = 500;
const CHANNELS: usize = 200;
const ROLES: usize = 64;
/// An edit of this guild on a machine with two busy cores, with a wide margin.
const EDIT_MAX: Duration = Duration::from_secs(120);

fn name(number: usize) -> String {
    format!("member_{number}")
}

/// Sixteen bytes as they are stored, from the text of a ULID.
fn stored(id: &str) -> Vec<u8> {
    let value = id.bytes().fold(0_u128, |value, letter| {
        let digit = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".iter().position(|known| *known == letter).expect("a digit");
        (value << 5) | digit as u128
    });
    value.to_be_bytes().to_vec()
}

/// Writes accounts with the password of an existing one, and their memberships, into the database of a server that does not run:
/// ten thousand password hashes would measure the hash.
fn enrol(server: &Server, like: &User, guild: &str, role: &str) {
    let mut database = Connection::open(server.data_path().join("filament.db")).expect("the database");
    let transaction = database.transaction().expect("a transaction");
    let first = u128::from_be_bytes(stored(&like.id).try_into().expect("16 bytes"));
    let (guild, role) = (stored(guild), stored(role));
    for number in 0..MEMBERS - 1 {
        let user = (first + 1 + number as u128).to_be_bytes().to_vec();
        transaction
            .execute(
                "INSERT INTO users (user_id, username, password_hash, created_at)
                 SELECT ?1, ?2, password_hash, created_at FROM users WHERE user_id = ?3",
                params![user, name(number), stored(&like.id)],
            )
            .expect("an account");
        transaction
            .execute("INSERT INTO members (guild_id, user_id, joined_at) VALUES (?1, ?2, 1)", params![guild, user])
            .expect("a member");
        transaction
            .execute(
                "INSERT INTO member_roles (guild_id, user_id, role_id) VALUES (?1, ?2, ?3)",
                params![guild, user, role],
            )
            .expect("a role");
    }
    transaction.commit().expect("a commit");
}

/// Posts to a room until told to stop; returns when each message was posted.
fn keep_posting(user: &User, room: &Room, stop: &AtomicBool) -> Vec<(Value, Instant)> {
    let mut posted = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let at = Instant::now();
        posted.push((user.say(room, "elsewhere")["message_id"].clone(), at));
        thread::sleep(Duration::from_millis(20));
    }
    posted
}

/// The time of arrival of the first such frame, within the bound.
#[track_caller]
fn arrival(gateway: &mut Gateway, t: &str) -> Instant {
    gateway.find_within(EDIT_MAX, |event| event.t() == t).unwrap_or_else(|| panic!("no {t}")).at
}

fn quantile(times: &mut [Duration], of: f64) -> Duration {
    times.sort();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = ((times.len() - 1) as f64 * of) as usize;
    times[index]
}

/// How many frames of a class the server has handed to sockets, and how many of them within this many seconds (a bucket of §15).
fn handed_over(server: &Server, class: &str, within: &str) -> [f64; 2] {
    let name = "filament_gateway_delivery_seconds";
    let all = server.metric(&format!("{name}_count"), &[("class", class)]);
    [all, server.metric(&format!("{name}_bucket"), &[("class", class), ("le", within)])]
}

/// What an edit of a role that everybody holds takes, until the answer and until the last connection is current, and what messages of
/// another guild take meanwhile.
#[test]
#[ignore = "a measurement: minutes of set-up"]
fn a_role_edit_reaches_every_member_of_the_largest_guild() {
    let mut server = Server::with_env(&[
        ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"),
        ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "1000000"),
    ]);
    let owner = server.user("owner_o");
    let guild = owner.create_guild("large", "public");
    let member_role = owner.seeded_role(&guild, "member");
    let everyone = owner.seeded_role(&guild, "everyone");
    for number in 0..ROLES - 4 {
        owner.create_role(&guild, &format!("R{number}"), 10, &["create_message"]);
    }
    let rooms: Vec<Room> =
        (0..CHANNELS).map(|number| owner.create_text(&guild, &format!("channel {number}"))).collect();
    owner.patch(&role_path(&guild, &everyone), &json!({"permissions": []})).ok();
    server.sigterm();
    server.wait_exit(Duration::from_secs(30));
    enrol(&server, &owner, &guild, &member_role);
    server.restart();
    println!("a guild of {MEMBERS} members, {CHANNELS} channels, {ROLES} roles");

    let address = server.address();
    let mut gateways: Vec<Gateway> = thread::scope(|scope| {
        let parts: Vec<_> = (0..4)
            .map(|part| {
                let (address, rooms) = (address.clone(), &rooms);
                scope.spawn(move || {
                    let mine = (0..ONLINE).filter(|number| number % 4 == part);
                    mine.map(|number| User::login(&address, &name(number)).connect_to(&[&rooms[number % CHANNELS]]))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("logins")).collect()
    });
    let writer = server.user("writer");
    let elsewhere = writer.create_text(&writer.create_guild("elsewhere", "private"), "elsewhere");
    let mut reader = writer.connect_to(&[&elsewhere]);

    let edits: [(&str, &[&str], &str); 3] = [
        ("gains publish_video", &["create_message", "subscribe_streams", "publish_video"], "workspace_role_update"),
        ("loses every channel", &["subscribe_streams"], "workspace_role_update"),
        ("regains every channel", &["create_message", "subscribe_streams"], "workspace_role_update"),
    ];
    for (what, permissions, event) in edits {
        let stop = AtomicBool::new(false);
        let classes = [("durable", "0.05"), ("live", "1")];
        let before = classes.map(|(class, within)| handed_over(&server, class, within));
        let (began, answered, told, current, mut delays) = thread::scope(|scope| {
            let posts = scope.spawn(|| keep_posting(&writer, &elsewhere, &stop));
            thread::sleep(Duration::from_millis(300));
            let began = Instant::now();
            owner.patch(&role_path(&guild, &member_role), &json!({"permissions": permissions})).ok();
            let answered = Instant::now();
            let told = gateways.iter_mut().map(|gateway| arrival(gateway, event)).max().expect("connections");
            let mut current = began;
            for gateway in &mut gateways {
                let update = gateway
                    .find_within(EDIT_MAX, |event| event.t() == "workspace_access_update")
                    .expect("an access update");
                assert_eq!(
                    channel_ids(update.d()).len(),
                    if permissions.contains(&"create_message") { CHANNELS } else { 0 }
                );
                current = current.max(update.at);
            }
            thread::sleep(Duration::from_millis(300));
            stop.store(true, Ordering::Relaxed);
            let posted = posts.join().expect("the writer");
            let delays: Vec<Duration> = posted
                .into_iter()
                .map(|(id, at)| {
                    let heard = reader.find_within(EDIT_MAX, |event| event["message_id"] == id).expect("the message");
                    heard.at.saturating_duration_since(at)
                })
                .collect();
            (began, answered, told, current, delays)
        });
        println!(
            "{what}: answered after {:?}, last connection told after {:?}, last access update after {:?}; {} messages elsewhere: \
             median {:?}, p99 {:?}, longest {:?}",
            answered - began,
            told - began,
            current - began,
            delays.len(),
            quantile(&mut delays, 0.5),
            quantile(&mut delays, 0.99),
            quantile(&mut delays, 1.0),
        );
        // The clients share the machine; what the server itself took stands in its own histogram.
        for ((class, within), [all, timely]) in classes.into_iter().zip(before) {
            let [all_now, timely_now] = handed_over(&server, class, within);
            println!(
                "  {class}: {} frames handed over, {} of them within {within} s",
                all_now - all,
                timely_now - timely
            );
        }
    }
    for lag in ["sum", "count"] {
        let name = format!("filament_gateway_revocation_lag_seconds_{lag}");
        println!("{name} {}", server.metric(&name, &[]));
    }
}
