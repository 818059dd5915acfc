//! What scenarios about members, roles and overrides do all the time.

use serde_json::{Value, json};

use super::{Answer, Room, User};

/// §8.1, in bit order.
pub(crate) const PERMISSIONS: [&str; 12] = [
    "manage_roles",
    "manage_member_roles",
    "manage_workspace_roles",
    "manage_channel_overrides",
    "delete_message",
    "ban_member",
    "view_audit_log",
    "manage_ip_bans",
    "create_message",
    "publish_video",
    "publish_screen_share",
    "subscribe_streams",
];

/// `/guilds/{g}/roles/{r}`.
pub(crate) fn role_path(guild: &str, role: &str) -> String {
    format!("/guilds/{guild}/roles/{role}")
}

/// `/guilds/{g}/members/{u}`, with what follows it.
pub(crate) fn member_path(guild: &str, user: &User, rest: &str) -> String {
    format!("/guilds/{guild}/members/{}{rest}", user.id)
}

/// `…/channels/{c}/permission-overrides/{kind}/{id}`.
pub(crate) fn override_path(room: &Room, kind: &str, target: &str) -> String {
    format!("{}/permission-overrides/{kind}/{target}", room.path())
}

/// The entries of `channels` of an `Access`, as ids.
pub(crate) fn channel_ids(access: &Value) -> Vec<&str> {
    let channels = access["channels"].as_array().expect("channels");
    channels.iter().map(|channel| channel["channel_id"].as_str().expect("channel_id")).collect()
}

/// Passes on the 200 `{"accepted":true}` of HTTP-4.
#[track_caller]
pub(crate) fn accepted(answer: Answer) {
    assert_eq!(answer.is(200).body, br#"{"accepted":true}"#);
}

impl User {
    /// The id of the seeded role of that key (PRM-2).
    #[track_caller]
    pub(crate) fn seeded_role(&self, guild: &str, key: &str) -> String {
        let list = self.get(&format!("/guilds/{guild}/roles")).ok().json();
        let roles = list["roles"].as_array().expect("roles");
        let role = roles.iter().find(|role| role["system_key"] == key).expect("every seeded role is listed");
        role["role_id"].as_str().expect("role_id").to_owned()
    }

    /// Creates a role and returns its id.
    #[track_caller]
    pub(crate) fn create_role(&self, guild: &str, name: &str, position: u16, permissions: &[&str]) -> String {
        let body = json!({"name": name, "position": position, "permissions": permissions});
        let role = self.post(&format!("/guilds/{guild}/roles"), &body).ok().json();
        role["role_id"].as_str().expect("role_id").to_owned()
    }

    /// Gives a role to a member.
    #[track_caller]
    pub(crate) fn assign(&self, guild: &str, role: &str, to: &User) {
        accepted(self.post_empty(&format!("{}/members/{}", role_path(guild, role), to.id)));
    }

    /// Takes a role from a member.
    #[track_caller]
    pub(crate) fn unassign(&self, guild: &str, role: &str, from: &User) {
        accepted(self.delete(&format!("{}/members/{}", role_path(guild, role), from.id)));
    }

    /// Sets the legacy role of a member.
    #[track_caller]
    pub(crate) fn set_legacy_role(&self, guild: &str, of: &User, word: &str) {
        accepted(self.patch(&member_path(guild, of, ""), &json!({"role": word})));
    }

    /// Adds, kicks or bans: `POST` on the member's path with this ending.
    #[track_caller]
    pub(crate) fn moderate(&self, guild: &str, target: &User, ending: &str) {
        accepted(self.post_empty(&member_path(guild, target, ending)));
    }

    /// Sets an override through the generic endpoint.
    #[track_caller]
    pub(crate) fn set_override(&self, room: &Room, kind: &str, target: &str, allow: &[&str], deny: &[&str]) {
        accepted(self.post(&override_path(room, kind, target), &json!({"allow": allow, "deny": deny})));
    }

    /// One's own `Access` in a guild.
    #[track_caller]
    pub(crate) fn access(&self, guild: &str) -> Value {
        self.get(&format!("/guilds/{guild}/permissions/self")).ok().json()
    }

    /// Every row of a list that is walked by cursor, read by pages of this size; the rules of a page are checked on the way (HTTP-15).
    #[track_caller]
    pub(crate) fn walk(&self, path: &str, list: &str, limit: usize) -> Vec<Value> {
        let mut rows: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        let mark = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{mark}limit={limit}{cursor}")).ok().json();
            let found = page[list].as_array().expect("a list");
            assert!(found.len() <= limit);
            rows.extend(found.iter().cloned());
            match &page["next_cursor"] {
                Value::Null => return rows,
                next => {
                    assert!(!found.is_empty(), "a cursor with an empty page");
                    let next = next.as_str().expect("a cursor");
                    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
                    assert!((1..=128).contains(&next.len()) && next.bytes().all(letter), "{next}");
                    cursor = format!("&cursor={next}");
                }
            }
        }
    }

    /// The actions of the audit log, newest first.
    #[track_caller]
    pub(crate) fn audit(&self, guild: &str) -> Vec<String> {
        let rows = self.walk(&format!("/guilds/{guild}/audit"), "events", 100);
        rows.iter().map(|row| row["action"].as_str().expect("action").to_owned()).collect()
    }
}
