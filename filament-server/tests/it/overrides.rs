//! Overrides of channels (§4.7, §4.11, §8.3, §9.8): scenarios 34 to 39 and what surrounds them.

pub(crate) mod loss;
mod refused;

use serde_json::{Value, json};

use crate::harness::{Form, FullCast, Room, User, accepted, override_path, still_nothing, types};

const CANONICAL: &str = "workspace_channel_override_update";
const NOTICE: &str = "workspace_channel_role_override_update";

fn listed(user: &User, room: &Room) -> Vec<Value> {
    let list = user.get(&format!("{}/overrides", room.path())).ok().json();
    list["overrides"].as_array().expect("overrides").clone()
}

/// Proves PRM-6 (the legacy endpoint is the generic one on the seeded role), EMI-1, CMP-1, and that both survive a restart.
#[test]
pub(crate) fn s034_a_seeded_override_is_one_row_whichever_endpoint_sets_it() {
    let mut cast = FullCast::assemble();
    let mut owner = cast.owner.connect_to(&[&cast.text]);
    let mut p = cast.p.connect_to(&[&cast.text]);
    let lists = json!({"allow": [], "deny": ["create_message"]});
    accepted(cast.owner.post(&format!("{}/overrides/member", cast.text.path()), &lists));
    cast.p.get(&cast.text.messages()).refused(403, "forbidden");
    cast.owner.say(&cast.text, "P does not hear this");
    accepted(cast.owner.post(&override_path(&cast.text, "role", &cast.roles.member), &lists));

    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), Form::current().hears(&[CANONICAL, NOTICE, "unsubscribed"]));
    let canonical = &events[0];
    assert_eq!((&canonical["target_kind"], &canonical["target_id"]), (&json!("role"), &json!(cast.roles.member)));
    assert_eq!(canonical["role"], "member");
    for event in &events[..events.len() - 1] {
        assert_eq!(event["updated_fields"], lists);
        assert_eq!(event["actor_user_id"], *cast.owner.id);
        assert_eq!(event["role"], "member");
    }
    let unsubscribed = events.last().expect("unsubscribed");
    assert_eq!(
        (&unsubscribed["reason"], &unsubscribed["channel_id"]),
        (&json!("access_revoked"), &json!(cast.text.id))
    );
    let heard = Form::current().hears(&[CANONICAL, NOTICE, "message_create"]);
    assert_eq!(types(&owner.before_sentinel(&cast.owner)), heard);
    still_nothing(&mut [&mut owner, &mut p]);

    let check = |cast: &FullCast| {
        let rows = listed(&cast.owner, &cast.text);
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!((&row["target_kind"], &row["target_id"]), (&json!("role"), &json!(cast.roles.member)));
        assert_eq!((&row["role"], &row["allow"], &row["deny"]), (&json!("member"), &lists["allow"], &lists["deny"]));
        assert!(row["updated_at_unix"].as_u64().is_some_and(|time| time > 0));
        cast.p.get(&cast.text.messages()).refused(403, "forbidden");
        assert_eq!(cast.p.channel_ids(&cast.guild), [cast.voice.id.as_str()]);
    };
    check(&cast);
    cast.server.kill9();
    cast.server.restart();
    check(&cast);

    // Both lists empty: the row is gone.
    let none = json!({"allow": [], "deny": []});
    accepted(cast.owner.post(&format!("{}/overrides/member", cast.text.path()), &none));
    assert!(listed(&cast.owner, &cast.text).is_empty());
    cast.p.get(&cast.text.messages()).ok();
}

/// Proves CMP-1, CMP-2, CMP-3 for a plain connection, and policy `always` of §3.
#[test]
pub(crate) fn s035_each_kind_of_target_has_its_notice() {
    let cast = FullCast::assemble();
    let custom = cast.owner.create_role(&cast.guild, "Custom", 10, &[]);
    let mut p = cast.p.connect();
    let mut q = cast.q.connect();
    let deny = ["publish_screen_share"];
    for (kind, target) in [
        ("role", &cast.roles.moderator),
        ("role", &cast.roles.everyone),
        ("role", &custom),
        ("member", &cast.p.id),
        ("role", &cast.roles.member),
    ] {
        cast.owner.set_override(&cast.text, kind, target, &[], &deny);
    }
    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), Form::current().hears(&[CANONICAL, NOTICE].repeat(5)));
    let canonical = || events.iter().filter(|event| event.t() == CANONICAL);
    let words: Vec<Option<&str>> = canonical().map(|event| event.d().get("role")?.as_str()).collect();
    assert_eq!(words, [Some("moderator"), None, None, None, Some("member")]);
    let kinds: Vec<&Value> = canonical().map(|event| &event["target_kind"]).collect();
    assert_eq!(kinds, ["role", "role", "role", "member", "role"]);
    for event in canonical() {
        assert_eq!(event["updated_fields"], json!({"allow": [], "deny": deny}));
    }
    // The notices restate what is stored for the word: the moderator role once, then the member role, which has no lists until the end.
    let (stored, empty) = (json!({"allow": [], "deny": deny}), json!({"allow": [], "deny": []}));
    let notices: Vec<(&Value, &Value)> = events
        .iter()
        .filter(|event| event.t() == NOTICE)
        .map(|event| (&event["role"], &event["updated_fields"]))
        .collect();
    let (moderator, member) = (json!("moderator"), json!("member"));
    if Form::current() == Form::Plain {
        let expected =
            [(&moderator, &stored), (&member, &empty), (&member, &empty), (&member, &empty), (&member, &stored)];
        assert_eq!(notices, expected);
    }
    // CMP-3 is for the member concerned; the canonical event is for all in EDGE.
    let mut expected = [CANONICAL, NOTICE].repeat(5);
    expected.remove(7);
    assert_eq!(types(&q.before_sentinel(&cast.q)), Form::current().hears(&expected));
    still_nothing(&mut [&mut p, &mut q]);
}

