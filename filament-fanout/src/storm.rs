//! Random histories of real commands through core, a store in memory and delivery, in virtual time, against an oracle of plain sets.
//!
//! A plan is a list of steps of everybody concerned, in any order: a command is committed, the relay applies an entry, a connection's
//! access is loaded, a shard is flushed, time passes. After each step the parts are checked, and whatever a connection received is
//! compared with what the oracle says it is to hear: every frame in one order, none that may not be had at that moment, none missing
//! unless the connection was closed. The oracle knows the commands that were accepted and the contract's words (`rights` is its §8.3,
//! `deeds` its §4.12); it asks no permission rule and no index.
//!
//! Plans are made of seeds: 500 in every run, `FILAMENT_STORM_CASES` asks for more, `FILAMENT_STORM_SEED` for one. A plan that fails is
//! shrunk and printed with its seed. `mutations/` in this crate proves that the storm can fail.

mod client;
mod deeds;
mod equation;
mod interference;
mod listener;
mod op;
mod rights;
mod said;
mod seeds;
mod truth;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use filament_core::{
    AccessSource, Address, Anonymous, Engine, Limits, Seq,
    decide::{
        account::{OpenSession, Register},
        address::ObserveAddress,
    },
    testing::MemoryStore,
};
use filament_protocol::{
    ChannelId, ErrorCode, GuildId, MessageId, Timestamp, UserId, Username, event::UnsubscribedReason,
};
use proptest::sample::Index;

use self::{
    deeds::{Act, Post},
    listener::Listener,
    op::{ADDRESSES, By, Deed, Op, SHARDS, USERS},
    said::{Audience, Item, Said},
    truth::Truth,
};
use crate::{
    FanoutConfig, Mode,
    clock::Clock,
    close::Cause,
    subscribe::Subscribing,
    testing::ManualClock,
    world::{Client, Connect, Connecting, Login, World, ready},
};

/// Frames that wait for a connection at most: few, so that some are too slow.
const QUEUE_FRAMES: usize = 24;

/// How far the clock goes at most, so that nobody is closed for saying nothing.
const TIME_MS_MAX: u64 = 50_000;

/// What was committed: the truth after it, and what it says to whom.
struct Committed {
    truth: Rc<Truth>,
    said: Vec<Said>,
    /// Whoever joins: may be closed with 4009 if the guild could not be loaded as of the entry.
    joined: Option<UserId>,
    /// Whether those whose access is another are told of it: not where channels come and go (§4.8).
    tells: bool,
    /// What subscriptions of somebody who is no member any more are told.
    loss: UnsubscribedReason,
    /// How often the access of each user has changed (RES-30).
    revisions: BTreeMap<UserId, u64>,
}

struct Storm {
    world: World<MemoryStore>,
    engine: Engine<MemoryStore>,
    /// By number; 0 owns the server.
    logins: Vec<Login>,
    /// Where each user was seen.
    seen_at: Vec<BTreeSet<Address>>,
    /// By seq; 0 is the state before the first entry.
    committed: Vec<Committed>,
    posts: BTreeMap<MessageId, Post>,
    /// Channels that the steps of a plan pass over.
    hidden: BTreeSet<ChannelId>,
    /// The number of the command that is about those instead.
    in_hiding: Option<usize>,
    in_hiding_turns: usize,
    /// Commands sent by the steps of the plan.
    turns: usize,
    /// Connects, with the address they come from.
    connecting: Vec<(Address, Connecting)>,
    /// Whom to tell of their access.
    due: BTreeSet<(GuildId, UserId)>,
    listeners: Vec<Listener>,
    /// How often each command was accepted, by its name.
    accepted: BTreeMap<String, u64>,
    /// Events that were received as expected.
    heard: u64,
}

impl Storm {
    fn new() -> Self {
        Self::with_queue(QUEUE_FRAMES)
    }

