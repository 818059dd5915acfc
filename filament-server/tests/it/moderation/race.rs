//! A ban against everything at once (§2.4): scenario 51.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{FullCast, Gateway, Server, User, types};

const ROUNDS: usize = 200;

fn ids(events: &[crate::harness::Event]) -> Vec<Value> {
    events.iter().filter(|event| event.t() == "message_create").map(|event| event["message_id"].clone()).collect()
}

/// Proves FEN-2, FEN-3, DEL-2 and DEL-4 for a ban: after its own removal P gets nothing of the guild, and what P posts is either before
/// the ban for everybody or refused.
#[test]
fn s051_a_ban_races_with_posts_and_never_half_wins() {
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let cast = FullCast::on(server, |server, name| server.user(name));
    let mut p: Gateway = cast.p.connect();
    let mut q: Gateway = cast.q.connect_to(&[&cast.text]);
    let unban = |user: &User| cast.owner.delete(&cast.path(&format!("/bans/{}", user.id))).is(204);
    for round in 0..ROUNDS {
        p.subscribe(&cast.text);
        let own = thread::scope(|scope| {
            let own = scope.spawn(|| cast.p.post(&cast.text.messages(), &json!({"content": "P's own"})));
            let writer = cast.q.clone();
            let room = &cast.text;
            scope.spawn(move || (0..3).for_each(|_| drop(writer.say(room, "Q's"))));
            cast.moderator.moderate(&cast.guild, &cast.p, "/ban");
            own.join().expect("P's post")
        });
        let heard = p.before_sentinel(&cast.p);
        let banned = heard.iter().position(|event| event.t() == "workspace_member_ban").expect("the ban");
        assert!(heard[..banned].iter().all(|event| event.t() == "message_create"), "round {round}");
        assert_eq!(
            types(&heard[banned..]),
            ["workspace_member_ban", "workspace_member_remove", "workspace_unavailable", "unsubscribed"],
            "round {round}"
        );
        let seen = q.before_sentinel(&cast.q);
        let banned = seen.iter().position(|event| event.t() == "workspace_member_ban").expect("the ban");
        // What was still queued for P when the ban came is removed (DEL-2); the rest is what came before it for everybody.
        let before = ids(&seen[..banned]);
        assert!(before.starts_with(&ids(&heard)), "round {round}: what P saw came before the ban, in order");
        if own.status == 200 {
            let id = own.json()["message_id"].clone();
            assert!(before.contains(&id), "round {round}: accepted, so before the ban for everybody");
        } else {
            own.refused(403, "forbidden");
            assert!(seen.iter().all(|event| event["author_id"] != *cast.p.id), "round {round}: refused for everybody");
        }
        unban(&cast.p);
        cast.owner.moderate(&cast.guild, &cast.p, "");
        p.until("workspace_role_assignment_add");
        q.until("workspace_role_assignment_add");
    }
}
