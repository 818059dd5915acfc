//! Two stores, the same random commands: every outcome, every journal entry and every page must be the same but for ids and times.

mod files;
mod orders;

use std::num::NonZeroU16;

use filament_protocol::{
    AttachmentId, ChannelId, ChannelKind, ChannelName, Emoji, ErrorCode, GuildId, GuildName, IdempotencyKey, IpBanId,
    MessageContent, MessageId, Permission, Permissions, RoleId, SearchTerms, SystemKey, Visibility,
};

use self::{files::FileOrder, orders::Order};
use super::conformance::account;
use crate::{
    AccessSource, Actor, Command, Engine, Journal, Limits, Store, TransactError,
    decide::{
        channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
        guild::{CreateGuild, JoinGuild, LeaveGuild, UpdateGuild},
        message::{CreateMessage, DeleteMessage, EditMessage},
        reaction::{AddReaction, ReactionTarget, RemoveReaction},
    },
    permission::OverrideTarget,
    read::{
        ListAddressBans, ListAudit, ListBans, ListChannels, ListGuilds, ListMembers, ListMessages, ListRoles,
        ReadGuild, ReadGuildAccess, SearchMessages,
    },
};

const USERS: usize = 4;

/// Runs `steps` random commands, drawn from `seed`, on two empty stores and compares them after each, and whole at the end.
///
/// # Panics
/// Where they differ.
pub async fn check_agreement<A, B>(first: A, second: B, seed: u64, steps: usize)
where
    A: Store + Journal + AccessSource,
    B: Store + Journal + AccessSource,
{
    let mut first = Side::new(first).await;
    let mut second = Side::new(second).await;
    let mut draw = Draw::new(seed);
    for number in 0..steps {
        let step: (usize, Step) = draw.step(&first.made_so_far());
        let outcomes = (first.run(&step).await, second.run(&step).await);
        assert_eq!(outcomes.0, outcomes.1, "seed {seed}, step {number}: {step:?}");
    }
    assert_eq!(first.journal().await, second.journal().await, "seed {seed}: the journals differ");
    assert_eq!(first.pages().await, second.pages().await, "seed {seed}: the pages differ");
}

/// One command in terms of what was made so far, by number.
#[derive(Clone, Debug)]
pub(super) enum Step {
    CreateGuild { public: bool },
    RenameGuild { guild: usize, name: u64, public: Option<bool> },
    Join { guild: usize },
    Leave { guild: usize },
    CreateChannel { guild: usize, hidden: bool },
    RenameChannel { channel: usize, name: u64 },
    DeleteChannel { channel: usize },
    SwapChannels { guild: usize, channels: [usize; 2] },
    Post { channel: usize, text: u64, key: Option<u64> },
    Edit { message: usize, text: u64 },
    Delete { message: usize },
    React { message: usize, emoji: u64, add: bool },
    File(FileOrder),
    Order(Order),
}

/// A small generator of its own, so that a seed means the same everywhere.
#[derive(Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap_or(0)
    }

    fn few(&mut self) -> u64 {
        self.below(3) as u64
    }

    pub(super) fn step(&mut self, [guilds, channels, messages, roles, bans, files]: &[usize; 6]) -> (usize, Step) {
        let (guilds, channels, messages, roles, bans) = (*guilds, *channels, *messages, *roles, *bans);
        let (guild, channel, message) = (self.below(guilds), self.below(channels), self.below(messages));
        let step = match self.below(40) {
            0 => Step::CreateGuild { public: self.below(4) > 0 },
            1 => Step::RenameGuild { guild, name: self.few(), public: [None, Some(true), Some(false)][self.below(3)] },
            2 | 3 => Step::Join { guild },
            4 => Step::Leave { guild },
            5 | 6 => Step::CreateChannel { guild, hidden: self.below(3) == 0 },
            7 => Step::RenameChannel { channel, name: self.few() },
            8 => Step::DeleteChannel { channel },
            9 => Step::SwapChannels { guild, channels: [channel, self.below(channels)] },
            10..14 => Step::Post { channel, text: self.few(), key: (self.below(3) == 0).then(|| self.few()) },
            14 => Step::Edit { message, text: self.few() },
            15 => Step::Delete { message },
            16..20 => Step::React { message, emoji: self.few(), add: self.below(3) > 0 },
            36..40 => Step::File(FileOrder::draw(self, channels, *files)),
            _ => Step::Order(Order::draw(self, (guilds, channels, roles, bans))),
        };
        // The first user makes most guilds and so may do most things.
        let user = if self.below(3) > 0 { 0 } else { self.below(USERS) };
        (user, step)
    }
}

/// What a command came to: the entry it wrote, what it made, or why it was refused.
pub(super) type Outcome = Result<(Option<u64>, String), ErrorCode>;

