//! What a store says when it is read: its journal and every page of it, as lines that know no id and no time.

use std::num::NonZeroU16;

use filament_protocol::{ChannelId, GuildId, RoleId, SearchTerms, text};

use super::Side;
use crate::{
    AccessSource, Actor, AuditRow, Journal, ListedAddressBan, Store,
    read::{
        ListAddressBans, ListAudit, ListBans, ListChannels, ListGuilds, ListMembers, ListMessages, ListRoles,
        ReadGuild, ReadGuildAccess, SearchMessages,
    },
};

impl<S: Store + Journal + AccessSource> Side<S> {
    pub(super) async fn journal(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut seq = 0;
        loop {
            let entries = self.engine.store().read_after(seq, NonZeroU16::MAX).await.expect("readable");
            let Some(last) = entries.last() else {
                return lines;
            };
            seq = last.seq;
            for entry in &entries {
                let kinds: Vec<_> = entry.events.iter().map(|event| (event.kind, event.plain_only)).collect();
                lines.push(format!("{} {:?} {}", entry.seq, kinds, entry.access.len()));
            }
        }
    }

    pub(super) async fn pages(&self) -> Vec<String> {
        let mut lines = Vec::new();
        // Pages are looked at from where no gate is closed.
        let readers: Vec<Actor> = self.users.iter().map(|user| Actor { address: None, ..*user }).collect();
        for (n, user) in readers.iter().enumerate() {
            let guilds = self.engine.read(*user, ListGuilds).await.expect("readable");
            lines.push(format!(
                "{n}: {:?}",
                guilds.iter().map(|guild| (guild.name.as_str(), guild.visibility)).collect::<Vec<_>>()
            ));
            let loaded = self.engine.store().load_user(user.user_id, user.session_id, self.guilds.clone()).await;
            lines.push(format!("revision {}", loaded.expect("readable").access_rev));
            for guild_id in self.guilds.iter().copied() {
                let Ok(details) = self.engine.read(*user, ReadGuild { guild_id }).await else {
                    continue;
                };
                let access = self.engine.read(*user, ReadGuildAccess { guild_id }).await.expect("a member");
                let rights: Vec<_> = access.channels.iter().map(|channel| channel.permission_bits).collect();
                lines.push(format!("{:?} {:?} {rights:?}", access.role, access.permissions));
                lines.extend(self.guild_pages(*user, guild_id).await);
                lines.extend(self.searches(*user, guild_id).await);
                let channels =
                    self.engine.read(*user, ListChannels { guild_id, manageable: false }).await.expect("a member");
                lines.push(format!(
                    "{} {:?}",
                    details.member_count,
                    channels.iter().map(|listing| listing.channel.name.as_str()).collect::<Vec<_>>()
                ));
                for listing in channels {
                    lines.extend(self.history(*user, guild_id, listing.channel.channel_id).await);
                }
            }
        }
        lines
    }

    /// The messages of a channel that the user sees.
    async fn history(&self, user: Actor, guild_id: GuildId, channel_id: ChannelId) -> Vec<String> {
        let mut lines = Vec::new();
        let list = ListMessages { guild_id, channel_id, before: None, limit: 100 };
        for message in self.engine.read(user, list).await.expect("visible").messages {
            let author = self.user_number(message.author_id);
            let shown = message.reactions.iter();
            let reactions: Vec<_> =
                shown.map(|reaction| (reaction.emoji.as_str(), reaction.count, reaction.reacted_by_me)).collect();
            lines.push(format!(
                "{author:?} {} {} {:?} {reactions:?}",
                message.content,
                message.attachments.len(),
                message.edited_at_unix.is_some()
            ));
        }
        lines
    }

    /// What the user finds in a guild.
    async fn searches(&self, user: Actor, guild_id: GuildId) -> Vec<String> {
        let mut lines = Vec::new();
        for text in ["text", "TEXT 1", "te* 2", "1"] {
            let terms = SearchTerms::parse(&text.parse().expect("a text")).expect("terms");
            let search = SearchMessages { guild_id, channel_id: None, terms, before: None, limit: 7 };
            let page = self.engine.read(user, search).await.expect("a member");
            let number = |id| self.messages.iter().position(|(_, _, message_id)| *message_id == id);
            let found: Vec<_> = page.messages.iter().map(|message| number(message.message_id)).collect();
            lines.push(format!("{text}: {found:?} {}", page.more));
        }
        lines
    }

    /// Roles, members, bans and audit log of a guild, as far as the user may read them.
    async fn guild_pages(&self, user: Actor, guild_id: GuildId) -> Vec<String> {
        let list = self.engine.read(user, ListRoles { guild_id }).await.expect("a member");
        let place = |role_id: RoleId| list.roles.iter().position(|role| role.role_id == role_id);
        let mut lines = vec![format!("default {:?}", list.default_join_role_id.map(place))];
        for role in &list.roles {
            lines.push(format!("{} {} {:?} {:?}", role.name, role.position, role.permissions, role.color_hex));
        }
        let members =
            self.engine.read(user, ListMembers { guild_id, after: None, limit: 200 }).await.expect("a member");
        for member in members.members {
            let roles: Vec<_> = member.role_ids.iter().map(|role_id| place(*role_id)).collect();
            lines.push(format!("member {:?} {roles:?}", self.user_number(member.user_id)));
        }
        if let Ok(page) = self.engine.read(user, ListBans { guild_id, after: None, limit: 100 }).await {
            let mut bans: Vec<_> = page.bans.iter().map(|ban| self.user_number(ban.user.user_id)).collect();
            bans.sort_unstable(); // several in one second stand in the order of their ids
            lines.push(format!("banned {bans:?} {}", page.shows_actors));
        }
        if let Ok(page) = self.engine.read(user, ListAddressBans { guild_id, before: None, limit: 100 }).await {
            let ban = |ban: &ListedAddressBan| (self.user_number(ban.source_user_id), ban.expires_at.is_some());
            lines.push(format!("addresses {:?}", page.bans.iter().map(ban).collect::<Vec<_>>()));
        }
        for prefix in ["", "role.", "member"] {
            let action_prefix = text::AuditAction::new(prefix).ok();
            let list = ListAudit { guild_id, before: None, action_prefix, limit: 100 };
            if let Ok(page) = self.engine.read(user, list).await {
                let row = |row: &AuditRow| {
                    let target = row.target_user_id.map(|user_id| self.user_number(user_id));
                    format!("{} {:?} {target:?}", row.action.name(), self.user_number(row.actor_user_id))
                };
                lines.push(format!("{:?} {}", page.rows.iter().map(row).collect::<Vec<_>>(), page.more));
            }
        }
        lines
    }
}
