//! A small world for tests: a scripted journal and access source, a fanout without tasks, time moved by hand.
//!
//! The script writes entries directly, also such as no command makes yet. Graphs are kept for loading only; who sees what is the
//! business of each test's own oracle.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    future::Future,
    num::NonZeroU16,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use filament_core::{
    AccessChange, AccessSource, Audience, ChannelOrder, Entry, Journal, MemberLoss, Position, SealedBody, SealedEvent,
    Seq, StampSource, UserAccess,
    permission::{
        ChannelNode, GraphChange, GuildGraph, Membership, Override, OverrideTarget, Subject, channel_permissions,
        guild_permissions, seeded_roles, sees,
    },
};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, ConnectionId, EventKind, GuildId, GuildName, Permission, Permissions,
    SessionId, SystemKey, Timestamp, UserId, Visibility,
};

use crate::{
    FanoutConfig, Hello,
    access::loads::LoadKey,
    admission::Admission,
    close::Cause,
    drive::{CommitTimes, apply},
    fanout::{Fanout, PendingLoad, Shared},
    link::Link,
    mailbox::Flushed,
    observe::Tally,
    subscribe::Subscribing,
    testing::{ManualClock, Peer, Received, Wire},
};

/// Completes a future that has nothing to wait for.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

pub(crate) fn user(n: u128) -> UserId {
    UserId::from_u128(n)
}

/// The session of a user.
pub(crate) fn session(n: u128) -> SessionId {
    SessionId::from_u128(1_000 + n)
}

/// What a member may do: in the guild, and in every visible channel.
type Rights = (Permissions, BTreeMap<ChannelId, Permissions>);

/// A journal and an access source whose history the test writes.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<History>);

#[derive(Debug, Default)]
struct History {
    entries: Vec<Arc<Entry>>,
    graphs: BTreeMap<GuildId, Arc<GuildGraph>>,
    members: BTreeMap<(GuildId, UserId), Membership>,
    ended: Vec<SessionId>,
    revisions: BTreeMap<UserId, u64>,
    ids: u128,
}

/// An event of the script, readable in a test's output. `kind` stands for itself only in the metrics.
pub(crate) fn event(kind: EventKind, audience: Audience, text: &str) -> SealedEvent {
    let body = SealedBody::Shared(Bytes::copy_from_slice(text.as_bytes()));
    SealedEvent { kind, audience, plain_only: false, body }
}

fn viewing() -> Permissions {
    [Permission::CreateMessage].into_iter().collect()
}

impl History {
    /// Everything every member may do, asked one by one: what access revisions count the changes of.
    fn rights(&self) -> BTreeMap<UserId, BTreeMap<GuildId, Rights>> {
        let mut rights: BTreeMap<UserId, BTreeMap<GuildId, Rights>> = BTreeMap::new();
        for ((guild_id, user_id), membership) in &self.members {
            let graph = &self.graphs[guild_id];
            let subject = Subject { user_id: *user_id, is_server_owner: false, membership: Some(membership) };
            let channels = graph.channels.iter().filter(|channel| sees(graph, channel, subject));
            let channels = channels.map(|channel| (channel.channel_id, channel_permissions(graph, channel, subject)));
            let held = (guild_permissions(graph, subject), channels.collect());
            rights.entry(*user_id).or_default().insert(*guild_id, held);
        }
        rights
    }
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, History> {
        self.0.lock().expect("no test panics while it holds this")
    }

