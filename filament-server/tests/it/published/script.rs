//! The history: every family of events, by people who hear each other on connections of every kind.

use std::time::Duration;

use serde_json::{Value, json};

use super::recording::{Recorder, Recording};
use crate::harness::{FullCast, Room, User, accepted, befriend, image, role_path, upload};

/// GW-50.
const DRAIN_MAX: Duration = Duration::from_secs(15);

/// The friend of P; the owner of every guild here has no friends.
struct Stage {
    cast: FullCast,
    friend: User,
}

/// Plays the history to its end, the server's end included, and returns what everybody heard.
pub(super) fn play(cast: FullCast) -> Vec<Recording> {
    let friend = super::come(&cast.server, "friend_f");
    let mut stage = Stage { cast, friend };
    let mut recorders = stage.connect();
    stage.messages();
    stage.channels();
    stage.roles();
    stage.overrides();
    stage.people();
    stage.voice();
    stage.members();
    stage.guilds();
    stage.commands(&mut recorders);
    // The newest that anybody did has reached the connections that hear of it.
    let last = stage.cast.owner.say(&stage.cast.text, "the last one");
    for recorder in &recorders[..4] {
        recorder.hears("message_create", |d| d["message_id"] == last["message_id"]);
    }
    let lost = Recorder::socket(&stage.cast.owner, "batch,resume", Some("nonsense"), &[&stage.cast.text]);
    lost.hears("caught_up", |d| d["reset"] == true);
    recorders.push(lost);
    stage.cast.server.sigterm();
    assert!(stage.cast.server.wait_exit(DRAIN_MAX).success());
    recorders.into_iter().map(Recorder::end).collect()
}

impl Stage {
    /// Owner and P on plain connections and with batches, P on a stream, and who is known to nobody or to P alone.
    fn connect(&self) -> Vec<Recorder> {
        let FullCast { owner, p, stranger, text, voice, hidden, .. } = &self.cast;
        let recorders = vec![
            Recorder::socket(owner, "", None, &[text, voice, hidden]),
            Recorder::socket(owner, "batch,resume", None, &[text, voice, hidden]),
            Recorder::socket(p, "", None, &[text, voice]),
            Recorder::socket(p, "batch", None, &[text, voice]),
            Recorder::stream(p, &[text, voice]),
            Recorder::socket(stranger, "", None, &[]),
            Recorder::socket(&self.friend, "", None, &[]),
        ];
        for recorder in &recorders[..5] {
            recorder.hears("voice_participant_sync", |d| d["channel_id"] == *voice.id);
        }
        recorders[0].hears("presence_update", |d| d["user_id"] == *p.id);
        recorders
    }

    fn messages(&self) {
        let FullCast { owner, p, text, hidden, .. } = &self.cast;
        let rich = "# A\n\n*b* **c** [d](https://e.example) `f`\n\n```g\nh\n```\n\n1. i\n\n- j\\\nk\nl";
        let message = owner.say(text, rich);
        let (path, id) = (text.message(&message["message_id"]), &message["message_id"]);
        let file = owner.upload(text, "notes.txt", Some("text/plain"), b"some notes").ok().json();
        let body = json!({"content": "", "attachment_ids": [file["attachment_id"]]});
        let with_file = owner.post(&text.messages(), &body).ok().json();
        owner.patch(&path, &json!({"content": "> quoted\n\n---\n\n1. one\n2. two"})).ok();
        p.post_empty(&text.reaction(id, "🎉")).ok();
        p.delete(&text.reaction(id, "🎉")).ok();
        owner.delete(&text.attachment(&file["attachment_id"])).is(204);
        owner.delete(&text.message(&with_file["message_id"])).is(204);
        owner.say(hidden, "not for all");
    }

    fn channels(&self) {
        let FullCast { owner, guild, text, voice, .. } = &self.cast;
        let room = owner.create_text(guild, "passing");
        owner.patch(&room.path(), &json!({"name": "renamed"})).ok();
        let order = json!({"channel_ids": [room.id, text.id, voice.id]});
        accepted(owner.post(&self.cast.path("/channels/reorder"), &order));
        let mut listener = Recorder::socket(&self.cast.p, "", None, &[&room]);
        listener.hears("subscribed", |d| d["channel_id"] == *room.id);
        owner.delete(&room.path()).is(204);
        listener.hears("unsubscribed", |d| d["reason"] == "channel_deleted");
        listener.send("heartbeat", &json!({"s": 0}));
        listener.hears("heartbeat_ack", |_| true);
    }

