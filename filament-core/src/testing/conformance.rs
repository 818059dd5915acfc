//! What every store must do, whatever it is made of. Panics with the rule that broke.

use std::{num::NonZeroU16, sync::Arc};

use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, Emoji, ErrorCode, EventKind, GuildId, GuildName, IdempotencyKey,
    MessageContent, MessageId, Permission, Permissions, SessionId, SystemKey, UserId, Username, Visibility,
    record::Message, rest::JoinOutcome,
};

use crate::{
    AccessChange, AccessSource, Actor, Anonymous, Command, Committed, Decision, Denial, Engine, Entry, FactPlan,
    Journal, Limits, Seq, Store, TransactError,
    decide::{
        account::{EndSession, OpenSession, RefreshSession, Register, SessionGrant},
        channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
        guild::{CreateGuild, JoinGuild, LeaveGuild, UpdateGuild},
        message::{CreateMessage, DeleteMessage, EditMessage, MessageCreated},
        reaction::{AddReaction, ReactionTarget, RemoveReaction},
    },
    facts::Facts,
    permission::OverrideTarget,
    read::{ListChannels, ListGuilds, ListMessages, ListPublicGuilds, LookUpUsers, ReadGuild},
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
pub async fn check_conformance<S: Store + Journal + AccessSource + Clone>(store: S) {
    let engine = Engine::new(store, Limits::default());
    accounts_are_unique_by_name(&engine).await;
    sessions_rotate_once_and_die_by_replay(&engine).await;
    let cast = Cast::in_store(&engine, "c").await;
    guild_is_born_whole(&engine, &cast).await;
    messages_ascend_and_pages_walk_them(&engine, &cast).await;
    no_ops_and_refusals_write_nothing(&engine, &cast).await;
    reactions_are_sets(&engine, &cast).await;
    idempotency_keys_answer_again(&engine, &cast).await;
    channels_keep_their_order_and_take_their_content_along(&engine, &cast).await;
    hidden_channels_are_hidden(&engine, &cast).await;
    leaving_ends_membership(&engine, &cast).await;
    panicking_decision_harms_nobody(&engine, &cast).await;
    journal_is_dense_and_readable_in_pieces(&engine).await;
}

pub(super) async fn account<S: Store>(engine: &Engine<S>, name: &str) -> Actor {
    let username = Username::new(name).expect("a user name");
    done_anonymously(engine, Register { username: username.clone(), password_hash: "hash".into() }).await;
    let credentials = engine.credentials(username).await.expect("readable").expect("just registered");
    let session =
        done_anonymously(engine, OpenSession { user_id: credentials.user_id, access_token_secs: 900 }).await.reply;
    Actor { user_id: credentials.user_id, session_id: session.session_id, is_server_owner: false }
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

async fn accounts_are_unique_by_name<S: Store + Journal>(engine: &Engine<S>) {
    let name = |text: &str| Username::new(text).expect("a user name");
    let head = engine.store().head().seq;
    done_anonymously(engine, Register { username: name("Ada"), password_hash: "first".into() }).await;
    done_anonymously(engine, Register { username: name("aDA"), password_hash: "second".into() }).await;
    let credentials = engine.credentials(name("ADA")).await.expect("readable").expect("registered");
    assert_eq!(credentials.password_hash, "first", "names are unique ignoring ASCII case, the first one stays");
    assert!(engine.credentials(name("nobody")).await.expect("readable").is_none());
    assert_eq!(engine.store().head().seq, head, "registering is silent");
    let caller = Actor { user_id: credentials.user_id, session_id: SessionId::from_u128(0), is_server_owner: false };
    let unknown = UserId::from_u128(7);
    let users = engine
        .read(caller, LookUpUsers { user_ids: vec![unknown, caller.user_id, caller.user_id] })
        .await
        .expect("readable");
    assert_eq!(
        users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(),
        ["Ada"],
        "unknown ones and repeats are left out"
    );
}

async fn sessions_rotate_once_and_die_by_replay<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let actor = account(engine, "sessions").await;
    let open = OpenSession { user_id: actor.user_id, access_token_secs: 900 };
    let SessionGrant { session_id, generation, .. } = done_anonymously(engine, open).await.reply;
    assert_eq!(generation, 1);
    let refresh = |generation| RefreshSession { session_id, generation, access_token_secs: 900 };
    assert_eq!(done_anonymously(engine, refresh(1)).await.reply.generation, 2);
    assert_eq!(
        done_anonymously(engine, refresh(1)).await.reply.generation,
        2,
        "AUT-22: in grace the current one is given again"
    );
    assert_eq!(denial(engine.execute(Anonymous, refresh(9)).await), Denial::InvalidCredentials);
    assert_eq!(done_anonymously(engine, refresh(2)).await.reply.generation, 3, "an unknown generation has no effect");
    let live = engine.store().load_user(actor.user_id, session_id, vec![]).await.expect("readable");
    assert!(live.token_expires_at.is_some());
    let head = engine.store().head().seq;
    let ended = done_anonymously(engine, EndSession { session_id, generation: 3 }).await;
    assert!(ended.narrows && ended.seq == Some(head + 1));
    let entry = entries(engine.store(), head).await.remove(0);
    assert_eq!(entry.access, [AccessChange::SessionEnded { user_id: actor.user_id, session_id }]);
    assert_eq!(denial(engine.execute(Anonymous, refresh(3)).await), Denial::InvalidCredentials, "ended is ended");
    let gone = engine.store().load_user(actor.user_id, session_id, vec![]).await.expect("readable");
    assert_eq!(gone.token_expires_at, None);
}

async fn guild_is_born_whole<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let details = engine.read(cast.owner, ReadGuild { guild_id: cast.guild_id }).await.expect("readable");
    assert_eq!((details.owner_user_id, details.member_count), (cast.owner.user_id, 2));
    assert!(details.default_join_role_id.is_some(), "PRM-7");
    let (_, graph) = engine.store().load_guild(cast.guild_id).await.expect("readable");
    let graph = graph.expect("the guild exists");
    let keys: Vec<_> =
        graph.roles.iter().map(|role| (role.system_key, role.position, role.permissions.bits())).collect();
    for seeded in [
        (Some(SystemKey::Everyone), 0, 2304),
        (Some(SystemKey::WorkspaceOwner), 10_000, 4095),
        (Some(SystemKey::Moderator), 100, 4090),
        (Some(SystemKey::Member), 1, 2304),
    ] {
        assert!(keys.contains(&seeded), "§8.2: {seeded:?} is seeded");
    }
    let access = engine.store().load_user(cast.member.user_id, cast.member.session_id, vec![]).await.expect("readable");
    assert_eq!(access.memberships.len(), 1);
    assert_eq!(access.memberships[0].1.role_ids, Vec::from_iter(details.default_join_role_id));
    assert_eq!(access.graphs, [Arc::clone(&graph)]);
    assert_eq!(access.seq, engine.store().head().seq);
    let known = engine
        .store()
        .load_user(cast.member.user_id, cast.member.session_id, vec![cast.guild_id])
        .await
        .expect("readable");
    assert!(known.graphs.is_empty(), "a known graph is not loaded again");
    let public = engine
        .read(cast.stranger, ListPublicGuilds { text: "C GU".try_into_query(), limit: 50 })
        .await
        .expect("readable");
    assert_eq!(public.len(), 1);
    let none =
        engine.read(cast.stranger, ListPublicGuilds { text: "%".try_into_query(), limit: 50 }).await.expect("readable");
    assert!(none.is_empty(), "no wildcards");
    assert_eq!(engine.read(cast.member, ListGuilds).await.expect("readable").len(), 1);
    assert!(engine.read(cast.stranger, ListGuilds).await.expect("readable").is_empty());
}