    /// A storm in which so many frames wait for a connection at most.
    fn with_queue(queue_frames: usize) -> Self {
        let store = MemoryStore::at(ManualClock::WALL_SECS * 1_000);
        let logins: Vec<Login> = (0..USERS).map(|n| log_in(&store, n)).collect();
        let config = FanoutConfig { queue_frames, connections_per_user: 3, shards: SHARDS, ..FanoutConfig::default() };
        let mut limits = Limits::default();
        limits.server_owner_user_id = Some(logins[0].user_id);
        let truth = Truth { server_owner: logins[0].user_id, guilds: BTreeMap::new() };
        let mut storm = Self {
            world: World::over(config, store.clone()),
            engine: Engine::new(store, limits),
            seen_at: vec![BTreeSet::new(); logins.len()],
            logins,
            committed: vec![Committed {
                truth: Rc::new(truth),
                said: Vec::new(),
                joined: None,
                tells: false,
                loss: UnsubscribedReason::Left,
                revisions: BTreeMap::new(),
            }],
            posts: BTreeMap::new(),
            hidden: BTreeSet::new(),
            in_hiding: None,
            in_hiding_turns: 0,
            turns: 0,
            connecting: Vec::new(),
            due: BTreeSet::new(),
            listeners: Vec::new(),
            accepted: BTreeMap::new(),
            heard: 0,
        };
        (0..USERS).for_each(|n| storm.see(n, storm.home(n)));
        for n in [1, 2] {
            storm.act(n, GuildId::from_u128(0), &Deed::CreateGuild);
        }
        let guilds: Vec<GuildId> = storm.head().guilds.keys().copied().collect();
        for guild in guilds {
            storm.act(storm.owner_of(guild), guild, &Deed::CreateChannel(None));
            storm.act(3, guild, &Deed::Join);
        }
        storm.relay_to_head();
        storm
    }

    fn store(&self) -> &MemoryStore {
        self.engine.store()
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now().wall
    }

    /// Where a user sends commands from.
    fn home(&self, n: usize) -> Address {
        Address::from_bits(n as u128 % ADDRESSES)
    }

    fn owner_of(&self, guild: GuildId) -> usize {
        let owner = self.head().guilds[&guild].owner();
        self.logins.iter().position(|login| login.user_id == owner).expect("a user")
    }

    fn head(&self) -> &Truth {
        &self.committed[self.committed.len() - 1].truth
    }

    /// What holds as of the relay's position.
    fn present(&self) -> &Committed {
        &self.committed[usize::try_from(self.world.position()).expect("small")]
    }

