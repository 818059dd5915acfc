//! A kick that the process does not survive (§2.4 FEN-1, ORD-8): scenario 53.

use std::thread;
use std::time::Duration;

use crate::harness::{FullCast, Server, member_path};

/// How long after the request the process is killed; spread over what a kick takes, from before it is read to after it is answered.
const DELAYS_MICROS: [u64; 12] = [0, 200, 400, 700, 1_000, 1_400, 1_800, 2_400, 3_200, 4_500, 8_000, 20_000];

/// Proves FEN-1, AUD-1 and ORD-8 for a kick: membership, audit row and event stand or fall together, whenever the process dies.
#[test]
fn s053_a_kick_is_whole_or_has_not_happened() {
    let server = Server::with_env(&[("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "1000")]);
    let mut cast = FullCast::on(server, |server, name| server.user(name));
    let kicks =
        |cast: &FullCast| cast.owner.audit(&cast.guild).iter().filter(|action| *action == "member.kick").count();
    let (mut before, mut whole) = (0, 0);
    for delay in DELAYS_MICROS {
        let mut q = cast.q.connect();
        let path = member_path(&cast.guild, &cast.p, "/kick");
        let (owner, token) = (cast.owner.clone(), format!("Bearer {}", cast.owner.access_token));
        // A connection that exists, so that the delay is spent on the kick and not on shaking hands.
        owner.get("/health").ok();
        let answer = thread::spawn(move || owner.http.attempt("POST", &path, &[("authorization", &token)], None));
        thread::sleep(Duration::from_micros(delay));
        cast.server.kill9();
        let answered = answer.join().expect("the request").is_ok_and(|answer| answer.status == 200);
        let told = q.find_within(Duration::from_secs(5), |event| event.t() == "workspace_member_remove").is_some();
        cast.server.restart();

        let is_member = cast.p.get(&cast.path("")).status == 200;
        let after = kicks(&cast);
        assert_eq!(after, before + usize::from(!is_member), "the audit row goes with the membership");
        assert!(!(answered || told) || !is_member, "answered {answered}, told {told}: then it is done");
        before = after;
        if !is_member {
            whole += 1;
            cast.p.join(&cast.guild);
        }
    }
    assert!(whole > 0, "the longest delay lets a kick through");
}