/// Turns a literal into a directory query.
trait TryIntoQuery {
    fn try_into_query(self) -> filament_protocol::DirectoryQuery;
}

impl TryIntoQuery for &str {
    fn try_into_query(self) -> filament_protocol::DirectoryQuery {
        filament_protocol::DirectoryQuery::new(self).expect("a directory query")
    }
}

async fn messages_ascend_and_pages_walk_them<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let mut ids: Vec<MessageId> = Vec::new();
    for n in 0..25 {
        let author = if n % 2 == 0 { cast.owner } else { cast.member };
        let message = cast.post(engine, author, &format!("message {n}")).await;
        assert!(ids.last().is_none_or(|last| message.message_id > *last), "ORD-6");
        ids.push(message.message_id);
    }
    for limit in [1_u16, 7, 100] {
        let mut walked = Vec::new();
        let mut before = None;
        loop {
            let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before, limit };
            let page = engine.read(cast.member, page).await.expect("readable");
            assert!(page.messages.len() <= usize::from(limit));
            walked.extend(page.messages.iter().map(|message| message.message_id));
            before = page.messages.last().map(|message| message.message_id);
            if !page.more {
                break;
            }
        }
        walked.reverse();
        assert_eq!(walked, ids, "every message once, newest first, with limit {limit}");
    }
}