/// One store with the ids it gave to what was made.
#[derive(Debug)]
pub(super) struct Side<S> {
    pub(super) engine: Engine<S>,
    pub(super) users: Vec<Actor>,
    pub(super) guilds: Vec<GuildId>,
    pub(super) channels: Vec<(GuildId, ChannelId)>,
    messages: Vec<(GuildId, ChannelId, MessageId)>,
    /// Seeded ones included.
    roles: Vec<(GuildId, RoleId)>,
    address_bans: Vec<(GuildId, IpBanId)>,
    files: Vec<(GuildId, ChannelId, AttachmentId)>,
}

impl<S: Store + Journal + AccessSource> Side<S> {
    pub(super) async fn new(store: S) -> Self {
        let engine = Engine::new(store, Limits::default());
        let mut users = Vec::new();
        for n in 0..USERS {
            let place = u8::try_from(n / 2).unwrap_or(0); // two share an address
            let user = account(&engine, &format!("agree_{n}")).await;
            users.push(Actor { address: Some(orders::address(place)), ..user });
        }
        let (guilds, channels, messages, roles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { engine, users, guilds, channels, messages, roles, address_bans: Vec::new(), files: Vec::new() }
    }

    /// How many guilds, channels, messages, roles, address bans and attachments were made.
    pub(super) fn made_so_far(&self) -> [usize; 6] {
        let Self { guilds, channels, messages, roles, address_bans, files, .. } = self;
        [guilds.len(), channels.len(), messages.len(), roles.len(), address_bans.len(), files.len()]
    }

    pub(super) async fn run(&mut self, (user, step): &(usize, Step)) -> Outcome {
        let actor = self.users[*user];
        if let Step::Order(order) = step {
            return self.run_order(actor, order).await;
        }
        if let Step::File(order) = step {
            return self.run_file_order(actor, order).await;
        }
        let guild = |n: &usize| self.guild(*n);
        let channel = |n: &usize| self.channel(*n);
        let nowhere = (GuildId::from_u128(1), ChannelId::from_u128(1), MessageId::from_u128(1));
        let message = |n: &usize| self.messages.get(*n).copied().unwrap_or(nowhere);
        match step {
            Step::CreateGuild { public } => {
                let created =
                    self.made(actor, CreateGuild { name: guild_name(0), visibility: visibility(*public) }).await?;
                let guild_id = created.1.guild_id;
                self.guilds.push(guild_id);
                let (_, graph) = self.engine.store().load_guild(guild_id).await.expect("readable");
                let seeded = SystemKey::ALL.iter().filter_map(|key| graph.as_ref()?.seeded(*key));
                self.roles.extend(seeded.map(|role| (guild_id, role.role_id)));
                Ok((created.0, "guild".into()))
            }
            Step::RenameGuild { guild: n, name, public } => {
                let update = UpdateGuild {
                    guild_id: guild(n),
                    name: Some(guild_name(*name)),
                    visibility: public.map(visibility),
                };
                self.told(actor, update).await
            }
            Step::Join { guild: n } => self.told(actor, JoinGuild { guild_id: guild(n) }).await,
            Step::Leave { guild: n } => self.told(actor, LeaveGuild { guild_id: guild(n) }).await,
            Step::CreateChannel { guild: n, hidden } => {
                let guild_id = guild(n);
                let overrides = if *hidden { self.hidden(guild_id).await } else { Vec::new() };
                let create = CreateChannel { guild_id, name: channel_name(0), kind: ChannelKind::Text, overrides };
                let created = self.made(actor, create).await?;
                self.channels.push((guild_id, created.1.channel_id));
                Ok((created.0, "channel".into()))
            }
            Step::RenameChannel { channel: n, name } => {
                let (guild_id, channel_id) = channel(n);
                self.told(actor, UpdateChannel { guild_id, channel_id, name: channel_name(*name) }).await
            }
            Step::DeleteChannel { channel: n } => {
                let (guild_id, channel_id) = channel(n);
                self.told(actor, DeleteChannel { guild_id, channel_id }).await
            }
            Step::SwapChannels { guild: n, channels } => {
                let channel_ids = channels.iter().map(|n| channel(n).1).collect();
                self.told(actor, ReorderChannels { guild_id: guild(n), channel_ids }).await
            }
            Step::Post { channel: n, text, key } => {
                let (guild_id, channel_id) = channel(n);
                let idempotency_key = key.map(|key| IdempotencyKey::new(format!("key-{key}")).expect("a key"));
                let post = CreateMessage {
                    guild_id,
                    channel_id,
                    content: content(*text),
                    attachment_ids: vec![],
                    idempotency_key,
                };
                let (seq, created) = self.made(actor, post).await?;
                if !created.replayed {
                    self.messages.push((guild_id, channel_id, created.message.message_id));
                }
                Ok((seq, format!("{} {}", created.message.content, created.replayed)))
            }
            Step::Edit { message: n, text } => {
                let (guild_id, channel_id, message_id) = message(n);
                let edit = EditMessage { guild_id, channel_id, message_id, content: content(*text) };
                self.told(actor, edit).await
            }
            Step::Delete { message: n } => {
                let (guild_id, channel_id, message_id) = message(n);
                self.told(actor, DeleteMessage { guild_id, channel_id, message_id }).await
            }
            Step::React { message: n, emoji, add } => {
                let (guild_id, channel_id, message_id) = message(n);
                let emoji = Emoji::new(format!("e{emoji}")).expect("an emoji");
                let target = ReactionTarget { guild_id, channel_id, message_id, emoji };
                let (seq, reaction) = match add {
                    true => self.made(actor, AddReaction(target)).await?,
                    false => self.made(actor, RemoveReaction(target)).await?,
                };
                Ok((seq, format!("{} {} {}", reaction.count, reaction.reacted_by_me, reaction.reactor_user_ids.len())))
            }
            Step::Order(_) | Step::File(_) => panic!("run above: {step:?}"),
        }
    }

    fn guild(&self, n: usize) -> GuildId {
        self.guilds.get(n).copied().unwrap_or(GuildId::from_u128(1))
    }

    fn channel(&self, n: usize) -> (GuildId, ChannelId) {
        self.channels.get(n).copied().unwrap_or((GuildId::from_u128(1), ChannelId::from_u128(1)))
    }

    fn role(&self, n: usize) -> (GuildId, RoleId) {
        self.roles.get(n).copied().unwrap_or((GuildId::from_u128(1), RoleId::from_u128(1)))
    }

    fn user_number(&self, user_id: filament_protocol::UserId) -> Option<usize> {
        self.users.iter().position(|user| user.user_id == user_id)
    }

    async fn made<C: Command<Caller = Actor>>(
        &self,
        actor: Actor,
        command: C,
    ) -> Result<(Option<u64>, C::Reply), ErrorCode> {
        match self.engine.execute(actor, command).await {
            Ok(committed) => Ok((committed.seq, committed.reply)),
            Err(TransactError::Denied { denial, .. }) => Err(denial.code()),
            Err(other) => panic!("failed: {other}"),
        }
    }

    async fn told<C: Command<Caller = Actor>>(&self, actor: Actor, command: C) -> Outcome {
        let (seq, _) = self.made(actor, command).await?;
        Ok((seq, String::new()))
    }

    async fn hidden(&self, guild_id: GuildId) -> Vec<InitialOverride> {
        let (_, graph) = self.engine.store().load_guild(guild_id).await.expect("readable");
        let everyone = graph.as_ref().and_then(|graph| graph.seeded(SystemKey::Everyone));
        let deny: Permissions = [Permission::CreateMessage].into_iter().collect();
        let hide = |role: &crate::permission::RoleNode| InitialOverride {
            target: OverrideTarget::Role(role.role_id),
            allow: Permissions::EMPTY,
            deny,
        };
        everyone.map(hide).into_iter().collect()
    }

    async fn journal(&self) -> Vec<String> {
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

    async fn pages(&self) -> Vec<String> {
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
                    let list =
                        ListMessages { guild_id, channel_id: listing.channel.channel_id, before: None, limit: 100 };
                    let page = self.engine.read(*user, list).await.expect("visible");
                    for message in page.messages {
                        let author = self.users.iter().position(|user| user.user_id == message.author_id);
                        let reactions: Vec<_> = message
                            .reactions
                            .iter()
                            .map(|reaction| (reaction.emoji.as_str(), reaction.count, reaction.reacted_by_me))
                            .collect();
                        lines.push(format!(
                            "{author:?} {} {} {:?} {reactions:?}",
                            message.content,
                            message.attachments.len(),
                            message.edited_at_unix.is_some()
                        ));
                    }
                }
            }
        }
        lines
    }
}