    /// Commits an entry and returns its number.
    pub(crate) fn commit(&self, access: Vec<AccessChange>, events: Vec<SealedEvent>) -> Seq {
        let mut history = self.lock();
        let before = if access.is_empty() { BTreeMap::new() } else { history.rights() };
        for change in &access {
            match change {
                AccessChange::GuildCreated(graph) => {
                    history.graphs.insert(graph.guild_id, Arc::clone(graph));
                }
                AccessChange::Guild(guild_id, change) => {
                    if let Some(graph) = history.graphs.get_mut(guild_id) {
                        Arc::make_mut(graph).apply(change);
                    }
                }
                AccessChange::MemberJoined { guild_id, membership } => {
                    history.members.insert((*guild_id, membership.user_id), membership.clone());
                }
                AccessChange::MemberLeft { guild_id, user_id, .. } => {
                    history.members.remove(&(*guild_id, *user_id));
                }
                AccessChange::SessionEnded { session_id, .. } => history.ended.push(*session_id),
                AccessChange::SessionRenewed { .. } => {}
            }
        }
        let after = if access.is_empty() { BTreeMap::new() } else { history.rights() };
        for user_id in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
            if before.get(&user_id) != after.get(&user_id) {
                *history.revisions.entry(user_id).or_default() += 1;
            }
        }
        let seq = history.entries.len() as Seq + 1;
        let at = Timestamp::new(ManualClock::WALL_SECS).expect("a time");
        history.entries.push(Arc::new(Entry { seq, at, access, events }));
        seq
    }

    /// How often the user's access has changed (RES-30).
    pub(crate) fn revision(&self, user_id: UserId) -> u64 {
        self.lock().revisions.get(&user_id).copied().unwrap_or(0)
    }

    fn fresh_id(&self) -> u128 {
        let mut history = self.lock();
        history.ids += 1;
        (1 << 96) + history.ids
    }

    pub(crate) fn create_guild(&self, owner: UserId) -> GuildId {
        let guild_id = GuildId::from_u128(self.fresh_id());
        let stamp = StampSource::after(guild_id.as_u128() << 8).next(0, 0);
        let roles = seeded_roles(&stamp, 0);
        let owner_role = roles.iter().find(|role| role.system_key == Some(SystemKey::WorkspaceOwner)).expect("seeded");
        let membership = Membership { user_id: owner, role_ids: vec![owner_role.role_id], joined_at: Timestamp::MIN };
        let graph = GuildGraph {
            guild_id,
            name: GuildName::new("guild").expect("a name"),
            visibility: Visibility::Public,
            owner_id: owner,
            default_role_id: None,
            created_at: Timestamp::MIN,
            roles: roles.into(),
            channels: Vec::new(),
        };
        let access =
            vec![AccessChange::GuildCreated(Arc::new(graph)), AccessChange::MemberJoined { guild_id, membership }];
        let available = event(EventKind::WorkspaceAvailable, Audience::User(owner), &format!("available {guild_id}"));
        self.commit(access, vec![available]);
        guild_id
    }

    pub(crate) fn join(&self, guild_id: GuildId, user_id: UserId) -> Seq {
        let membership = Membership { user_id, role_ids: Vec::new(), joined_at: Timestamp::MIN };
        let available = event(EventKind::WorkspaceAvailable, Audience::User(user_id), &format!("available {guild_id}"));
        let added = event(EventKind::WorkspaceMemberAdd, Audience::Guild(guild_id), &format!("added {user_id}"));
        self.commit(vec![AccessChange::MemberJoined { guild_id, membership }], vec![available, added])
    }

    pub(crate) fn leave(&self, guild_id: GuildId, user_id: UserId) -> Seq {
        let left = AccessChange::MemberLeft { guild_id, user_id, loss: MemberLoss::Left };
        let both = Audience::GuildAnd(guild_id, user_id);
        let removed = event(EventKind::WorkspaceMemberRemove, both, &format!("removed {user_id} {guild_id}"));
        let own = Audience::User(user_id);
        let unavailable = event(EventKind::WorkspaceUnavailable, own, &format!("unavailable {guild_id}"));
        self.commit(vec![left], vec![removed, unavailable])
    }

    /// Creates a channel at the end, hidden from some.
    pub(crate) fn create_channel(&self, guild_id: GuildId, hidden_from: &[UserId]) -> ChannelId {
        let channel_id = ChannelId::from_u128(self.fresh_id());
        let hide = |user_id: &UserId| Override {
            target: OverrideTarget::Member(*user_id),
            allow: Permissions::EMPTY,
            deny: viewing(),
            updated_at: Timestamp::MIN,
        };
        let name = ChannelName::new("channel").expect("a name");
        let overrides = hidden_from.iter().map(hide).collect();
        let channel = ChannelNode { channel_id, name, kind: ChannelKind::Text, overrides };
        let audience = Audience::Manage(guild_id, channel_id);
        let created = event(EventKind::ChannelCreate, audience, &format!("created {channel_id}"));
        self.commit(vec![AccessChange::Guild(guild_id, GraphChange::ChannelAdded(channel))], vec![created]);
        channel_id
    }

    pub(crate) fn delete_channel(&self, guild_id: GuildId, channel_id: ChannelId) -> Seq {
        let audience = Audience::Edge(guild_id, channel_id);
        let deleted = event(EventKind::ChannelDelete, audience, &format!("deleted {channel_id}"));
        let removed = AccessChange::Guild(guild_id, GraphChange::ChannelRemoved(channel_id));
        self.commit(vec![removed], vec![deleted])
    }

    /// Hides a channel from a member, or no longer.
    pub(crate) fn hide(&self, guild_id: GuildId, channel_id: ChannelId, user_id: UserId, is_hidden: bool) -> Seq {
        let deny = if is_hidden { viewing() } else { Permissions::EMPTY };
        let target = OverrideTarget::Member(user_id);
        let value = Override { target, allow: Permissions::EMPTY, deny, updated_at: Timestamp::MIN };
        self.set_override(guild_id, channel_id, value)
    }

    /// Hides a channel from everybody but the owner, or no longer.
    pub(crate) fn hide_from_all(&self, guild_id: GuildId, channel_id: ChannelId, is_hidden: bool) -> Seq {
        let everyone = self.lock().graphs[&guild_id].seeded(SystemKey::Everyone).expect("seeded").role_id;
        let deny = if is_hidden { viewing() } else { Permissions::EMPTY };
        let target = OverrideTarget::Role(everyone);
        let value = Override { target, allow: Permissions::EMPTY, deny, updated_at: Timestamp::MIN };
        self.set_override(guild_id, channel_id, value)
    }

    fn set_override(&self, guild_id: GuildId, channel_id: ChannelId, value: Override) -> Seq {
        let kind = EventKind::WorkspaceChannelRoleOverrideUpdate;
        let overridden = event(kind, Audience::Edge(guild_id, channel_id), &format!("overridden {channel_id}"));
        let set = AccessChange::Guild(guild_id, GraphChange::OverrideSet { channel_id, value });
        self.commit(vec![set], vec![overridden])
    }

    /// Takes from `everyone` the right to see anything in a guild, or gives it back.
    pub(crate) fn shut(&self, guild_id: GuildId, is_shut: bool) -> Seq {
        let mut role = self.lock().graphs[&guild_id].seeded(SystemKey::Everyone).expect("seeded").clone();
        role.permissions = if is_shut { Permissions::EMPTY } else { viewing() };
        let updated =
            event(EventKind::WorkspaceUpdate, Audience::Guild(guild_id), &format!("shut {guild_id} {is_shut}"));
        self.commit(vec![AccessChange::Guild(guild_id, GraphChange::RolePut(role))], vec![updated])
    }

    pub(crate) fn reorder(&self, guild_id: GuildId, after: Vec<ChannelId>) -> Seq {
        let before = self.channels(guild_id);
        let order = ChannelOrder { guild_id, before, after: after.clone(), updated_at: Timestamp::MIN };
        let ordered = AccessChange::Guild(guild_id, GraphChange::ChannelsOrdered(after));
        let reordered = SealedEvent {
            kind: EventKind::ChannelReorder,
            audience: Audience::Guild(guild_id),
            plain_only: false,
            body: SealedBody::ChannelOrder(order),
        };
        self.commit(vec![ordered], vec![reordered])
    }

    pub(crate) fn post(&self, guild_id: GuildId, channel_id: ChannelId) -> Seq {
        let seq = self.head().seq + 1;
        let audience = Audience::Subscribers(guild_id, channel_id);
        self.commit(vec![], vec![event(EventKind::MessageCreate, audience, &format!("post {seq} {channel_id}"))])
    }

    pub(crate) fn end_session(&self, user_id: UserId, session_id: SessionId) -> Seq {
        self.commit(vec![AccessChange::SessionEnded { user_id, session_id }], vec![])
    }

    /// The channels of a guild, in order.
    pub(crate) fn channels(&self, guild_id: GuildId) -> Vec<ChannelId> {
        self.lock().graphs[&guild_id].channels.iter().map(|channel| channel.channel_id).collect()
    }
}

