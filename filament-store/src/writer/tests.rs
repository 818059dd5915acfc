//! Groups and faults, without the thread: a test decides what is in a group and what fails.

use std::sync::atomic::{AtomicBool, Ordering};

use filament_core::{
    Actor, Anonymous, Command, Decision, Denial, FactPlan, Facts, Limits, Mutation, Need, TransactError,
    decide::{
        account::Register,
        channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
        guild::{CreateGuild, JoinGuild, LeaveGuild, UpdateGuild},
        message::CreateMessage,
    },
    permission::{ChannelNode, GuildGraph, OverrideTarget, Requirement, require},
    seal,
};
use filament_protocol::{
    ChannelId, ChannelKind, GuildId, Id, MessageContent, Permission, Permissions, SystemKey, Visibility,
};
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::sync::oneshot::Receiver as Answer;

use super::*;
use crate::{
    StoreConfig, connect,
    graph_cache::GraphSource,
    graph_rows, integrity,
    job::{self, Reply},
    migrate,
};

/// A writer nobody else drives, with three accounts.
struct Bench {
    writer: Writer,
    group: Vec<Box<dyn Job>>,
    owner: Actor,
    others: [Actor; 2],
    failing: Arc<AtomicBool>,
    _folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = StoreConfig::new(folder.path().join("filament.db"));
        let mut connection = connect::writer(&config).expect("opens");
        migrate::migrate(&mut connection, &config).expect("migrates");
        let lineage = lineage::begin(&mut connection, &config).expect("begins");
        let failing = Arc::new(AtomicBool::new(false));
        let fails = Arc::clone(&failing);
        connection.commit_hook(Some(move || fails.load(Ordering::Relaxed))).expect("owned");
        let shared = Arc::new(Shared::new(lineage, config.wall_clock));
        let index = crate::search::Pending::load(&connection).expect("readable");
        let writer = Writer::new(connection, index, shared, lineage, config.journal_retention_secs);
        let nobody =
            Actor { user_id: Id::from_u128(0), session_id: Id::from_u128(0), is_server_owner: false, address: None };
        let mut bench =
            Self { writer, group: Vec::new(), owner: nobody, others: [nobody; 2], failing, _folder: folder };
        let [owner, first, second] = ["owner", "first", "second"].map(|name| bench.account(name));
        (bench.owner, bench.others) = (owner, [first, second]);
        bench
    }

    fn account(&mut self, name: &str) -> Actor {
        let username: filament_protocol::Username = name.parse().expect("a name");
        let register = Register { username: username.clone(), password_hash: "hash".into() };
        self.now(Anonymous, register).expect("accepted");
        let page =
            crate::page::page(&self.writer.connection, filament_core::Query::Credentials(username), Timestamp::MIN)
                .expect("readable");
        let filament_core::Page::Credentials(Some(found)) = page else { panic!("just registered") };
        Actor { user_id: found.user_id, session_id: Id::from_u128(0), is_server_owner: false, address: None }
    }

    /// Adds a command to the next group.
    fn add<C: Command>(&mut self, caller: C::Caller, command: C) -> Answer<Reply<C::Reply>> {
        let limits = Limits::default();
        let plan = command.plan(caller);
        let (job, answer) = job::job(plan, move |facts: &Facts| {
            seal(command.decide(caller, facts, &limits)?, facts, limits.event_bytes_max)
        });
        self.group.push(job);
        answer
    }

    fn commit(&mut self) {
        let mut group = std::mem::take(&mut self.group);
        self.writer.commit_all(&mut group);
    }

    /// A group of one.
    fn now<C: Command>(&mut self, caller: C::Caller, command: C) -> Reply<C::Reply> {
        let answer = self.add(caller, command);
        self.commit();
        told(answer)
    }

    fn guild(&mut self) -> (GuildId, ChannelId) {
        let create = CreateGuild { name: "guild".parse().expect("a name"), visibility: Visibility::Public };
        let guild_id = self.now(self.owner, create).expect("accepted").reply.guild_id;
        let channel_id = self.now(self.owner, channel(guild_id, "general")).expect("accepted").reply.channel_id;
        (guild_id, channel_id)
    }

    /// What must hold between transactions.
    fn check(&self) {
        let writer = &self.writer;
        assert!(writer.connection.is_autocommit() && writer.entries.is_empty() && !writer.in_savepoint);
        assert_eq!(writer.cache.differences(&writer.connection, true).expect("readable"), [""; 0]);
        assert_eq!(journal::head(&writer.connection).expect("readable"), writer.head);
        assert_eq!(writer.shared.tail.head().seq, writer.head);
        assert_eq!(integrity::findings(&writer.connection).expect("readable"), [""; 0]);
        let mut readers = &writer.shared.graphs;
        for guild_id in self.guild_ids() {
            let stored = graph_rows::graph(&writer.connection, guild_id).expect("readable").expect("there");
            assert_eq!(
                readers.graph(&writer.connection, guild_id).expect("readable"),
                Some(stored.graph),
                "what readers share"
            );
        }
    }

    fn guild_ids(&self) -> Vec<GuildId> {
        let mut statement = self.writer.connection.prepare("SELECT guild_id FROM guilds").expect("prepares");
        let ids = statement.query_map((), |row| crate::row::id(row, 0)).expect("readable");
        ids.collect::<rusqlite::Result<_>>().expect("readable")
    }

    fn messages(&self) -> i64 {
        self.writer.connection.query_row("SELECT count(*) FROM messages", (), |row| row.get(0)).expect("readable")
    }
}

