//! Values that no event may carry, family by family: bounds, words, and members that contradict each other.

use filament_protocol::DecodeErrorKind::{self, MissingField, OutOfBounds, UnknownWord};
use filament_protocol::{Class, Event, EventKind};
use serde_json::{Value, json};

use super::payload::VECTORS;
use super::{check_refused, envelope, expand, read};

/// The payload of an event with some values replaced; null removes a member.
fn bent(kind: EventKind, changes: &[(&str, Value)]) -> String {
    let vector = VECTORS.iter().find(|vector| vector.kind == kind).unwrap();
    let mut payload: Value = serde_json::from_str(&expand(vector.payload)).unwrap();
    for (pointer, value) in changes {
        let (object, name) = pointer.rsplit_once('/').unwrap();
        let object = payload.pointer_mut(object).unwrap();
        match (object, value) {
            (Value::Object(members), Value::Null) => drop(members.remove(name)),
            (Value::Object(members), value) => drop(members.insert(name.to_owned(), value.clone())),
            (Value::Array(items), value) => items[name.parse::<usize>().unwrap()] = value.clone(),
            (other, _) => panic!("{pointer}: {other}"),
        }
    }
    envelope(kind, &payload.to_string())
}

#[track_caller]
fn refuse(event: EventKind, changes: &[(&str, Value)], kind: DecodeErrorKind, path: &str) {
    check_refused(&bent(event, changes), event, kind, path);
}

#[track_caller]
fn accept(event: EventKind, changes: &[(&str, Value)]) -> Event {
    read(&bent(event, changes))
}

fn id(n: u128) -> Value {
    json!(filament_protocol::UserId::from_u128(n))
}

/// §4.2: numbers of the connection, words, and snapshots that name nobody twice.
#[test]
fn connection_events() {
    use EventKind::{CaughtUp, Closing, Error, HeartbeatAck, PresenceSync, Ready, Reset, VoiceParticipantSync};
    for interval in [0, 999, 120_001] {
        refuse(Ready, &[("/heartbeat_interval_ms", json!(interval))], OutOfBounds, "d.heartbeat_interval_ms");
    }
    refuse(Ready, &[("/features", json!(["a", "a"]))], OutOfBounds, "d.features");
    refuse(Ready, &[("/resume", json!("no"))], UnknownWord, "d.resume");
    refuse(Error, &[("/code", json!("idempotency_conflict"))], UnknownWord, "d.code");
    refuse(Error, &[("/retry_after_ms", json!(86_400_001))], OutOfBounds, "d.retry_after_ms");
    refuse(PresenceSync, &[("/truncated", json!(false))], OutOfBounds, "d.truncated");
    refuse(PresenceSync, &[("/user_ids", json!([id(1), id(2), id(1)]))], OutOfBounds, "d.user_ids");
    refuse(HeartbeatAck, &[("/s", json!(9_007_199_254_740_992_u64))], OutOfBounds, "d.s");
    refuse(Closing, &[("/code", json!(999))], OutOfBounds, "d.code");
    refuse(Closing, &[("/name", json!("Going away"))], OutOfBounds, "d.name");
    refuse(CaughtUp, &[("/replayed", json!(2_001))], OutOfBounds, "d.replayed");
    refuse(Reset, &[("/reason", json!("other"))], UnknownWord, "d.reason");
    accept(Reset, &[("/guild_id", Value::Null), ("/channel_id", Value::Null)]);
    let participant = |user: u128, identity: &str| {
        let mut one: Value = serde_json::from_str(&expand(super::PARTICIPANT)).unwrap();
        one["user_id"] = id(user);
        one["identity"] = json!(identity);
        one
    };
    let both = |left: Value, right: Value| [("/participants", json!([left, right]))];
    accept(VoiceParticipantSync, &both(participant(1, "a"), participant(2, "b")));
    let same_user = both(participant(1, "a"), participant(1, "b"));
    refuse(VoiceParticipantSync, &same_user, OutOfBounds, "d.participants");
    let same_identity = both(participant(1, "a"), participant(2, "a"));
    refuse(VoiceParticipantSync, &same_identity, OutOfBounds, "d.participants");
}

/// §4.3: counts and lists of messages.
#[test]
fn message_events() {
    use EventKind::{MessageCreate, MessageReaction, MessageUpdate};
    refuse(MessageCreate, &[("/reactions/0/count", json!(1_000_001))], OutOfBounds, "d.reactions[0].count");
    refuse(MessageCreate, &[("/attachments/0/size_bytes", json!(0))], OutOfBounds, "d.attachments[0].size_bytes");
    let reactors = ("/reactions/0/reactor_user_ids", json!([id(1), id(1)]));
    refuse(MessageCreate, &[reactors], OutOfBounds, "d.reactions[0].reactor_user_ids");
    refuse(MessageReaction, &[("/count", json!(1_000_001))], OutOfBounds, "d.count");
    refuse(MessageReaction, &[("/emoji", json!("a b"))], OutOfBounds, "d.emoji");
    refuse(MessageUpdate, &[("/updated_fields/content", Value::Null)], MissingField, "d.updated_fields.content");
}

/// §4.4: a list of channels names each once.
#[test]
fn channel_events() {
    refuse(EventKind::ChannelReorder, &[("/channel_ids", json!([id(1), id(1)]))], OutOfBounds, "d.channel_ids");
    let ids: Vec<Value> = (0..201).map(id).collect();
    refuse(EventKind::ChannelReorder, &[("/channel_ids", json!(ids))], OutOfBounds, "d.channel_ids");
}