/// Proves DEL-6 for overrides of a hidden channel.
#[test]
pub(crate) fn s039_overrides_of_a_hidden_channel_are_unheard_by_who_never_saw_it() {
    let cast = FullCast::assemble();
    let custom = cast.owner.create_role(&cast.guild, "Custom", 10, &[]);
    cast.owner.assign(&cast.guild, &custom, &cast.p);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let mut moderator = cast.moderator.connect();
    let of = |kind: &str, target: &str, allow: &[&str], deny: &[&str]| {
        cast.owner.set_override(&cast.hidden, kind, target, allow, deny);
    };
    of("role", &cast.roles.moderator, &["create_message"], &["publish_video"]);
    of("role", &custom, &["create_message"], &[]);
    of("role", &custom, &[], &[]);
    of("role", &cast.roles.member, &[], &["subscribe_streams"]);
    of("role", &cast.roles.everyone, &["publish_video"], &["create_message"]);
    of("member", &cast.p.id, &[], &["create_message"]);
    of("member", &cast.q.id, &["publish_video"], &[]);
    of("member", &cast.q.id, &[], &[]);
    let mut everything = q.everything_before_sentinel(&cast.q);
    // That people came online is told up to a second later (PRE-4), and is of the guild.
    everything.retain(|event| event.t() != "presence_update");
    assert!(everything.is_empty(), "{:?}", types(&everything));
    let heard = moderator.before_sentinel(&cast.moderator);
    assert_eq!(heard.iter().filter(|event| event.t() == CANONICAL).count(), 8);
    still_nothing(&mut [&mut q, &mut moderator]);
    assert!(!q.transcript().contains(&cast.hidden.id));
}

/// Proves that a member override outlives the membership (§9.8, Q25).
#[test]
fn s042_leaving_sheds_no_denial() {
    let cast = FullCast::assemble();
    cast.owner.set_override(&cast.text, "member", &cast.p.id, &[], &["create_message"]);
    cast.p.leave(&cast.guild);
    assert_eq!(listed(&cast.owner, &cast.text).len(), 1);
    cast.p.join(&cast.guild);
    cast.p.get(&cast.text.messages()).refused(403, "forbidden");
    assert_eq!(cast.p.channel_ids(&cast.guild), [cast.voice.id.as_str()]);
}

/// Proves the order and completeness of the list of overrides, and `DELETE` without a row (§9.8).
#[test]
fn overrides_are_listed_and_removed() {
    let cast = FullCast::assemble();
    let rows = listed(&cast.owner, &cast.hidden);
    assert_eq!(rows.len(), 2);
    let everyone = rows.iter().find(|row| row["target_id"] == *cast.roles.everyone).expect("everyone's row");
    assert!(everyone.get("role").is_none(), "Q1: `everyone` has no word");
    let mut p = cast.p.connect();
    for _ in 0..2 {
        cast.owner.delete(&override_path(&cast.text, "member", &cast.p.id)).is(204);
        cast.owner.delete(&override_path(&cast.text, "role", &cast.roles.member)).is(204);
    }
    p.nothing(&cast.p);
    cast.owner.set_override(&cast.text, "member", &cast.p.id, &["publish_video"], &[]);
    cast.owner.delete(&override_path(&cast.text, "member", &cast.p.id)).is(204);
    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), [CANONICAL, NOTICE, CANONICAL, NOTICE]);
    assert_eq!(events[2]["updated_fields"], json!({"allow": [], "deny": []}), "both empty: removed");
    assert!(listed(&cast.owner, &cast.text).is_empty());
}
