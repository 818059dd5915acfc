//! Content types, bodies where none belongs, and answers without one (HTTP-3, HTTP-4, HTTP-6).

use serde_json::json;

use crate::harness::{Answer, Cast, Server, User};

fn post(user: &User, path: &str, content_type: Option<&str>, body: Option<&str>) -> Answer {
    let bearer = format!("Bearer {}", user.access_token);
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(content_type.map(|kind| ("content-type", kind)));
    user.http.request("POST", path, &headers, body.map(str::as_bytes))
}

/// Proves HTTP-6: a JSON type with parameters and in any case is taken; where no body belongs none may come.
#[test]
fn content_types_are_compared_as_types() {
    let server = Server::start();
    let user = server.user("member");
    let body = json!({"name": "n"}).to_string();
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json ; x=\"y\"",
    ] {
        let answer = post(&user, "/guilds", Some(kind), Some(&body));
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    let guild = user.create_guild("g", "public");
    let join = format!("/guilds/{guild}/join");
    for kind in [None, Some("text/plain"), Some("application/json")] {
        post(&user, &join, kind, None).ok();
    }
    for (kind, body) in [(None, "x"), (Some("application/json"), "{}"), (Some("text/plain"), " ")] {
        post(&user, &join, kind, Some(body)).refused(400, "invalid_request");
    }
}

/// Proves HTTP-6 on the other routes without a body, and HTTP-4: *empty* is 204 without a byte, which the harness checks
/// for every 204.
#[test]
fn routes_without_a_body_refuse_one_and_do_nothing() {
    let cast = Cast::assemble();
    let message = cast.owner.say(&cast.text, "m");
    let reaction = cast.text.reaction(&message["message_id"], "x");
    post(&cast.p, &reaction, None, Some("{}")).refused(400, "invalid_request");
    cast.p.request("DELETE", &reaction, &[], Some(&json!({}))).refused(400, "invalid_request");
    post(&cast.p, &format!("/guilds/{}/leave", cast.guild), None, Some("{}")).refused(400, "invalid_request");
    assert_eq!(cast.p.history(&cast.text, 20), [message], "still a member, no reaction");

    let room = cast.owner.create_text(&cast.guild, "gone soon");
    let said = cast.owner.say(&room, "m");
    for answer in [
        cast.owner.delete(&room.message(&said["message_id"])),
        cast.owner.delete(&room.path()),
        cast.p.post_empty(&format!("/guilds/{}/leave", cast.guild)),
    ] {
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{answer:?}");
        assert_eq!(answer.header("content-type"), None, "{answer:?}");
    }
}

/// Proves HTTP-14: a repeat of what is idempotent answers as the first time.
#[test]
fn repeats_answer_as_the_first_time() {
    let cast = Cast::assemble();
    let message = cast.owner.say(&cast.text, "m");
    let reaction = cast.text.reaction(&message["message_id"], "x");
    let first = cast.p.post_empty(&reaction).ok().json();
    assert_eq!(cast.p.post_empty(&reaction).ok().json(), first);
    let gone = cast.p.delete(&reaction).ok().json();
    assert_eq!(cast.p.delete(&reaction).ok().json(), gone);
    assert_eq!((&gone["count"], &gone["reacted_by_me"]), (&json!(0), &json!(false)));
    let name = json!({"name": "T"});
    assert_eq!(
        cast.owner.patch(&cast.text.path(), &name).ok().json(),
        cast.owner.patch(&cast.text.path(), &name).json()
    );
}
