//! Answers queries.

use std::cmp::Reverse;

use filament_protocol::{
    AuditId, ChannelId, GuildId, MessageId, Timestamp, UserId, UserSummary, Visibility, record::Guild,
};

use super::State;
use crate::{
    audit::{AuditAction, AuditRecord},
    permission::{GuildGraph, Membership},
    profile::StoredProfile,
    query::{BannedUser, Credentials, Page, Query},
};

impl State {
    pub(in crate::testing) fn page(&self, query: Query, now: Timestamp) -> Page {
        match query {
            // A search needs more than the moment: `search` answers it.
            Query::FactsOnly | Query::Search(_) => Page::FactsOnly,
            Query::Messages { channel_id, before, limit, viewer } => {
                self.message_page(channel_id, before, limit, viewer)
            }
            Query::GuildsOf(user_id) => self.guild_page(user_id),
            Query::PublicGuilds { text, limit } => self.directory_page(&text, limit),
            Query::Users(user_ids) => {
                let found = user_ids.into_iter().filter_map(|user_id| self.people.profile(user_id));
                Page::Users(found.map(summary).collect())
            }
            Query::Members { guild_id, after, limit } => {
                let later = self.members_of(guild_id).filter(|member| after.is_none_or(|after| member.user_id > after));
                let (members, more) = cut(later.map(|member| Membership::clone(member)), limit);
                Page::Members { members, more }
            }
            Query::Bans { guild_id, after, limit } => self.ban_page(guild_id, after, limit),
            Query::AddressBans { guild_id, before, limit } => {
                let here = self.address_bans.iter().rev().filter(|((guild, _), _)| *guild == guild_id);
                let older = here.filter(|((_, ban_id), _)| before.is_none_or(|before| *ban_id < before));
                let active = older.filter(|(_, ban)| ban.expires_at.is_none_or(|end| end > now));
                let (bans, more) = cut(active.map(|(_, ban)| ban.clone()), limit);
                Page::AddressBans { bans, more }
            }
            Query::Audit { guild_id, before, actions, limit } => {
                self.audit_page(guild_id, before, actions.as_deref(), limit)
            }
            Query::Friends(user_id) => Page::Friends(self.people.friends(user_id)),
            Query::FriendRequests(user_id) => Page::FriendRequests {
                incoming: self.people.incoming(user_id),
                outgoing: self.people.outgoing(user_id),
            },
            Query::Image(user_id, kind) => Page::Image(self.people.image(user_id, kind)),
            Query::Stays => Page::Stays(self.stays.values().cloned().collect()),
            Query::Credentials(name) => {
                let hash_of = |user_id| self.password_hashes.get(&user_id).map(|hash| (user_id, hash.clone()));
                let found = self.people.by_name(&name).and_then(hash_of);
                Page::Credentials(found.map(|(user_id, password_hash)| Credentials { user_id, password_hash }))
            }
        }
    }

    fn message_page(&self, channel_id: ChannelId, before: Option<MessageId>, limit: u16, viewer: UserId) -> Page {
        let in_channel = self.messages.iter().rev().filter(|((channel, _), _)| *channel == channel_id);
        let older = in_channel.filter(|((_, id), _)| before.is_none_or(|before| *id < before));
        let shown = older.map(|((_, id), message)| (message.clone(), self.reactions_of(*id, viewer)));
        let (messages, more) = cut(shown, limit);
        Page::Messages { messages, more }
    }

    fn guild_page(&self, user_id: UserId) -> Page {
        let mut mine: Vec<_> = self.members.iter().filter(|((_, user), _)| *user == user_id).collect();
        mine.sort_by_key(|((guild_id, _), membership)| Reverse((membership.joined_at, *guild_id)));
        let guilds = mine.iter().filter_map(|((guild_id, _), _)| self.guilds.get(guild_id));
        Page::Guilds(guilds.map(|graph| record(graph)).collect())
    }

    fn directory_page(&self, text: &str, limit: u16) -> Page {
        let wanted = text.to_ascii_lowercase();
        let public = self.guilds.values().rev().filter(|graph| graph.visibility == Visibility::Public);
        let named = public.filter(|graph| graph.name.to_ascii_lowercase().contains(&wanted));
        Page::Guilds(named.take(usize::from(limit)).map(|graph| record(graph)).collect())
    }

    fn ban_page(&self, guild_id: GuildId, after: Option<(Timestamp, UserId)>, limit: u16) -> Page {
        let here = self.bans.iter().filter(|((guild, _), _)| *guild == guild_id);
        let mut bans: Vec<_> = here.map(|((_, user_id), (actor, at))| (*at, *user_id, *actor)).collect();
        bans.sort_unstable_by(|one, other| other.cmp(one));
        let older = bans.into_iter().filter(|(at, user_id, _)| after.is_none_or(|after| (*at, *user_id) < after));
        let named = older.filter_map(|(banned_at, user_id, actor_user_id)| {
            Some(BannedUser { user: self.people.user(user_id)?, banned_at, actor_user_id })
        });
        let (bans, more) = cut(named, limit);
        Page::Bans { bans, more }
    }

    fn audit_page(
        &self,
        guild_id: GuildId,
        before: Option<AuditId>,
        actions: Option<&[AuditAction]>,
        limit: u16,
    ) -> Page {
        let wanted = |record: &&AuditRecord| {
            record.guild_id == guild_id
                && before.is_none_or(|before| record.audit_id < before)
                && actions.is_none_or(|actions| actions.contains(&record.action))
        };
        let mut records: Vec<&AuditRecord> = self.audit.iter().filter(wanted).collect();
        records.sort_unstable_by_key(|record| Reverse(record.audit_id));
        let (rows, more) = cut(records.into_iter().map(AuditRecord::row), limit);
        Page::Audit { rows, more }
    }
}

fn summary(profile: &StoredProfile) -> UserSummary {
    UserSummary {
        user_id: profile.user_id,
        username: profile.username.clone(),
        avatar_version: profile.avatar.map_or(0, |avatar| avatar.version),
    }
}

/// The first so many, and whether there are more.
fn cut<T>(rows: impl Iterator<Item = T>, limit: u16) -> (Vec<T>, bool) {
    let mut rows: Vec<T> = rows.take(usize::from(limit) + 1).collect();
    let more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    (rows, more)
}

fn record(graph: &GuildGraph) -> Guild {
    Guild { guild_id: graph.guild_id, name: graph.name.clone(), visibility: graph.visibility }
}
