//! The cast of §18 as it is written there: owner, seeded moderator, plain members, a stranger, and a channel hidden by `everyone`.

use serde_json::json;

use super::{Room, Server, User};

/// The ids of the seeded roles of a guild.
pub(crate) struct SeededRoles {
    pub(crate) everyone: String,
    pub(crate) owner: String,
    pub(crate) moderator: String,
    pub(crate) member: String,
}

impl SeededRoles {
    /// Reads them as this member of the guild.
    #[track_caller]
    pub(crate) fn of(user: &User, guild: &str) -> Self {
        let [everyone, owner, moderator, member] =
            ["everyone", "workspace_owner", "moderator", "member"].map(|key| user.seeded_role(guild, key));
        Self { everyone, owner, moderator, member }
    }

    /// All four.
    pub(crate) fn all(&self) -> [&str; 4] {
        [&self.everyone, &self.owner, &self.moderator, &self.member]
    }
}

/// Guild G, public, with owner O, seeded moderator M and plain members P and Q; X is a stranger. T text and V voice are visible to all,
/// H is hidden: `everyone` denies `create_message`, `moderator` allows it.
pub(crate) struct FullCast {
    pub(crate) server: Server,
    pub(crate) owner: User,
    pub(crate) moderator: User,
    pub(crate) p: User,
    pub(crate) q: User,
    pub(crate) stranger: User,
    pub(crate) guild: String,
    pub(crate) text: Room,
    pub(crate) voice: Room,
    pub(crate) hidden: Room,
    pub(crate) roles: SeededRoles,
}

impl FullCast {
    /// Sets the stage on a server with default configuration.
    pub(crate) fn assemble() -> Self {
        Self::on(Server::start(), |server, name| server.user(name))
    }

    /// Sets the stage on this server; people come from where `come` lets them come from.
    pub(crate) fn on(server: Server, come: impl Fn(&Server, &str) -> User) -> Self {
        let [owner, moderator, p, q, stranger] =
            ["owner_o", "moderator_m", "member_p", "member_q", "stranger_x"].map(|name| come(&server, name));
        let guild = owner.create_guild("G", "public");
        let roles = SeededRoles::of(&owner, &guild);
        let text = owner.create_text(&guild, "T");
        let voice = owner.create_channel(&guild, &json!({"name": "V", "kind": "voice"}));
        let hidden = owner.create_channel(
            &guild,
            &json!({"name": "H", "overrides": [
                {"target_kind": "role", "target_id": roles.everyone, "allow": [], "deny": ["create_message"]},
                {"target_kind": "role", "target_id": roles.moderator, "allow": ["create_message"], "deny": []},
            ]}),
        );
        for user in [&moderator, &p, &q] {
            user.join(&guild);
        }
        owner.set_legacy_role(&guild, &moderator, "moderator");
        for user in [&owner, &moderator, &p, &q, &stranger] {
            // Made before anybody connects, so that no test sees these guilds appear.
            user.own_room();
        }
        Self { server, owner, moderator, p, q, stranger, guild, text, voice, hidden, roles }
    }

    /// `/guilds/{g}` with what follows it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/guilds/{}{rest}", self.guild)
    }
}