/// §4.5: an update says something; which, decides how it is delivered.
#[test]
fn voice_events() {
    use EventKind::{VoiceParticipantUpdate, VoiceStreamPublish};
    refuse(VoiceParticipantUpdate, &[("/updated_fields", json!({}))], OutOfBounds, "d.updated_fields");
    refuse(VoiceStreamPublish, &[("/stream", json!("screen"))], UnknownWord, "d.stream");
    let class = |fields: Value| accept(VoiceParticipantUpdate, &[("/updated_fields", fields)]).class();
    assert_eq!(class(json!({"is_speaking": true})), Class::Ephemeral);
    assert_eq!(class(json!({"is_speaking": false, "is_muted": true})), Class::Live);
    assert_eq!(class(json!({"is_video_enabled": false})), Class::Live);
}

/// §4.6: memberships and bans; nobody is named as the actor of a leave.
#[test]
fn workspace_and_member_events() {
    use EventKind::{WorkspaceDefaultRoleUpdate, WorkspaceIpBanSync, WorkspaceMemberRemove, WorkspaceUpdate};
    refuse(WorkspaceUpdate, &[("/updated_fields", json!({}))], OutOfBounds, "d.updated_fields");
    refuse(WorkspaceDefaultRoleUpdate, &[("/role_id", Value::Null)], MissingField, "d.role_id");
    refuse(WorkspaceMemberRemove, &[("/reason", json!("leave"))], OutOfBounds, "d");
    accept(WorkspaceMemberRemove, &[("/reason", json!("leave")), ("/actor_user_id", Value::Null)]);
    refuse(WorkspaceIpBanSync, &[("/summary/changed_count", json!(0))], OutOfBounds, "d.summary.changed_count");
    refuse(WorkspaceIpBanSync, &[("/summary/action", json!("add"))], UnknownWord, "d.summary.action");
}

/// §4.7: positions, colours, disjoint lists, and the word of a role where there is one.
#[test]
fn role_events() {
    use EventKind::{
        WorkspaceChannelOverrideUpdate, WorkspaceChannelRoleOverrideUpdate, WorkspaceRoleCreate, WorkspaceRoleReorder,
        WorkspaceRoleUpdate,
    };
    for position in [0, 10_000] {
        refuse(WorkspaceRoleCreate, &[("/role/position", json!(position))], OutOfBounds, "d.role.position");
    }
    for color in ["#00ffa9", "00FFA9", "#00FFA", "#00FFA90"] {
        refuse(WorkspaceRoleCreate, &[("/role/color_hex", json!(color))], OutOfBounds, "d.role.color_hex");
    }
    refuse(WorkspaceRoleUpdate, &[("/updated_fields", json!({}))], OutOfBounds, "d.updated_fields");
    let repeated = ("/roles", json!([{"role_id": id(1), "position": 1}, {"role_id": id(1), "position": 2}]));
    refuse(WorkspaceRoleReorder, &[repeated], OutOfBounds, "d.roles");
    let ids: Vec<Value> = (0..63).map(id).collect();
    refuse(WorkspaceRoleReorder, &[("/role_ids", json!(ids))], OutOfBounds, "d.role_ids");
    for kind in [WorkspaceChannelOverrideUpdate, WorkspaceChannelRoleOverrideUpdate] {
        let overlap = ("/updated_fields", json!({"allow": ["create_message"], "deny": ["create_message"]}));
        refuse(kind, &[overlap], OutOfBounds, "d.updated_fields");
        refuse(kind, &[("/updated_fields/allow", json!(["fly"]))], UnknownWord, "d.updated_fields.allow[0]");
        refuse(kind, &[("/role", json!("everyone"))], UnknownWord, "d.role");
    }
    refuse(WorkspaceChannelOverrideUpdate, &[("/target_kind", json!("member"))], OutOfBounds, "d");
    accept(WorkspaceChannelOverrideUpdate, &[("/target_kind", json!("member")), ("/role", Value::Null)]);
}

/// §4.8: revisions begin at 1, masks end at 4,095, positions at 199.
#[test]
fn access_events() {
    use EventKind::WorkspaceAccessUpdate;
    refuse(WorkspaceAccessUpdate, &[("/access_rev", json!(0))], OutOfBounds, "d.access_rev");
    let bits = ("/channels/0/permission_bits", json!(4_096));
    refuse(WorkspaceAccessUpdate, &[bits], OutOfBounds, "d.channels[0].permission_bits");
    refuse(WorkspaceAccessUpdate, &[("/channels/0/position", json!(200))], OutOfBounds, "d.channels[0].position");
}

/// §4.9: versions begin at 1; the two about members come together; a request is accepted or gone.
#[test]
fn profile_and_friend_events() {
    use EventKind::{FriendRequestUpdate, ProfileAvatarUpdate, ProfileUpdate};
    refuse(ProfileAvatarUpdate, &[("/avatar_version", json!(0))], OutOfBounds, "d.avatar_version");
    refuse(ProfileUpdate, &[("/updated_fields", json!({}))], OutOfBounds, "d.updated_fields");
    refuse(ProfileUpdate, &[("/updated_fields", json!({"about_markdown": ""}))], OutOfBounds, "d.updated_fields");
    accept(ProfileUpdate, &[("/updated_fields", json!({"username": "ann"}))]);
    accept(ProfileUpdate, &[("/updated_fields", json!({"about_markdown": "", "about_markdown_tokens": []}))]);
    refuse(FriendRequestUpdate, &[("/state", json!("declined"))], UnknownWord, "d.state");
}
