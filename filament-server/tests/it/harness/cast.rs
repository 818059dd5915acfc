//! The people and channels of the acceptance scenarios (§18), as far as messages, channels and presence need them.

use serde_json::{Value, json};

use super::{Room, Server, User};

/// Guild G, public, with owner O and plain members P and Q; X is a stranger. T text and V voice are visible to all
/// members, H is hidden from them.
///
/// Two reductions against §18 (for the whole cast see `FullCast`): nobody holds the moderator role, and H is hidden by an
/// override on the seeded member role (learned as the guild's default join role) instead of on `everyone`. Every plain
/// member holds that role, so the effect for P and Q is the same. Where a scenario needs somebody besides the owner who
/// sees a hidden channel, it creates one with a member override that lets one person in.
pub(crate) struct Cast {
    pub(crate) server: Server,
    pub(crate) owner: User,
    pub(crate) p: User,
    pub(crate) q: User,
    pub(crate) stranger: User,
    pub(crate) guild: String,
    pub(crate) text: Room,
    pub(crate) voice: Room,
    pub(crate) hidden: Room,
    pub(crate) member_role: String,
}

impl Cast {
    /// Sets the stage on a server with default configuration.
    pub(crate) fn assemble() -> Self {
        Self::on(Server::start())
    }

    /// Sets the stage on this server.
    pub(crate) fn on(server: Server) -> Self {
        let [owner, p, q, stranger] = ["owner_o", "member_p", "member_q", "stranger_x"].map(|name| server.user(name));
        let guild = owner.create_guild("G", "public");
        let member_role = owner.member_role(&guild);
        let text = owner.create_text(&guild, "T");
        let voice = owner.create_channel(&guild, &json!({"name": "V", "kind": "voice"}));
        let hidden = owner.create_channel(&guild, &hidden_from_members("H", &member_role, &[]));
        p.join(&guild);
        q.join(&guild);
        for user in [&owner, &p, &q, &stranger] {
            // Made before anybody connects, so that no test sees these guilds appear.
            user.own_room();
        }
        Self { server, owner, p, q, stranger, guild, text, voice, hidden, member_role }
    }
}

/// The body that creates a channel hidden from plain members, except these users.
pub(crate) fn hidden_from_members(name: &str, member_role: &str, let_in: &[&User]) -> Value {
    let mut overrides = vec![json!({
        "target_kind": "role", "target_id": member_role, "allow": [], "deny": ["create_message"]
    })];
    for user in let_in {
        overrides.push(json!({
            "target_kind": "member", "target_id": user.id, "allow": ["create_message"], "deny": []
        }));
    }
    json!({"name": name, "overrides": overrides})
}
