//! Reactions (§9.9, MSG-1).

use serde_json::{Value, json};

use crate::harness::{Cast, User, types};

/// Proves MSG-1, EMI-1 for reactions, DEL-1, policy `required` of §3.
#[test]
pub(crate) fn s003_a_reaction_is_a_set_element_and_is_told_once() {
    let cast = Cast::assemble();
    let other = cast.owner.create_text(&cast.guild, "other");
    let message = cast.owner.say(&cast.text, "react to me");
    let elsewhere = cast.owner.say(&other, "not here");
    let mut gateways =
        [&cast.owner, &cast.p, &cast.p, &cast.q].map(|user| (user, user.connect_to(&[&cast.text, &other])));

    let path = cast.text.reaction(&message["message_id"], "🎉");
    let one = json!({"emoji": "🎉", "count": 1, "reacted_by_me": true, "reactor_user_ids": [cast.p.id]});
    let none = json!({"emoji": "🎉", "count": 0, "reacted_by_me": false});
    assert_eq!(cast.p.post_empty(&path).ok().json(), one);
    assert_eq!(cast.p.post_empty(&path).ok().json(), one);
    assert_eq!(cast.p.delete(&path).ok().json(), none);
    assert_eq!(cast.p.delete(&path).ok().json(), none);
    cast.q.post_empty(&cast.text.reaction(&elsewhere["message_id"], "🎉")).refused(404, "not_found");

    for (user, gateway) in &mut gateways {
        let events = gateway.before_sentinel(user);
        let told: Vec<(&str, &Value, &Value)> =
            events.iter().map(|event| (event.t(), &event["operation"], &event["count"])).collect();
        assert_eq!(
            told,
            [("message_reaction", &json!("add"), &json!(1)), ("message_reaction", &json!("remove"), &json!(0))]
        );
        for event in &events {
            assert_eq!(event["actor_user_id"], *cast.p.id);
            assert_eq!(event["message_id"], message["message_id"]);
            assert_eq!(event["emoji"], "🎉");
        }
    }
}

/// Proves the bounds and the order of `Reaction` (§4.1), the 65th emoji's 409 and MSG-2 for reactions.
#[test]
fn reactions_are_counted_ordered_and_bounded() {
    let cast = Cast::assemble();
    let message = cast.owner.say(&cast.text, "popular");
    let mut gateway = cast.q.connect_to(&[&cast.text]);
    let add = |user: &User, emoji: &str| user.post_empty(&cast.text.reaction(&message["message_id"], emoji));
    let mut emoji: Vec<String> = (0..64).map(|number| format!("e{number}")).collect();
    for one in &emoji {
        add(&cast.p, one).ok();
    }
    add(&cast.p, "one too many").refused(400, "invalid_request");
    add(&cast.p, "65th").refused(409, "quota_exceeded");
    let second = add(&cast.q, "e0").ok().json();
    let mut both = [cast.p.id.clone(), cast.q.id.clone()];
    both.sort();
    assert_eq!(second, json!({"emoji": "e0", "count": 2, "reacted_by_me": true, "reactor_user_ids": both}));

    emoji.sort();
    let listed = &cast.q.history(&cast.text, 20)[0];
    let reactions = listed["reactions"].as_array().expect("reactions");
    let names: Vec<&str> = reactions.iter().filter_map(|reaction| reaction["emoji"].as_str()).collect();
    assert_eq!(names, emoji, "ordered bytewise");
    for reaction in reactions {
        assert_eq!(reaction["reacted_by_me"], json!(reaction["emoji"] == "e0"), "as the reader sees it");
    }
    assert_eq!(gateway.before_sentinel(&cast.q).len(), 65);

    cast.owner.delete(&cast.text.message(&message["message_id"])).is(204);
    assert_eq!(types(&gateway.before_sentinel(&cast.q)), ["message_delete"], "MSG-2: implied, not told one by one");
    add(&cast.p, "e0").refused(404, "not_found");
}