fn told<R>(mut answer: Answer<Reply<R>>) -> Reply<R> {
    answer.try_recv().expect("answered")
}

fn channel(guild_id: GuildId, name: &str) -> CreateChannel {
    CreateChannel { guild_id, name: name.parse().expect("a name"), kind: ChannelKind::Text, overrides: vec![] }
}

fn post(guild_id: GuildId, channel_id: ChannelId, text: &str) -> CreateMessage {
    let content = MessageContent::new(text).expect("a text");
    CreateMessage { guild_id, channel_id, content, attachment_ids: vec![], idempotency_key: None }
}

/// What a defect would be: a decision that panics, or one whose second mutation finds no row after the first changed the guild.
#[derive(Clone, Copy, Debug)]
enum Defect {
    Panics,
    HalfWrong(GuildId),
}

impl Command for Defect {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        match *self {
            Self::Panics => FactPlan::default(),
            Self::HalfWrong(guild_id) => FactPlan::of([Need::Guild(guild_id), Need::Member(guild_id, actor.user_id)]),
        }
    }

    fn decide(&self, actor: Actor, facts: &Facts, _: &Limits) -> Result<Decision<()>, Denial> {
        let Self::HalfWrong(guild_id) = *self else { panic!("a defect, on purpose") };
        let granted = require(facts.guild(guild_id)?, facts.subject(guild_id, &actor)?, Requirement::Member)?;
        let (actor_user_id, at) = (actor.user_id, facts.stamp().now());
        let name: filament_protocol::ChannelName = "half".parse().expect("a name");
        let node = ChannelNode {
            channel_id: facts.stamp().id(0),
            name: name.clone(),
            kind: ChannelKind::Text,
            overrides: vec![],
        };
        let create = Mutation::CreateChannel { guild_id, channel: node, actor_user_id, created_at: at };
        let channel_id = Id::from_u128(1);
        let lost = Mutation::UpdateChannel { guild_id, channel_id, name, actor_user_id, updated_at: at };
        Ok(Decision::change(granted, [create, lost], ()))
    }
}

#[test]
fn one_defect_in_a_group_harms_nobody_else() {
    let mut bench = Bench::new();
    let (guild_id, channel_id) = bench.guild();
    let owner = bench.owner;
    for defect in [Defect::Panics, Defect::HalfWrong(guild_id)] {
        let (head, messages) = (bench.writer.head, bench.messages());
        let before = bench.add(owner, post(guild_id, channel_id, "before"));
        let failed = bench.add(owner, defect);
        let refused = bench.add(bench.others[0], post(guild_id, channel_id, "no member"));
        let after = bench.add(owner, post(guild_id, channel_id, "after"));
        bench.commit();
        assert_eq!(told(before).expect("accepted").seq, Some(head + 1));
        assert!(matches!(told(failed), Err(TransactError::Failed(_))), "{defect:?}");
        assert!(matches!(told(refused), Err(TransactError::Denied { denial: Denial::NotMember, seq: None })));
        assert_eq!(told(after).expect("accepted").seq, Some(head + 2), "the numbers stay dense");
        assert_eq!(bench.messages(), messages + 2);
        bench.check();
    }
    let groups: Vec<u64> = bench.writer.shared.stats.commit_group_size.counts().collect();
    assert_eq!(groups[2], 2, "each group of four was one transaction");
}