async fn no_ops_and_refusals_write_nothing<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let message = cast.post(engine, cast.member, "same").await;
    let edit = |text: &str| EditMessage {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        message_id: message.message_id,
        content: MessageContent::new(text).expect("message text"),
    };
    let delete = DeleteMessage { guild_id: cast.guild_id, channel_id: cast.channel_id, message_id: message.message_id };
    let head = engine.store().head().seq;
    let same = done(engine, cast.member, edit("same")).await;
    assert_eq!((same.seq, same.reply.edited_at_unix), (None, None), "MSG-4");
    assert_eq!(refused(engine, cast.stranger, edit("x")).await, Denial::NotMember);
    assert_eq!(refused(engine, cast.stranger, cast.message("x")).await.code(), ErrorCode::Forbidden);
    let unknown = DeleteMessage { message_id: MessageId::from_u128(1), ..delete };
    assert_eq!(refused(engine, cast.owner, unknown).await.code(), ErrorCode::NotFound);
    let unchanged = UpdateGuild { guild_id: cast.guild_id, name: None, visibility: Some(Visibility::Public) };
    assert_eq!(done(engine, cast.owner, unchanged).await.seq, None, "EMI-1");
    assert_eq!(
        done(engine, cast.member, JoinGuild { guild_id: cast.guild_id }).await.reply,
        JoinOutcome::AlreadyMember
    );
    assert_eq!(engine.store().head().seq, head, "EMI-1, EMI-3: nothing changed, nothing is heard");
    let edited = done(engine, cast.owner, edit("moderated")).await;
    assert_eq!(edited.seq, Some(head + 1));
    assert_eq!(done(engine, cast.member, delete).await.seq, Some(head + 2));
    assert_eq!(kinds_after(engine.store(), head).await, [EventKind::MessageUpdate, EventKind::MessageDelete]);
    assert_eq!(refused(engine, cast.member, delete).await.code(), ErrorCode::NotFound);
}