/// When the access tokens of the world end: an hour after its beginning.
pub(crate) fn token_expires_at() -> Timestamp {
    Timestamp::new(ManualClock::WALL_SECS + 3_600).expect("a time")
}

impl Journal for Script {
    type Error = Infallible;

    fn head(&self) -> Position {
        Position { epoch: 1, seq: self.lock().entries.len() as Seq }
    }

    async fn wait_past(&self, seq: Seq) -> Seq {
        assert!(self.head().seq > seq, "worlds are moved by hand");
        self.head().seq
    }

    async fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Result<Vec<Arc<Entry>>, Self::Error> {
        let history = self.lock();
        let from = usize::try_from(seq).expect("small");
        Ok(history.entries.iter().skip(from).take(usize::from(entries_max.get())).cloned().collect())
    }
}

impl AccessSource for Script {
    type Error = Infallible;

    async fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Result<UserAccess, Infallible> {
        let history = self.lock();
        let mine = || history.members.iter().filter(|((_, member), _)| *member == user_id);
        let unknown = mine().filter(|((guild_id, _), _)| !known.contains(guild_id));
        Ok(UserAccess {
            seq: history.entries.len() as Seq,
            token_expires_at: (!history.ended.contains(&session_id)).then(token_expires_at),
            access_rev: history.revisions.get(&user_id).copied().unwrap_or(0),
            memberships: mine().map(|((guild_id, _), membership)| (*guild_id, membership.clone())).collect(),
            graphs: unknown.filter_map(|((guild_id, _), _)| history.graphs.get(guild_id).cloned()).collect(),
        })
    }

