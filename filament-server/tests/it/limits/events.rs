//! The bound of a sealed event (EMI-4), and what an idempotency key is worth after a restart.

use serde_json::{Value, json};

use crate::harness::{Cast, Server, still_nothing};

/// Proves EMI-4 and CMD-4: 413, nothing stored, no event, sockets open; over REST, as a command, and for an edit.
#[test]
fn s095_a_change_whose_event_is_too_long_does_not_happen() {
    let cast = Cast::on(Server::with_env(&[("FILAMENT_GATEWAY_EVENT_BYTES_MAX", "512")]));
    let mut gateways = [&cast.owner, &cast.p].map(|user| (user, user.connect_to(&[&cast.text])));
    let kept = cast.p.say(&cast.text, "short");
    for (_, gateway) in &mut gateways {
        gateway.expect("message_create");
    }
    let long = json!({"content": "x".repeat(600)});
    let with_key =
        |body: &Value| cast.p.request("POST", &cast.text.messages(), &[("idempotency-key", "k")], Some(body));
    cast.p.post(&cast.text.messages(), &long).refused(413, "payload_too_large");
    with_key(&long).refused(413, "payload_too_large");
    cast.p.patch(&cast.text.message(&kept["message_id"]), &long).refused(413, "payload_too_large");
    let mut command = json!({"guild_id": cast.guild, "channel_id": cast.text.id, "ref": "r"});
    command["content"] = long["content"].clone();
    gateways[1].1.send("message_create", &command);
    let error = gateways[1].1.expect("error");
    assert_eq!((&error["code"], &error["command"]), (&json!("payload_too_large"), &json!("message_create")));
    assert_eq!((&error["ref"], &error["channel_id"]), (&json!("r"), &json!(cast.text.id)));

    assert_eq!(cast.q.history(&cast.text, 20), [kept], "nothing is stored");
    for (user, gateway) in &mut gateways {
        gateway.nothing(user);
    }
    let [(_, first), (_, second)] = &mut gateways;
    still_nothing(&mut [first, second]);
    // Nothing was stored under the key either.
    let posted = with_key(&json!({"content": "short enough"})).ok();
    assert_eq!(posted.header("idempotency-replayed"), None);
    for (_, gateway) in &mut gateways {
        assert_eq!(gateway.expect("message_create")["message_id"], posted.json()["message_id"]);
    }
}

/// Proves HTTP-16's memory: the key of a message outlives a kill, for all sessions of its user.
#[test]
fn an_idempotency_key_outlives_the_process() {
    let mut cast = Cast::assemble();
    let body = json!({"content": "once"});
    let key = [("idempotency-key", "after-the-crash")];
    let first = cast.p.request("POST", &cast.text.messages(), &key, Some(&body)).ok().json();
    cast.server.kill9();
    cast.server.restart();
    for user in [cast.p.clone(), cast.p.second_session()] {
        let again = user.request("POST", &cast.text.messages(), &key, Some(&body)).ok();
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.json(), first);
        let other = user.request("POST", &cast.text.messages(), &key, Some(&json!({"content": "twice"})));
        other.refused(409, "idempotency_conflict");
    }
    assert_eq!(cast.p.history(&cast.text, 20), [first]);
}