async fn reactions_are_sets<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let message = cast.post(engine, cast.owner, "react").await;
    let target = |emoji: &str| ReactionTarget {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        message_id: message.message_id,
        emoji: Emoji::new(emoji).expect("an emoji"),
    };
    let head = engine.store().head().seq;
    assert_eq!(done(engine, cast.member, AddReaction(target("b"))).await.reply.count, 1);
    assert_eq!(done(engine, cast.member, AddReaction(target("b"))).await.seq, None, "MSG-1: a set element");
    let second = done(engine, cast.owner, AddReaction(target("b"))).await.reply;
    let mut both = vec![cast.owner.user_id, cast.member.user_id];
    both.sort_unstable();
    assert_eq!((second.count, second.reactor_user_ids), (2, both));
    done(engine, cast.owner, AddReaction(target("a"))).await;
    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit: 1 };
    let seen = engine.read(cast.member, page).await.expect("readable").messages.remove(0).reactions;
    let shown: Vec<_> =
        seen.iter().map(|reaction| (reaction.emoji.as_str(), reaction.count, reaction.reacted_by_me)).collect();
    assert_eq!(shown, [("a", 1, false), ("b", 2, true)], "bytewise by emoji, as the viewer sees them");
    assert_eq!(done(engine, cast.owner, RemoveReaction(target("b"))).await.reply.count, 1);
    assert_eq!(done(engine, cast.owner, RemoveReaction(target("b"))).await.seq, None);
    assert_eq!(done(engine, cast.member, RemoveReaction(target("b"))).await.reply.count, 0);
    assert_eq!(kinds_after(engine.store(), head).await, [EventKind::MessageReaction; 5]);
}

async fn idempotency_keys_answer_again<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let keyed = |text: &str| CreateMessage {
        idempotency_key: Some(IdempotencyKey::new("key-1").expect("a key")),
        ..cast.message(text)
    };
    let head = engine.store().head().seq;
    let MessageCreated { message, replayed } = done(engine, cast.member, keyed("once")).await.reply;
    assert!(!replayed);
    let again = done(engine, cast.member, keyed("once")).await;
    assert_eq!(
        (again.reply.replayed, again.reply.message.message_id, again.seq),
        (true, message.message_id, None),
        "HTTP-16"
    );
    assert_eq!(refused(engine, cast.member, keyed("other")).await, Denial::IdempotencyConflict);
    assert!(!done(engine, cast.owner, keyed("once")).await.reply.replayed, "keys belong to their user");
    assert_eq!(engine.store().head().seq, head + 2);
    let delete = DeleteMessage { guild_id: cast.guild_id, channel_id: cast.channel_id, message_id: message.message_id };
    done(engine, cast.member, delete).await;
    assert_eq!(refused(engine, cast.member, keyed("once")).await.code(), ErrorCode::NotFound);
}

async fn channels_keep_their_order_and_take_their_content_along<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    let second = channel(engine, cast.owner, guild_id, "second", vec![]).await;
    let third = channel(engine, cast.owner, guild_id, "third", vec![]).await;
    let order = async || {
        let listed = engine.read(cast.member, ListChannels { guild_id, manageable: false }).await.expect("readable");
        listed.into_iter().map(|listing| listing.channel.channel_id).collect::<Vec<_>>()
    };
    assert_eq!(order().await, [cast.channel_id, second, third], "new channels come last");
    done(engine, cast.owner, ReorderChannels { guild_id, channel_ids: vec![third, cast.channel_id] }).await;
    assert_eq!(order().await, [third, second, cast.channel_id], "listed channels swap their slots");
    let same = ReorderChannels { guild_id, channel_ids: vec![third, cast.channel_id] };
    assert_eq!(done(engine, cast.owner, same).await.seq, None);
    let name = ChannelName::new("renamed").expect("a channel name");
    let rename = UpdateChannel { guild_id, channel_id: second, name };
    assert!(done(engine, cast.owner, rename.clone()).await.seq.is_some());
    assert_eq!(done(engine, cast.owner, rename).await.seq, None);
    let there = CreateMessage { channel_id: second, ..cast.message("goes along") };
    let message = done(engine, cast.member, there).await.reply.message;
    let deleted = done(engine, cast.owner, DeleteChannel { guild_id, channel_id: second }).await;
    assert!(deleted.narrows);
    let gone = DeleteMessage { guild_id, channel_id: second, message_id: message.message_id };
    assert_eq!(refused(engine, cast.owner, gone).await.code(), ErrorCode::NotFound);
    assert_eq!(order().await, [third, cast.channel_id]);
    done(engine, cast.owner, DeleteChannel { guild_id, channel_id: third }).await;
}

