//! What every store must do, whatever it is made of. Panics with the rule that broke.

mod accounts;
mod attachments;
mod guilds;
mod journal;
mod messages;
mod moderation;
mod people;
mod revisions;
mod roles;
mod search;
mod voice;

use std::{num::NonZeroU16, sync::Arc};

use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, EventKind, GuildId, GuildName, MessageContent, Username, Visibility,
    record::Message, rest::JoinOutcome,
};

use crate::{
    AccessSource, Actor, Anonymous, Command, Committed, Denial, Engine, Entry, Journal, Limits, SearchIndex, Seq,
    Store, TransactError,
    decide::{
        account::{OpenSession, Register},
        channel::{CreateChannel, InitialOverride},
        guild::{CreateGuild, JoinGuild},
        message::CreateMessage,
    },
};

/// An owner, a member, a stranger and a public guild with a text channel, made through commands.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Owns the guild.
    pub owner: Actor,
    /// A plain member.
    pub member: Actor,
    /// No member.
    pub stranger: Actor,
    /// The guild.
    pub guild_id: GuildId,
    /// A text channel all members see.
    pub channel_id: ChannelId,
}

impl Cast {
    /// Makes the cast in a store. Names start with `prefix`, so that several casts fit one store.
    ///
    /// # Panics
    /// When a command is refused that must not be.
    pub async fn in_store<S: Store>(engine: &Engine<S>, prefix: &str) -> Self {
        let owner = account(engine, &format!("{prefix}_owner")).await;
        let member = account(engine, &format!("{prefix}_member")).await;
        let stranger = account(engine, &format!("{prefix}_stranger")).await;
        let name = GuildName::new(format!("{prefix} guild")).expect("a guild name");
        let guild = done(engine, owner, CreateGuild { name, visibility: Visibility::Public }).await.reply;
        let guild_id = guild.guild_id;
        assert_eq!(done(engine, member, JoinGuild { guild_id }).await.reply, JoinOutcome::Accepted);
        let channel_id = channel(engine, owner, guild_id, "general", vec![]).await;
        Self { owner, member, stranger, guild_id, channel_id }
    }

    /// A message by an actor.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn post<S: Store>(&self, engine: &Engine<S>, author: Actor, text: &str) -> Message {
        done(engine, author, self.message(text)).await.reply.message
    }

    /// The command that posts a text to the cast's channel.
    ///
    /// # Panics
    /// When the text is no message.
    #[must_use]
    pub fn message(&self, text: &str) -> CreateMessage {
        CreateMessage {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            content: MessageContent::new(text).expect("message text"),
            attachment_ids: Vec::new(),
            idempotency_key: None,
        }
    }
}