#[test]
fn commands_of_a_group_see_those_before_them() {
    let mut bench = Bench::new();
    let (guild_id, channel_id) = bench.guild();
    let member = bench.others[0];
    let join = bench.add(member, JoinGuild { guild_id });
    let posted = bench.add(member, post(guild_id, channel_id, "just joined"));
    let delete = bench.add(bench.owner, DeleteChannel { guild_id, channel_id });
    let late = bench.add(member, post(guild_id, channel_id, "too late"));
    bench.commit();
    let first = told(join).expect("accepted").seq.expect("an entry");
    assert_eq!(told(posted).expect("accepted").seq, Some(first + 1));
    assert!(told(delete).expect("accepted").narrows);
    assert!(matches!(told(late), Err(TransactError::Denied { denial: Denial::NotFound(_), .. })));
    bench.check();
}

/// A commit that fails takes its whole group along: nobody is told of something that is not on disk.
#[test]
fn failed_commit_undoes_the_group_and_the_next_one_is_as_if_nothing_was() {
    let mut bench = Bench::new();
    let (guild_id, channel_id) = bench.guild();
    let head = bench.writer.head;
    bench.failing.store(true, Ordering::Relaxed);
    let posted = bench.add(bench.owner, post(guild_id, channel_id, "lost"));
    let joined = bench.add(bench.others[0], JoinGuild { guild_id });
    let refused = bench.add(bench.others[1], post(guild_id, channel_id, "refused on facts that never were"));
    bench.commit();
    assert!(matches!(told(posted), Err(TransactError::Failed(_))));
    assert!(matches!(told(joined), Err(TransactError::Failed(_))));
    assert!(matches!(told(refused), Err(TransactError::Failed(_))));
    bench.failing.store(false, Ordering::Relaxed);
    bench.check();
    assert_eq!((bench.writer.head, bench.messages()), (head, 0));
    assert!(
        matches!(bench.now(bench.others[0], post(guild_id, channel_id, "x")), Err(TransactError::Denied { .. })),
        "never joined"
    );
    assert_eq!(bench.now(bench.owner, post(guild_id, channel_id, "next")).expect("accepted").seq, Some(head + 1));
}

#[test]
fn full_disk_refuses_the_group_and_writing_resumes_when_there_is_room() {
    let mut bench = Bench::new();
    let (guild_id, channel_id) = bench.guild();
    let pages: i64 =
        bench.writer.connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("readable");
    let limit = |bench: &Bench, pages: i64| {
        bench.writer.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("settable");
    };
    limit(&bench, pages + 8);
    let text = "x".repeat(2_000);
    let mut full = 0;
    for _ in 0..6 {
        let (head, stored) = (bench.writer.head, bench.messages());
        let answers: Vec<_> = (0..4).map(|_| bench.add(bench.owner, post(guild_id, channel_id, &text))).collect();
        bench.commit();
        let answers: Vec<_> = answers.into_iter().map(told).collect();
        let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = answers.iter().filter(|answer| matches!(answer, Err(TransactError::ReadOnly(_)))).count();
        assert_eq!(accepted + refused, 4, "a full disk has an answer of its own");
        full += refused;
        assert_eq!(bench.writer.head, head + accepted as u64);
        assert_eq!(bench.messages(), stored + i64::try_from(accepted).expect("few"));
        bench.check();
    }
    assert!(full > 4, "the bound was reached");
    limit(&bench, pages + 1_000);
    let head = bench.writer.head;
    assert_eq!(bench.now(bench.owner, post(guild_id, channel_id, &text)).expect("room again").seq, Some(head + 1));
    bench.check();
}

/// One command of a random group. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    CreateGuild,
    UpdateGuild(u8, bool),
    Join(u8, u8),
    Leave(u8, u8),
    CreateChannel(u8, bool),
    RenameChannel(u8, u8),
    DeleteChannel(u8, u8),
    Reorder(u8, u8),
    Post(u8, u8, u8),
    Panic,
    HalfWrong(u8),
}

fn steps() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    prop_oneof![
        1 => Just(Step::CreateGuild),
        2 => (n(), any::<bool>()).prop_map(|(guild, public)| Step::UpdateGuild(guild, public)),
        3 => (n(), n()).prop_map(|(guild, user)| Step::Join(guild, user)),
        2 => (n(), n()).prop_map(|(guild, user)| Step::Leave(guild, user)),
        4 => (n(), any::<bool>()).prop_map(|(guild, hidden)| Step::CreateChannel(guild, hidden)),
        2 => (n(), n()).prop_map(|(guild, channel)| Step::RenameChannel(guild, channel)),
        2 => (n(), n()).prop_map(|(guild, channel)| Step::DeleteChannel(guild, channel)),
        2 => (n(), n()).prop_map(|(guild, by)| Step::Reorder(guild, by)),
        4 => (n(), n(), n()).prop_map(|(guild, channel, user)| Step::Post(guild, channel, user)),
        1 => Just(Step::Panic),
        2 => n().prop_map(Step::HalfWrong),
    ]
}

