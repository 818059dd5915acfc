//! A connection and the session behind it (§6.6, §11).

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Cast, Server};

/// GW-41: how long the sockets of an ended session live on.
const REVOKED_MAX: Duration = Duration::from_secs(1);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(2);

/// Proves GW-41 for logout, AUT-12, AUT-26 and that another session of the user is not touched.
#[test]
fn s082_logout_closes_the_sockets_of_its_session_only() {
    let cast = Cast::assemble();
    let second = cast.p.second_session();
    let mut p1 = [cast.p.connect_to(&[&cast.text]), cast.p.connect()];
    let mut p2 = second.connect_to(&[&cast.text]);
    let logged_out = Instant::now();
    let answer = cast.p.http.post("/auth/logout", &json!({"refresh_token": cast.p.refresh_token})).is(204);
    assert!(answer.body.is_empty());
    for gateway in &mut p1 {
        let closing = gateway.closed_with(4510, "session_revoked");
        let waited = closing.at.saturating_duration_since(logged_out);
        assert!(waited <= REVOKED_MAX + SLACK, "GW-41: {waited:?}");
    }
    cast.p.get("/auth/me").refused(401, "invalid_credentials");
    let Err(refused) = cast.p.dial().open() else { panic!("a socket of an ended session") };
    refused.refused(401, "invalid_credentials");
    cast.p
        .http
        .post("/auth/logout", &json!({"refresh_token": cast.p.refresh_token}))
        .refused(401, "invalid_credentials");
    let message = second.say(&cast.text, "still here");
    assert_eq!(p2.expect("message_create")["message_id"], message["message_id"]);
    p2.nothing(&second);
}

/// Proves GW-42. An access token lives 60 s at least, so this test lasts 70 s, nearly all of it waiting.
#[test]
fn s082_a_socket_outlives_its_token_by_the_grace_unless_the_session_refreshes() {
    let life_and_grace = Duration::from_secs(65);
    let rounding = Duration::from_secs(1);
    let latest = life_and_grace + rounding + Duration::from_secs(5);
    let server = Server::with_env(&[("FILAMENT_ACCESS_TOKEN_SECS", "60"), ("FILAMENT_GATEWAY_TOKEN_GRACE_SECS", "5")]);
    let issued = Instant::now();
    let [forgetful, mut careful] = ["forgetful", "careful"].map(|name| server.user(name));
    let mut expiring = forgetful.connect();
    let mut lasting = careful.connect();
    assert!(expiring.collect_for(Duration::from_secs(30)).is_empty());
    careful.refresh();

    let closing = expiring.closing(latest - issued.elapsed());
    assert_eq!((closing.code, closing.name()), (Some(4001), "token_expired"));
    let open = closing.at - issued;
    assert!(open + rounding >= life_and_grace && open <= latest, "closed after {open:?}");
    thread::sleep((latest + rounding).saturating_sub(issued.elapsed()));
    lasting.is_usable();
}