/// Runs the whole suite on an empty store.
///
/// # Panics
/// When the store breaks a rule.
pub async fn check_conformance<S: SearchIndex + Journal + AccessSource + Clone>(store: S) {
    let engine = Engine::new(store, Limits::default());
    accounts::accounts_are_unique_by_name(&engine).await;
    accounts::sessions_rotate_once_and_die_by_replay(&engine).await;
    let cast = Cast::in_store(&engine, "c").await;
    guilds::guild_is_born_whole(&engine, &cast).await;
    messages::messages_ascend_and_pages_walk_them(&engine, &cast).await;
    messages::no_ops_and_refusals_write_nothing(&engine, &cast).await;
    messages::reactions_are_sets(&engine, &cast).await;
    messages::idempotency_keys_answer_again(&engine, &cast).await;
    attachments::attachments_bind_once_and_together(&engine, &cast).await;
    attachments::deleted_attachments_are_told_with_their_message(&engine, &cast).await;
    attachments::quota_is_exact_and_free_at_once(&engine, &cast).await;
    guilds::channels_keep_their_order_and_take_their_content_along(&engine, &cast).await;
    guilds::hidden_channels_are_hidden(&engine, &cast).await;
    guilds::leaving_ends_membership(&engine, &cast).await;
    revisions::revisions_count_what_changed_the_access(&engine).await;
    roles::roles_live_as_they_are_announced(&engine).await;
    moderation::removed_members_are_gone(&engine).await;
    moderation::guilds_change_hands_and_end(&engine).await;
    moderation::addresses_are_banned_and_never_shown(&engine).await;
    people::profiles_change_and_their_peers_are_named(&engine).await;
    people::images_replace_each_other(&engine).await;
    people::friends_are_pairs(&engine).await;
    people::requests_and_friends_are_bounded(&engine).await;
    let seekers = Cast::in_store(&engine, "s").await; // what others wrote is not to be found
    search::messages_are_found_by_what_they_say(&engine, &seekers).await;
    search::searches_follow_every_change(&engine, &seekers).await;
    search::searches_are_walked_newest_first(&engine, &seekers).await;
    search::hidden_words_are_not_found(&engine, &seekers).await;
    voice::stays_are_kept_until_they_are_gone(&engine, &cast).await;
    journal::panicking_decision_harms_nobody(&engine, &cast).await;
    journal::journal_is_dense_and_readable_in_pieces(&engine).await;
}

pub(super) async fn account<S: Store>(engine: &Engine<S>, name: &str) -> Actor {
    let username = Username::new(name).expect("a user name");
    done_anonymously(engine, Register { username: username.clone(), password_hash: "hash".into() }).await;
    let credentials = engine.credentials(username).await.expect("readable").expect("just registered");
    let session =
        done_anonymously(engine, OpenSession { user_id: credentials.user_id, access_token_secs: 900 }).await.reply;
    Actor { user_id: credentials.user_id, session_id: session.session_id, is_server_owner: false, address: None }
}

async fn channel<S: Store>(
    engine: &Engine<S>,
    actor: Actor,
    guild_id: GuildId,
    name: &str,
    overrides: Vec<InitialOverride>,
) -> ChannelId {
    let name = ChannelName::new(name).expect("a channel name");
    done(engine, actor, CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides }).await.reply.channel_id
}

async fn done<S: Store, C: Command<Caller = Actor>>(
    engine: &Engine<S>,
    actor: Actor,
    command: C,
) -> Committed<C::Reply> {
    engine.execute(actor, command).await.unwrap_or_else(|error| panic!("refused: {error}"))
}

async fn done_anonymously<S: Store, C: Command<Caller = Anonymous>>(
    engine: &Engine<S>,
    command: C,
) -> Committed<C::Reply> {
    engine.execute(Anonymous, command).await.unwrap_or_else(|error| panic!("refused: {error}"))
}

async fn refused<S: Store, C: Command<Caller = Actor>>(engine: &Engine<S>, actor: Actor, command: C) -> Denial {
    denial(engine.execute(actor, command).await)
}

fn denial<R, E: std::error::Error>(result: Result<Committed<R>, TransactError<E>>) -> Denial {
    match result {
        Err(TransactError::Denied { denial, .. }) => denial,
        Err(other) => panic!("failed instead of refused: {other}"),
        Ok(_) => panic!("done instead of refused"),
    }
}

async fn entries<S: Journal>(store: &S, after: Seq) -> Vec<Arc<Entry>> {
    let mut all = Vec::new();
    loop {
        let seq = all.last().map_or(after, |entry: &Arc<Entry>| entry.seq);
        let more = store.read_after(seq, NonZeroU16::new(3).expect("not zero")).await.expect("readable");
        if more.is_empty() {
            return all;
        }
        assert!(more.len() <= 3, "read_after keeps its bound");
        all.extend(more);
    }
}

async fn kinds_after<S: Journal>(store: &S, after: Seq) -> Vec<EventKind> {
    entries(store, after).await.iter().flat_map(|entry| &entry.events).map(|event| event.kind).collect()
}