async fn hidden_channels_are_hidden<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let (_, graph) = engine.store().load_guild(cast.guild_id).await.expect("readable");
    let everyone = graph.as_ref().and_then(|graph| graph.seeded(SystemKey::Everyone)).expect("seeded").role_id;
    let deny: Permissions = [Permission::CreateMessage].into_iter().collect();
    let hide = InitialOverride { target: OverrideTarget::Role(everyone), allow: Permissions::EMPTY, deny };
    let hidden = channel(engine, cast.owner, cast.guild_id, "hidden", vec![hide]).await;
    let post = CreateMessage { channel_id: hidden, ..cast.message("x") };
    assert_eq!(refused(engine, cast.member, post.clone()).await, Denial::MissingPermission);
    assert!(done(engine, cast.owner, post).await.seq.is_some());
    let page = ListMessages { guild_id: cast.guild_id, channel_id: hidden, before: None, limit: 1 };
    let refusal = engine.read(cast.member, page).await.expect_err("hidden");
    assert!(matches!(refusal, TransactError::Denied { denial: Denial::MissingPermission, .. }));
    let listed =
        engine.read(cast.member, ListChannels { guild_id: cast.guild_id, manageable: false }).await.expect("readable");
    assert!(listed.iter().all(|listing| listing.channel.channel_id != hidden));
    done(engine, cast.owner, DeleteChannel { guild_id: cast.guild_id, channel_id: hidden }).await;
}

async fn leaving_ends_membership<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    assert_eq!(refused(engine, cast.owner, LeaveGuild { guild_id }).await, Denial::OwnerMustTransfer);
    let head = engine.store().head().seq;
    let left = done(engine, cast.member, LeaveGuild { guild_id }).await;
    assert!(left.narrows);
    assert_eq!(
        kinds_after(engine.store(), head).await,
        [EventKind::WorkspaceMemberRemove, EventKind::WorkspaceUnavailable]
    );
    assert_eq!(refused(engine, cast.member, cast.message("after")).await, Denial::NotMember);
    assert_eq!(refused(engine, cast.member, LeaveGuild { guild_id }).await, Denial::NotMember);
    let head = engine.store().head().seq;
    done(engine, cast.member, JoinGuild { guild_id }).await;
    let joined = [EventKind::WorkspaceAvailable, EventKind::WorkspaceMemberAdd, EventKind::WorkspaceRoleAssignmentAdd];
    assert_eq!(kinds_after(engine.store(), head).await, joined);
}

/// A decision that panics: what a defect would be.
#[derive(Clone, Copy, Debug)]
struct Panics;

impl Command for Panics {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn decide(&self, _: Actor, _: &Facts, _: &Limits) -> Result<Decision<()>, Denial> {
        panic!("a decision that panics, on purpose")
    }
}

async fn panicking_decision_harms_nobody<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let head = engine.store().head().seq;
    let failed = engine.execute(cast.owner, Panics).await;
    assert!(matches!(failed, Err(TransactError::Failed(_))), "a panic fails its own command");
    assert_eq!(engine.store().head().seq, head);
    cast.post(engine, cast.owner, "still here").await;
    assert_eq!(engine.store().head().seq, head + 1);
}

async fn journal_is_dense_and_readable_in_pieces<S: Store + Journal>(engine: &Engine<S>) {
    let head = engine.store().head().seq;
    let all = entries(engine.store(), 0).await;
    let seqs: Vec<Seq> = all.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, (1..=head).collect::<Vec<_>>(), "ascending and gap-free");
    assert!(all.iter().all(|entry| !(entry.events.is_empty() && entry.access.is_empty())), "an entry says something");
    assert!(all.windows(2).all(|pair| pair[0].at <= pair[1].at), "ORD-7");
    assert_eq!(engine.store().wait_past(head - 1).await, head);
}