impl<S: Store + Journal + AccessSource> Side<S> {
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
            let ban = |ban: &crate::ListedAddressBan| (self.user_number(ban.source_user_id), ban.expires_at.is_some());
            lines.push(format!("addresses {:?}", page.bans.iter().map(ban).collect::<Vec<_>>()));
        }
        for prefix in ["", "role.", "member"] {
            let action_prefix = filament_protocol::text::AuditAction::new(prefix).ok();
            let list = ListAudit { guild_id, before: None, action_prefix, limit: 100 };
            if let Ok(page) = self.engine.read(user, list).await {
                let row = |row: &crate::AuditRow| {
                    let target = row.target_user_id.map(|user_id| self.user_number(user_id));
                    format!("{} {:?} {target:?}", row.action.name(), self.user_number(row.actor_user_id))
                };
                lines.push(format!("{:?} {}", page.rows.iter().map(row).collect::<Vec<_>>(), page.more));
            }
        }
        lines
    }
}

fn guild_name(n: u64) -> GuildName {
    GuildName::new(format!("guild {n}")).expect("a guild name")
}

fn channel_name(n: u64) -> ChannelName {
    ChannelName::new(format!("channel {n}")).expect("a channel name")
}

fn content(n: u64) -> MessageContent {
    MessageContent::new(format!("text {n}")).expect("message text")
}

const fn visibility(public: bool) -> Visibility {
    if public { Visibility::Public } else { Visibility::Private }
}
