//! Clients and servers of different ages (§17).

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Event, FullCast};

/// The names marked `y` in §4: all that an existing client of version 1 knows.
const KNOWN_TO_V1: &str = "ready subscribed presence_sync voice_participant_sync message_create message_update message_delete \
    message_reaction channel_create presence_update voice_participant_join voice_participant_leave \
    voice_participant_update voice_stream_publish voice_stream_unpublish workspace_update workspace_member_add \
    workspace_member_update workspace_member_remove workspace_member_ban workspace_ip_ban_sync workspace_role_create \
    workspace_role_update workspace_role_delete workspace_role_reorder workspace_role_assignment_add \
    workspace_role_assignment_remove workspace_channel_role_override_update profile_update profile_avatar_update \
    profile_banner_update friend_request_create friend_request_update friend_request_delete friend_remove";

/// What such a client shows of the channels: it adds what is created, and asks again for a channel whose override changed.
fn shown(events: &[Event], mut channels: BTreeSet<String>, can_read: impl Fn(&str) -> bool) -> BTreeSet<String> {
    for event in events {
        match event.t() {
            "channel_create" => {
                channels.insert(event["channel"]["channel_id"].as_str().expect("an id").to_owned());
            }
            "workspace_channel_role_override_update" => {
                let id = event["channel_id"].as_str().expect("an id");
                if !can_read(id) {
                    channels.remove(id);
                }
            }
            _ => {}
        }
    }
    channels
}

/// Proves ROL-4 for a new server and an old client: one that asks for nothing gets every event as a message of its own, and although it
/// passes over names it does not know, its list of channels stays right, by the notices of §4.11 among those it knows. One that asks
/// for what only later servers have is agreed on what there is, and gets no notice.
#[test]
fn an_old_client_is_kept_right_by_what_it_knows_and_a_newer_one_learns_what_there_is() {
    let cast = FullCast::assemble();
    let mut old = cast.p.connect_by(cast.p.dial());
    old.subscribe(&cast.text);
    let asked = "batch,from_a_later_version,resume";
    let mut new = cast.p.dial().query("features", asked).open().expect("an upgrade");
    let ready = new.next();
    assert_eq!((ready.t(), &ready["features"]), ("ready", &json!(["batch", "resume"])));
    new.mute(&cast.p.own_room());
    let before: BTreeSet<String> = cast.p.channel_ids(&cast.guild).into_iter().collect();

    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &["create_message"], &[]);
    let deny = ["create_message"];
    cast.owner.set_override(&cast.text, "role", &cast.roles.member, &[], &deny);
    let passing = cast.owner.create_text(&cast.guild, "passing");
    let created = cast.owner.create_text(&cast.guild, "staying");
    cast.owner.delete(&passing.path()).is(204);

    let heard = old.before_sentinel(&cast.p);
    assert!(heard.iter().all(|event| event.batch.is_none()), "RES-1 is for those who asked");
    let known: BTreeSet<&str> = KNOWN_TO_V1.split_whitespace().collect();
    let (heard, later): (Vec<Event>, Vec<Event>) = heard.into_iter().partition(|event| known.contains(event.t()));
    let later: BTreeSet<&str> = later.iter().map(Event::t).collect();
    assert_eq!(later, BTreeSet::from(["channel_delete", "unsubscribed", "workspace_channel_override_update"]));
    let can_read = |id: &str| cast.p.get(&format!("/guilds/{}/channels/{id}/messages", cast.guild)).status == 200;
    let now: BTreeSet<String> = cast.p.channel_ids(&cast.guild).into_iter().collect();
    assert!(now.contains(&cast.hidden.id) && now.contains(&created.id) && !now.contains(&cast.text.id));
    assert_eq!(shown(&heard, before, can_read), now, "gained, hidden, deleted and created channels");

    let heard = new.before_sentinel(&cast.p);
    assert!(heard.iter().all(|event| event.batch.is_some()), "RES-1");
    assert!(heard.iter().all(|event| event.t() != "workspace_channel_role_override_update"), "§4.11");
}