    fn roles(&self) {
        let FullCast { owner, guild, p, roles, .. } = &self.cast;
        let role = owner.create_role(guild, "Passing", 10, &["create_message"]);
        owner.patch(&role_path(guild, &role), &json!({"name": "Renamed", "color_hex": "#AABBCC"})).ok();
        owner.assign(guild, &role, p);
        owner.unassign(guild, &role, p);
        accepted(owner.post(&self.cast.path("/roles/reorder"), &json!({"role_ids": [roles.member, role]})));
        accepted(owner.post(&self.cast.path("/roles/default"), &json!({"role_id": role})));
        accepted(owner.delete(&role_path(guild, &role)));
        accepted(owner.post(&self.cast.path("/roles/default"), &json!({"role_id": roles.member})));
    }

    fn overrides(&self) {
        let FullCast { owner, p, text, hidden, roles, .. } = &self.cast;
        owner.set_override(text, "role", &roles.member, &[], &["publish_video"]);
        owner.set_override(text, "member", &p.id, &["publish_video"], &[]);
        // Gained and lost: on plain connections as a channel that comes and goes.
        owner.set_override(hidden, "member", &p.id, &["create_message"], &[]);
        owner.set_override(hidden, "member", &p.id, &[], &[]);
    }

    fn people(&self) {
        let (p, q, friend) = (&self.cast.p, &self.cast.q, &self.friend);
        p.patch("/users/me/profile", &json!({"username": "P.renamed", "about_markdown": "**hi**"})).ok();
        upload(p, "avatar", Some("image/png"), &image("image/png", 1, 1_000)).ok();
        upload(p, "banner", None, &image("image/webp", 2, 1_000)).ok();
        befriend(p, friend);
        p.delete(&format!("/friends/{}", friend.id)).is(204);
        let asked = p.post("/friends/requests", &json!({"recipient_user_id": q.id})).ok().json();
        q.delete(&format!("/friends/requests/{}", asked["request_id"].as_str().expect("an id"))).is(204);
    }

    fn voice(&self) {
        let FullCast { owner, voice, .. } = &self.cast;
        let path = |ending: &str| format!("{}/voice/{ending}", voice.path());
        let enter = |sources: &[&str]| owner.post(&path("token"), &json!({"publish_sources": sources})).ok();
        enter(&["microphone", "camera", "screen_share"]);
        owner.post(&path("state"), &json!({"is_muted": true, "is_deafened": true})).is(204);
        enter(&["microphone"]);
        let listener = Recorder::socket(&self.cast.q, "", None, &[voice]);
        listener.hears("voice_participant_sync", |d| d["participants"] != json!([]));
        owner.post_empty(&path("leave")).is(204);
        listener.hears("voice_participant_leave", |d| d["user_id"] == *owner.id);
    }

    fn members(&self) {
        let FullCast { owner, guild, q, stranger, text, moderator, .. } = &self.cast;
        stranger.join(guild);
        owner.set_legacy_role(guild, q, "moderator");
        let by_address = json!({"target_user_id": stranger.id, "reason": "an address"});
        let made = moderator.post(&self.cast.path("/ip-bans/by-user"), &by_address).ok().json();
        assert_ne!(made["created_count"], 0);
        owner.moderate(guild, stranger, "/kick");
        owner.moderate(guild, stranger, "/ban");
        owner.delete(&self.cast.path(&format!("/bans/{}", stranger.id))).is(204);
        owner.moderate(guild, stranger, "");
        stranger.leave(guild);
        // Who loses the whole guild loses its channels with it.
        let listener = Recorder::socket(q, "", None, &[text]);
        listener.hears("subscribed", |_| true);
        owner.moderate(guild, q, "/kick");
        listener.hears("workspace_unavailable", |d| d["guild_id"] == **guild);
    }

    fn guilds(&self) {
        let FullCast { owner, p, .. } = &self.cast;
        owner.patch(&self.cast.path(""), &json!({"name": "Renamed", "visibility": "private"})).ok();
        let second = owner.create_guild("second", "public");
        p.join(&second);
        owner.post(&format!("/guilds/{second}/owner"), &json!({"user_id": p.id})).ok();
        p.delete(&format!("/guilds/{second}")).is(204);
    }

    /// What only commands are answered with.
    fn commands(&self, recorders: &mut [Recorder]) {
        let FullCast { hidden, text, .. } = &self.cast;
        let name = |room: &Room| json!({"guild_id": room.guild, "channel_id": room.id});
        for recorder in &mut recorders[2..4] {
            recorder.send("subscribe", &name(hidden));
            recorder.hears("error", |d| d["code"] == "forbidden");
            recorder.send("unsubscribe", &name(text));
            recorder.hears("unsubscribed", |d| d["reason"] == "requested");
            recorder.send("subscribe", &name(text));
            let mut post = name(text);
            post["content"] = Value::from("by command");
            post["ref"] = Value::from("r-1");
            recorder.send("message_create", &post);
            recorder.hears("message_create", |d| d["content"] == "by command");
            recorder.send("heartbeat", &json!({"s": 0}));
            recorder.hears("heartbeat_ack", |_| true);
        }
    }
}