    async fn load_guild(&self, guild_id: GuildId) -> Result<(Seq, Option<Arc<GuildGraph>>), Infallible> {
        let history = self.lock();
        Ok((history.entries.len() as Seq, history.graphs.get(&guild_id).cloned()))
    }
}

/// A fanout over a script, moved by hand.
pub(crate) struct World {
    pub(crate) script: Arc<Script>,
    pub(crate) fanout: Fanout<Wire>,
    pub(crate) clock: ManualClock,
    commits: CommitTimes,
    parked: Vec<Arc<Link<Wire>>>,
    connections: u128,
    /// Whether the next connections are plain.
    pub(crate) is_plain: bool,
}

/// One connection of a world.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) user_id: UserId,
    pub(crate) link: Arc<Link<Wire>>,
    pub(crate) peer: Peer,
}

/// A connection whose access is being loaded.
pub(crate) struct Connecting {
    pub(crate) user_id: UserId,
    hello: Hello,
    wire: Wire,
    peer: Peer,
    load: LoadKey,
    known: Vec<GuildId>,
    pub(crate) snapshot: Option<UserAccess>,
}

/// How far a connect has come.
pub(crate) enum Connect {
    Done(Client),
    Loading(Box<Connecting>),
}

impl World {
    pub(crate) fn new(config: FanoutConfig) -> Self {
        let script = Arc::new(Script::default());
        let clock = ManualClock::default();
        let fanout = Fanout::with_clock(config, Arc::clone(&script), Arc::clone(&script), clock.clone());
        Self {
            script,
            fanout,
            clock,
            commits: CommitTimes::default(),
            parked: Vec::new(),
            connections: 0,
            is_plain: true,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<Wire>> {
        &self.fanout.0
    }

    pub(crate) fn position(&self) -> Seq {
        self.shared().hub().position
    }

    /// Applies the next entry, if there is one.
    pub(crate) fn relay_one(&mut self) -> Option<Arc<Entry>> {
        let position = self.position();
        let entry = ready(self.script.read_after(position, NonZeroU16::MIN)).expect("readable").into_iter().next()?;
        ready(apply(&self.fanout.0, &entry, &mut self.commits)).expect("applied");
        self.step(|_| ());
        Some(entry)
    }

    /// Applies all entries.
    pub(crate) fn relay(&mut self) {
        while self.relay_one().is_some() {}
    }

    pub(crate) fn step<R>(&self, step: impl FnOnce(&mut crate::hub::Hub<Wire>) -> R) -> R {
        self.shared().step(|hub, _| step(hub))
    }

    /// Begins to connect a user. User 0 owns the server.
    pub(crate) fn begin_connect(&mut self, n: u128) -> Connect {
        self.connections += 1;
        let (wire, peer) = Wire::pair();
        let hello = Hello {
            connection_id: ConnectionId::from_u128(self.connections),
            user_id: user(n),
            session_id: session(n),
            is_server_owner: n == 0,
            is_plain: self.is_plain,
            features: Vec::new(),
            token_expires_at: token_expires_at(),
        };
        let user_id = hello.user_id;
        match self.shared().step(|hub, now| hub.begin_connect(&hello, wire, now)) {
            Admission::Connected(link) | Admission::Refused(link) => Connect::Done(Client { user_id, link, peer }),
            Admission::Load { transport: wire, load, known } => {
                Connect::Loading(Box::new(Connecting { user_id, hello, wire, peer, load, known, snapshot: None }))
            }
        }
    }

    /// Reads the snapshot of a connect at the journal's head.
    pub(crate) fn load(&self, connecting: &mut Connecting) {
        let loading = self.script.load_user(connecting.user_id, connecting.hello.session_id, connecting.known.clone());
        connecting.snapshot = Some(ready(loading).expect("loaded"));
    }

    /// Finishes a connect whose snapshot the relay has reached. `None`: it has to begin again.
    pub(crate) fn finish_connect(&mut self, connecting: Box<Connecting>) -> Option<Client> {
        let Connecting { user_id, hello, wire, peer, load, snapshot, .. } = *connecting;
        let snapshot = snapshot.expect("loaded before");
        let finished = self.shared().step(|hub, now| {
            let finished = hub.finish_connect(load, &hello, snapshot, wire, now);
            hub.end_load(load, user_id);
            finished
        });
        finished.ok().map(|link| Client { user_id, link, peer })
    }

    /// Gives up a connect.
    pub(crate) fn abandon(&self, connecting: &Connecting) {
        drop(PendingLoad { shared: self.shared(), load: Some(connecting.load), reserved: Some(connecting.user_id) });
    }

    /// Connects a user, letting the relay catch up.
    pub(crate) fn connect(&mut self, n: u128) -> Client {
        loop {
            match self.begin_connect(n) {
                Connect::Done(client) => return client,
                Connect::Loading(mut connecting) => {
                    self.load(&mut connecting);
                    self.relay();
                    if let Some(client) = self.finish_connect(connecting) {
                        return client;
                    }
                }
            }
        }
    }

    /// Connects a user and takes `ready` off.
    pub(crate) fn ready_client(&mut self, n: u128) -> Client {
        let client = self.connect(n);
        self.flush();
        let first = client.peer.take();
        assert!(matches!(&first[..], [Received::Text(text)] if text.contains(r#""t":"ready""#)), "{first:?}");
        client
    }

    pub(crate) fn subscribe(&self, client: &Client, guild_id: GuildId, channel_id: ChannelId) -> Subscribing {
        self.shared().step(|hub, now| hub.subscribe(&client.link, guild_id, channel_id, None, now))
    }

    /// Subscribes and takes the three answers off.
    pub(crate) fn subscribed(&mut self, client: &Client, guild_id: GuildId, channel_id: ChannelId) {
        assert_eq!(self.subscribe(client, guild_id, channel_id), Subscribing::Done);
        self.flush();
        let answers = texts(&client.peer);
        let kinds: Vec<_> = answers.iter().map(|text| kind(text)).collect();
        assert_eq!(kinds, ["presence_sync", "subscribed", "voice_participant_sync"]);
    }

    pub(crate) fn unsubscribe(&self, client: &Client, guild_id: GuildId, channel_id: ChannelId) {
        self.shared().step(|hub, now| hub.unsubscribe(&client.link, guild_id, channel_id, None, now));
    }

    pub(crate) fn end(&self, client: &Client, cause: Cause) {
        self.shared().step(|hub, now| hub.end(&client.link, cause, now));
    }

    /// Moves time on in ticks, flushing after each.
    pub(crate) fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(crate::limits::TICK_MS);
            left -= step;
            self.clock.advance_ms(step);
            self.shared().step(|hub, now| hub.tick(now));
            while self.shared().step(|hub, now| hub.tell_presence(now)) {}
            self.flush();
        }
    }

    /// Writes whatever can be written.
    pub(crate) fn flush(&mut self) {
        let mut links = std::mem::take(&mut self.parked);
        loop {
            for shard in &self.shared().shards {
                let mut more = Vec::new();
                shard.take(&mut more);
                links.append(&mut more);
            }
            if links.is_empty() {
                break;
            }
            for link in std::mem::take(&mut links) {
                self.flush_one(&link);
            }
        }
    }

    fn flush_one(&mut self, link: &Arc<Link<Wire>>) {
        let shared = Arc::clone(self.shared());
        let mut tally = Tally::default();
        let now = crate::clock::Clock::now(&self.clock);
        let flushed = link.lock().flush(&link.transport, &shared.bounds, now, &mut tally);
        shared.stats.merge(&mut tally);
        match flushed {
            Flushed::Drained => {}
            Flushed::Blocked => self.parked.push(Arc::clone(link)),
            Flushed::Failed => shared.step(|hub, now| hub.end(link, Cause::Lost, now)),
            Flushed::Ended(ending) => link.shut_down(Some(ending)),
        }
    }

    pub(crate) fn check(&self) {
        let hub = self.shared().hub();
        hub.check_invariants();
        if hub.position == self.script.head().seq {
            hub.access.check_revisions(|user_id| self.script.revision(user_id));
        }
    }
}

/// The texts a peer received.
pub(crate) fn texts(peer: &Peer) -> Vec<String> {
    let text = |received| match received {
        Received::Text(text) => Some(text),
        Received::Ping | Received::Pong(_) | Received::Close(..) => None,
    };
    peer.take().into_iter().filter_map(text).collect()
}

/// The name of an event the server made itself.
pub(crate) fn kind(text: &str) -> &str {
    text.strip_prefix(r#"{"v":1,"t":""#).and_then(|rest| rest.split('"').next()).unwrap_or(text)
}
