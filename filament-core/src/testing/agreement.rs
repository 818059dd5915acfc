//! Two stores, the same random commands: every outcome, every journal entry and every page must be the same but for ids and times.

mod draw;
mod files;
mod orders;
mod pages;

use filament_protocol::{
    AttachmentId, ChannelId, ChannelKind, ChannelName, Emoji, ErrorCode, GuildId, GuildName, IdempotencyKey, IpBanId,
    MessageContent, MessageId, Permission, Permissions, RoleId, SystemKey, Visibility,
};

pub(super) use self::draw::Draw;

use self::draw::Step;
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
            Step::CreateGuild { public } => self.create_guild(actor, visibility(*public)).await,
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
            Step::CreateChannel { guild: n, hidden } => self.create_channel(actor, guild(n), *hidden).await,
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
                let idempotency_key = key.map(|key| IdempotencyKey::new(format!("key-{key}")).expect("a key"));
                self.post(actor, channel(n), content(*text), idempotency_key).await
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
                self.react(actor, ReactionTarget { guild_id, channel_id, message_id, emoji }, *add).await
            }
            Step::Order(_) | Step::File(_) => panic!("run above: {step:?}"),
        }
    }

    async fn create_guild(&mut self, actor: Actor, visibility: Visibility) -> Outcome {
        let (seq, created) = self.made(actor, CreateGuild { name: guild_name(0), visibility }).await?;
        let guild_id = created.guild_id;
        self.guilds.push(guild_id);
        let (_, graph) = self.engine.store().load_guild(guild_id).await.expect("readable");
        let seeded = SystemKey::ALL.iter().filter_map(|key| graph.as_ref()?.seeded(*key));
        self.roles.extend(seeded.map(|role| (guild_id, role.role_id)));
        Ok((seq, "guild".into()))
    }

    async fn create_channel(&mut self, actor: Actor, guild_id: GuildId, hidden: bool) -> Outcome {
        let overrides = if hidden { self.hidden(guild_id).await } else { Vec::new() };
        let create = CreateChannel { guild_id, name: channel_name(0), kind: ChannelKind::Text, overrides };
        let (seq, created) = self.made(actor, create).await?;
        self.channels.push((guild_id, created.channel_id));
        Ok((seq, "channel".into()))
    }

    async fn post(
        &mut self,
        actor: Actor,
        (guild_id, channel_id): (GuildId, ChannelId),
        content: MessageContent,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Outcome {
        let post = CreateMessage { guild_id, channel_id, content, attachment_ids: vec![], idempotency_key };
        let (seq, created) = self.made(actor, post).await?;
        if !created.replayed {
            self.messages.push((guild_id, channel_id, created.message.message_id));
        }
        Ok((seq, format!("{} {}", created.message.content, created.replayed)))
    }

    async fn react(&self, actor: Actor, target: ReactionTarget, add: bool) -> Outcome {
        let (seq, reaction) = match add {
            true => self.made(actor, AddReaction(target)).await?,
            false => self.made(actor, RemoveReaction(target)).await?,
        };
        Ok((seq, format!("{} {} {}", reaction.count, reaction.reacted_by_me, reaction.reactor_user_ids.len())))
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