    /// Notes where a user was seen, as the server does.
    fn see(&mut self, n: usize, address: Address) {
        let seen = ObserveAddress { user_id: self.logins[n].user_id, address };
        ready(self.engine.execute(Anonymous, seen)).expect("noted");
        self.seen_at[n].insert(address);
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Do(by, guild, deed) => self.perform(by, guild, &deed),
            Op::Relay(count) => {
                for _ in 0..count {
                    self.relay_one();
                }
            }
            Op::Connect(n, address, mode) => self.connect(n, Address::from_bits(address), mode),
            Op::Arrive(n, address, mode) => self.arrive(n, Address::from_bits(address), mode),
            Op::Load(nth) => {
                if let Some(at) = pick(nth, self.connecting.len()) {
                    self.world.load(&mut self.connecting[at].1);
                }
            }
            Op::Finish(nth) => self.finish(nth),
            Op::Flush(shard) => self.flush(shard),
            Op::Tick(ms) => self.tick(ms),
            Op::Tell => self.tell(),
            Op::Disconnect(nth, _)
            | Op::Subscribe(nth, ..)
            | Op::Unsubscribe(nth, ..)
            | Op::Stall(nth)
            | Op::Allow(nth, _)
            | Op::Resume(nth) => {
                if let Some(at) = pick(nth, self.listeners.len()) {
                    self.run_on(at, op);
                }
            }
        }
    }

    fn perform(&mut self, by: By, nth: Index, deed: &Deed) {
        let Some((n, guild)) = self.actor(by, nth) else { return };
        self.turns += 1;
        self.act(n, guild, deed);
        if let (Some(truth), Some(graph)) = (self.head().guilds.get(&guild), self.store().graph(guild)) {
            truth.check_stored(&graph);
        }
    }

    /// Commits a command, unless it is refused or changes nothing.
    fn act(&mut self, n: usize, guild: GuildId, deed: &Deed) {
        self.act_by(n, guild, deed, |act| act.run(deed));
    }

    fn act_by(&mut self, n: usize, guild: GuildId, deed: &Deed, run: impl FnOnce(&mut Act<'_>) -> Option<Vec<Said>>) {
        let before = Rc::clone(&self.committed[self.committed.len() - 1].truth);
        let mut act = Act::of(self, n, guild);
        let said = run(&mut act);
        let after = act.next;
        let head = filament_core::Journal::head(self.store()).seq;
        let Some(said) = said else {
            assert_eq!(head, self.committed.len() as Seq - 1, "what is refused says nothing (EMI-3)");
            return;
        };
        let name = format!("{deed:?}").split('(').next().unwrap_or_default().to_owned();
        *self.accepted.entry(name).or_default() += 1;
        let joined = match deed {
            Deed::Join => Some(self.logins[n].user_id),
            Deed::Add(n) => Some(self.logins[*n].user_id),
            _ => None,
        };
        let loss = match deed {
            Deed::Kick(_) | Deed::Ban(_) => UnsubscribedReason::AccessRevoked,
            _ => UnsubscribedReason::Left,
        };
        let of_channels = matches!(deed, Deed::CreateChannel(_) | Deed::DeleteChannel(_));
        let mut revisions = self.committed[self.committed.len() - 1].revisions.clone();
        let shifted: BTreeSet<UserId> = after.shifted(&before).into_iter().map(|(_, user)| user).collect();
        shifted.into_iter().for_each(|user| *revisions.entry(user).or_default() += 1);
        let truth = if after.guilds == before.guilds { before } else { Rc::new(after) };
        self.committed.push(Committed { truth, said, joined, tells: !of_channels, loss, revisions });
    }

    fn connect(&mut self, n: usize, address: Address, mode: Mode) {
        self.see(n, address);
        self.connect_from(n, address, mode);
    }

    /// The same without a trace of where it was.
    fn connect_from(&mut self, n: usize, address: Address, mode: Mode) {
        self.world.mode = mode;
        self.world.address = Some(address);
        match self.world.begin_connect_as(self.logins[n]) {
            Connect::Done(client) => self.listen(address, client),
            Connect::Loading(connecting) => self.connecting.push((address, *connecting)),
        }
    }

    fn arrive(&mut self, n: usize, address: Address, mode: Mode) {
        let (before, waiting) = (self.listeners.len(), self.connecting.len());
        self.connect(n, address, mode);
        if self.connecting.len() > waiting {
            self.finish_nth(waiting);
        }
        let guilds = self.head().guilds.iter();
        let channels = guilds.flat_map(|(id, guild)| guild.channels.iter().map(|channel| (*id, channel.id)));
        for (guild, channel) in channels.collect::<Vec<_>>() {
            if self.listeners.len() > before {
                self.subscribe(before, guild, channel);
            }
        }
    }

    fn finish(&mut self, nth: Index) {
        if let Some(at) = pick(nth, self.connecting.len()) {
            self.finish_nth(at);
        }
    }

    fn finish_nth(&mut self, at: usize) {
        let (address, mut connecting) = self.connecting.swap_remove(at);
        if connecting.snapshot.is_none() {
            self.world.load(&mut connecting);
        }
        let seq = connecting.snapshot.as_ref().expect("loaded").seq;
        self.relay_to(seq);
        if let Some(client) = self.world.finish_connect(Box::new(connecting)) {
            self.listen(address, client);
        }
    }

    fn listen(&mut self, address: Address, client: Client) {
        if client.link.lock().is_open() {
            self.listeners.push(Listener::new(client.user_id, address, client)); // else it is over a cap
        }
    }

    fn run_on(&mut self, at: usize, op: Op) {
        let peer = self.listeners[at].client.peer.clone();
        match op {
            Op::Disconnect(_, is_clean) => {
                let listener = self.listeners.swap_remove(at);
                let cause = if is_clean { Cause::Client { code: Some(1000) } } else { Cause::Lost };
                self.world.end(&listener.client, cause);
            }
            Op::Subscribe(_, guild, channel) => {
                if let Some((guild, channel)) = self.channel(guild, channel) {
                    self.subscribe(at, guild, channel);
                }
            }
            Op::Unsubscribe(_, guild, channel) => {
                if let Some((guild, channel)) = self.channel(guild, channel) {
                    let listener = &mut self.listeners[at];
                    self.world.unsubscribe(&listener.client, guild, channel);
                    listener.subscriptions.remove(&(guild, channel));
                    let text = format!("unsubscribed {channel} {}", UnsubscribedReason::Requested);
                    listener.queue.push_back(Item::new(Audience::Own, text));
                }
            }
            Op::Stall(_) => {
                peer.stall();
                self.listeners[at].is_stalled = true;
            }
            Op::Allow(_, bytes) => {
                peer.allow(bytes);
                self.listeners[at].is_stalled = true;
                self.listeners[at].is_partial = true;
            }
            Op::Resume(_) => {
                peer.resume();
                self.listeners[at].is_stalled = false;
            }
            other => unreachable!("{other:?} is of no connection"),
        }
    }

    fn channel(&self, guild: Index, channel: Index) -> Option<(GuildId, ChannelId)> {
        let guilds = &self.head().guilds;
        let (id, guild) = guilds.iter().nth(guild.index(guilds.len().max(1)))?;
        Some((*id, guild.channels.get(channel.index(guild.channels.len().max(1)))?.id))
    }

    fn subscribe(&mut self, at: usize, guild: GuildId, channel: ChannelId) {
        let client = self.listeners[at].client.clone();
        let mut outcome = self.world.subscribe(&client, guild, channel);
        if outcome == Subscribing::UnknownGuild {
            let is_owner = client.user_id == self.logins[0].user_id;
            assert!(is_owner, "only a server owner subscribes where it is no member");
            let (load, _) = self.world.step(|hub| hub.begin_load());
            let loaded = ready(self.store().load_guild(guild)).expect("loaded");
            self.relay_to(loaded.0);
            self.world.step(|hub| {
                hub.finish_guild(load, guild, loaded);
                hub.loads.end(load);
            });
            outcome = self.world.subscribe(&client, guild, channel);
            self.world.step(|hub| hub.forget_unused_guild(guild));
        }
        let (present, now) = (Rc::clone(&self.present().truth), self.now());
        let is_it = |listener: &&mut Listener| Arc::ptr_eq(&listener.client.link, &client.link);
        let Some(listener) = self.listeners.iter_mut().find(is_it).filter(|listener| listener.is_open()) else {
            return;
        };
        let user = listener.user;
        let may = present.sees(guild, channel, user) && !present.stops(guild, user, listener.address, now);
        assert_eq!(outcome, if may { Subscribing::Done } else { Subscribing::Refused(ErrorCode::Forbidden) });
        if may {
            listener.subscriptions.insert((guild, channel));
            let item = Item::new(Audience::Answer(guild, channel), format!("subscribed {channel}"));
            listener.queue.push_back(item);
        }
    }

    fn relay_to_head(&mut self) {
        while self.relay_one().is_some() {}
    }

    fn relay_to(&mut self, seq: Seq) {
        while self.world.position() < seq {
            self.relay_one().expect("the journal holds it");
        }
    }

    /// Applies one entry, and works out from the sets what every connection is to hear of it.
    fn relay_one(&mut self) -> Option<()> {
        let here: BTreeSet<UserId> =
            self.listeners.iter().filter(|listener| listener.is_open()).map(|listener| listener.user).collect();
        let entry = self.world.relay_one()?;
        let (seq, now) = (usize::try_from(entry.seq).expect("small"), self.now());
        let (before, after) = (&self.committed[seq - 1], &self.committed[seq]);
        assert_eq!(
            entry.events.len(),
            after.said.len(),
            "everything the contract says, and nothing else (EMI-1, EMI-6)"
        );
        for listener in &mut self.listeners {
            listener.hear(&before.truth, after, entry.seq, now);
        }
        // A user that joins a guild nobody here was in is closed if the guild has changed since.
        let joined = after.joined;
        self.listeners.retain(|listener| joined != Some(listener.user) || listener.is_open());
        let is_cut_off = |user| joined == Some(user) && self.listeners.iter().all(|other| other.user != user);
        if after.tells {
            let shifted = after.truth.shifted(&before.truth).into_iter();
            let told = shifted.filter(|(guild, user)| {
                after.truth.is_member(*guild, *user) && here.contains(user) && !is_cut_off(*user)
            });
            self.due.extend(told);
        }
        self.check();
        Some(())
    }

    /// Tells everybody due what they may do.
    fn tell(&mut self) {
        let (present, now) = (&self.committed[usize::try_from(self.world.position()).expect("small")], self.now());
        for (guild, user) in std::mem::take(&mut self.due) {
            let revision = present.revisions.get(&user).copied().unwrap_or(0);
            let of_user = self.listeners.iter_mut().filter(|listener| listener.user == user);
            of_user.for_each(|listener| listener.hear_access(guild, &present.truth, revision, now));
        }
        self.world.tell_shifts();
    }

    fn flush(&mut self, shard: Option<usize>) {
        match shard {
            Some(shard) => self.world.flush_shard(shard),
            None => self.world.flush(),
        }
        let (present, now) = (Rc::clone(&self.present().truth), self.now());
        for listener in std::mem::take(&mut self.listeners) {
            let mut listener = listener;
            let waited = listener.queue.len();
            let goes_on = listener.read(&present, now, shard.is_none());
            self.heard += (waited - listener.queue.len()) as u64;
            self.listeners.extend(goes_on.then_some(listener));
        }
    }

    fn tick(&mut self, ms: u64) {
        if self.world.clock.now().ms() + ms > TIME_MS_MAX {
            return;
        }
        self.world.clock.advance_ms(ms);
        self.store().advance(ms);
        self.world.shared().step(|hub, now| hub.tick(now));
        self.listeners.iter_mut().for_each(|listener| listener.is_overdue |= !listener.is_open());
        while self.world.shared().step(|hub, now| hub.tell_presence(now)) {}
    }

    /// Panics if the parts of delivery disagree with each other or with the oracle.
    fn check(&mut self) {
        self.listeners.iter_mut().for_each(|listener| listener.is_ended |= !listener.is_open());
        let is_here = |user| self.listeners.iter().any(|listener| listener.user == user && listener.is_open());
        self.due.retain(|(_, user)| is_here(*user));
        self.world.check();
        let revisions = &self.present().revisions;
        let hub = self.world.shared().hub();
        hub.access.check_revisions(|user| revisions.get(&user).copied().unwrap_or(0));
    }

    /// Compares the memberships as stored with the oracle's.
    fn check_memberships(&self) {
        for login in &self.logins {
            let stored = ready(self.store().load_user(login.user_id, login.session_id, Vec::new())).expect("loaded");
            let stored = stored.memberships.into_iter().map(|(id, it)| (id, it.role_ids.into_iter().collect()));
            let held =
                self.head().guilds.iter().filter_map(|(id, guild)| Some((*id, guild.members.get(&login.user_id)?)));
            let held: BTreeMap<GuildId, BTreeSet<_>> = held.map(|(id, held)| (id, held.clone())).collect();
            assert_eq!(stored.collect::<BTreeMap<_, _>>(), held);
        }
    }
}

fn log_in(store: &MemoryStore, n: usize) -> Login {
    let engine = Engine::new(store.clone(), Limits::default());
    let username = Username::new(format!("user_{n}")).expect("a name");
    let register = Register { username: username.clone(), password_hash: String::new() };
    ready(engine.execute(Anonymous, register)).expect("registered");
    let user_id = ready(engine.credentials(username)).expect("read").expect("registered").user_id;
    let opened = ready(engine.execute(Anonymous, OpenSession { user_id, access_token_secs: 3_600 })).expect("opened");
    Login { user_id, session_id: opened.reply.session_id, is_server_owner: n == 0 }
}

fn pick(nth: Index, count: usize) -> Option<usize> {
    (count > 0).then(|| nth.index(count))
}

fn run_to_the_end(plan: Vec<Op>) -> Storm {
    let mut storm = Storm::new();
    for op in plan {
        storm.run(op);
        storm.check();
    }
    for listener in &mut storm.listeners {
        listener.client.peer.resume();
        listener.is_stalled = false;
    }
    storm.relay_to_head();
    storm.tell();
    storm.flush(None);
    storm.flush(None);
    storm.check();
    storm.check_memberships();
    storm
}