impl Bench {
    /// The guild a number chooses, as stored before the group.
    fn chosen(&self, guild: u8) -> Option<Arc<GuildGraph>> {
        let guild_ids = self.guild_ids();
        let guild_id = *guild_ids.get(usize::from(guild) % guild_ids.len().max(1))?;
        graph_rows::graph(&self.writer.connection, guild_id).expect("readable").map(|versioned| versioned.graph)
    }

    fn chosen_channel(&self, guild: u8, channel: u8) -> Option<(GuildId, ChannelId)> {
        let graph = self.chosen(guild)?;
        let node = graph.channels.get(usize::from(channel) % graph.channels.len().max(1))?;
        Some((graph.guild_id, node.channel_id))
    }

    fn add_step(&mut self, step: &Step) {
        let owner = self.owner;
        let user = |n: u8, bench: &Self| bench.others[usize::from(n) % 2];
        match *step {
            Step::CreateGuild => {
                drop(self.add(
                    owner,
                    CreateGuild { name: "guild".parse().expect("a name"), visibility: Visibility::Public },
                ));
            }
            Step::UpdateGuild(guild, public) => {
                let Some(graph) = self.chosen(guild) else { return };
                let visibility = Some(if public { Visibility::Public } else { Visibility::Private });
                drop(self.add(owner, UpdateGuild { guild_id: graph.guild_id, name: None, visibility }));
            }
            Step::Join(guild, n) => {
                let Some(graph) = self.chosen(guild) else { return };
                drop(self.add(user(n, self), JoinGuild { guild_id: graph.guild_id }));
            }
            Step::Leave(guild, n) => {
                let Some(graph) = self.chosen(guild) else { return };
                drop(self.add(user(n, self), LeaveGuild { guild_id: graph.guild_id }));
            }
            Step::CreateChannel(guild, hidden) => {
                let Some(graph) = self.chosen(guild) else { return };
                let everyone = graph.seeded(SystemKey::Everyone).expect("seeded").role_id;
                let deny: Permissions = Permission::CreateMessage.into();
                let hide = InitialOverride { target: OverrideTarget::Role(everyone), allow: Permissions::EMPTY, deny };
                let overrides = if hidden { vec![hide] } else { vec![] };
                drop(self.add(owner, CreateChannel { overrides, ..channel(graph.guild_id, "channel") }));
            }
            Step::RenameChannel(guild, n) => {
                let Some((guild_id, channel_id)) = self.chosen_channel(guild, n) else { return };
                let name = format!("name {n}").parse().expect("a name");
                drop(self.add(owner, UpdateChannel { guild_id, channel_id, name }));
            }
            Step::DeleteChannel(guild, n) => {
                let Some((guild_id, channel_id)) = self.chosen_channel(guild, n) else { return };
                drop(self.add(owner, DeleteChannel { guild_id, channel_id }));
            }
            Step::Reorder(guild, by) => {
                let Some(graph) = self.chosen(guild) else { return };
                let mut channel_ids: Vec<ChannelId> = graph.channels.iter().map(|channel| channel.channel_id).collect();
                let middle = usize::from(by) % channel_ids.len().max(1);
                channel_ids.rotate_left(middle);
                drop(self.add(owner, ReorderChannels { guild_id: graph.guild_id, channel_ids }));
            }
            Step::Post(guild, n, by) => {
                let Some((guild_id, channel_id)) = self.chosen_channel(guild, n) else { return };
                drop(self.add(user(by, self), post(guild_id, channel_id, "text")));
            }
            Step::Panic => drop(self.add(owner, Defect::Panics)),
            Step::HalfWrong(guild) => {
                let Some(graph) = self.chosen(guild) else { return };
                drop(self.add(owner, Defect::HalfWrong(graph.guild_id)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is decided, fails or is undone, alone or as a group: what is cached is what a fresh look at the tables gives, the
    /// journal is dense, and counts agree.
    #[test]
    fn cache_equals_tables_after_any_sequence(
        groups in prop::collection::vec((prop::bool::weighted(0.2), prop::collection::vec(steps(), 1..8)), 1..10)
    ) {
        let mut bench = Bench::new();
        bench.guild();
        for (fails, group) in &groups {
            for step in group {
                bench.add_step(step);
            }
            bench.failing.store(*fails, Ordering::Relaxed);
            bench.commit();
            bench.failing.store(false, Ordering::Relaxed);
            bench.check();
        }
    }
}
