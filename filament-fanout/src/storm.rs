//! Random histories against an oracle of plain sets: no frame without access, one ascending order, complete or closed.
//!
//! The oracle knows who is a member, what is hidden from whom, and what each connection is to hear, from the script of mutations
//! alone. It asks no permission rule and no index of this crate.

mod listener;
mod op;
mod truth;

use std::{
    collections::{BTreeSet, VecDeque},
    mem::replace,
};

use filament_core::{Address, Seq};
use filament_protocol::{ChannelId, ErrorCode, GuildId};
use proptest::{collection::vec, prelude::*, sample::Index};

use self::{
    listener::Listener,
    op::{Op, op, racing_op},
    truth::{Audience, ChannelTruth, GuildTruth, Item, Truth},
};
use crate::{
    FanoutConfig,
    close::Cause,
    subscribe::Subscribing,
    world::{Client, Connect, Connecting, World, ready, user},
};

/// What was committed: the truth after it, and what it says to whom.
#[derive(Clone, Debug)]
struct Committed {
    truth: Truth,
    events: Vec<(Audience, String)>,
    /// Whoever joins: may be closed with 4009 if the guild could not be loaded as of the entry.
    joined: Option<u128>,
    /// Whether those whose access is another are told of it: not where channels come and go.
    tells: bool,
}

struct Storm {
    world: World,
    /// By seq; 0 is the state before the first entry.
    committed: Vec<Committed>,
    /// Connects with the address they come from.
    connecting: Vec<(u128, Connecting)>,
    /// Whom to tell of their access.
    due: BTreeSet<(GuildId, u128)>,
    listeners: Vec<Listener>,
}

impl Storm {
    fn new() -> Self {
        let config = FanoutConfig { queue_frames: 16, connections_per_user: 3, shards: 2, ..FanoutConfig::default() };
        let world = World::new(config);
        let nothing = Committed { truth: Truth::default(), events: Vec::new(), joined: None, tells: false };
        let mut storm = Self {
            world,
            committed: vec![nothing],
            connecting: Vec::new(),
            due: BTreeSet::new(),
            listeners: Vec::new(),
        };
        for owner in [1, 2] {
            let id = storm.world.script.create_guild(user(owner));
            let mut truth = storm.head().clone();
            let members = BTreeSet::from([owner]);
            truth.guilds.push(GuildTruth {
                id,
                owner,
                members,
                is_shut: false,
                banned: BTreeSet::new(),
                channels: Vec::new(),
            });
            storm.note(truth, vec![(Audience::User(owner), format!("available {id}"))], None, true);
        }
        for guild in 0..2 {
            storm.run(Op::Create(guild, Vec::new()));
            storm.run(Op::Join(3, guild));
        }
        storm.relay_to_head();
        storm
    }

    fn head(&self) -> &Truth {
        &self.committed[self.committed.len() - 1].truth
    }

    /// The truth as of the relay's position.
    fn present(&self) -> &Truth {
        &self.committed[usize::try_from(self.world.position()).expect("small")].truth
    }

    fn note(&mut self, truth: Truth, events: Vec<(Audience, String)>, joined: Option<u128>, tells: bool) {
        self.committed.push(Committed { truth, events, joined, tells });
    }

    fn channel(&self, guild: usize, nth: Index) -> Option<(GuildId, ChannelId)> {
        let guild = &self.head().guilds[guild];
        (!guild.channels.is_empty()).then(|| (guild.id, guild.channels[nth.index(guild.channels.len())].id))
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Join(..)
            | Op::Leave(..)
            | Op::Create(..)
            | Op::Delete(..)
            | Op::Hide(..)
            | Op::HideFromAll(..)
            | Op::Shut(..)
            | Op::Reorder(_)
            | Op::BanAddress(..)
            | Op::Post(..) => self.mutate(&op),
            Op::Relay(count) => {
                for _ in 0..count {
                    self.relay_one();
                }
            }
            Op::Connect(n, address, mode) => {
                self.world.mode = mode;
                self.world.address = Some(Address::from_bits(address));
                match self.world.begin_connect(n) {
                    Connect::Done(client) => self.listen(n, address, client),
                    Connect::Loading(connecting) => self.connecting.push((address, *connecting)),
                }
            }
            Op::Load(nth) => {
                if let Some(at) = pick(nth, self.connecting.len()) {
                    self.world.load(&mut self.connecting[at].1);
                }
            }
            Op::Finish(nth) => self.finish(nth),
            Op::Flush => self.flush(),
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

    /// Commits a mutation, unless it would change nothing.
    fn mutate(&mut self, op: &Op) {
        let mut truth = self.head().clone();
        let joined = if let Op::Join(n, _) = op { Some(*n) } else { None };
        let tells = matches!(op, Op::Join(..) | Op::Hide(..) | Op::HideFromAll(..) | Op::Shut(..));
        let said = self.change_guild(op, &mut truth).or_else(|| self.change_channel(op, &mut truth));
        if let Some(events) = said {
            self.note(truth, events, joined, tells);
        }
    }

    /// Members, the right to see anything, the order of channels.
    fn change_guild(&self, op: &Op, truth: &mut Truth) -> Option<Vec<(Audience, String)>> {
        let script = &self.world.script;
        match *op {
            Op::Join(n, guild) => {
                let guild = &mut truth.guilds[guild];
                guild.members.insert(n).then(|| {
                    script.join(guild.id, user(n));
                    vec![
                        (Audience::User(n), format!("available {}", guild.id)),
                        (Audience::Guild(guild.id), format!("added {}", user(n))),
                    ]
                })
            }
            Op::Leave(n, guild) => {
                let guild = &mut truth.guilds[guild];
                (guild.owner != n && guild.members.remove(&n)).then(|| {
                    script.leave(guild.id, user(n));
                    vec![
                        (Audience::GuildAnd(guild.id, n), format!("removed {} {}", user(n), guild.id)),
                        (Audience::User(n), format!("unavailable {}", guild.id)),
                    ]
                })
            }
            Op::Shut(guild, on) => {
                let guild = &mut truth.guilds[guild];
                (replace(&mut guild.is_shut, on) != on).then(|| {
                    script.shut(guild.id, on);
                    vec![(Audience::Guild(guild.id), format!("shut {} {on}", guild.id))]
                })
            }
            Op::BanAddress(guild, address, on) => {
                let guild = &mut truth.guilds[guild];
                (if on { guild.banned.insert(address) } else { guild.banned.remove(&address) }).then(|| {
                    script.ban_address(guild.id, address, on);
                    Vec::new()
                })
            }
            Op::Reorder(guild) => {
                let guild = &mut truth.guilds[guild];
                (guild.channels.len() > 1).then(|| {
                    guild.channels.rotate_left(1);
                    script.reorder(guild.id, guild.channels.iter().map(|channel| channel.id).collect());
                    vec![(Audience::Order(guild.id), String::new())]
                })
            }
            _ => None,
        }
    }

    /// One channel, or a message in it.
    fn change_channel(&self, op: &Op, truth: &mut Truth) -> Option<Vec<(Audience, String)>> {
        let script = &self.world.script;
        let edge = |guild, channel, verb| vec![(Audience::Edge(guild, channel), format!("{verb} {channel}"))];
        match *op {
            Op::Create(guild, ref hidden_from) => {
                let guild = &mut truth.guilds[guild];
                let hidden: Vec<_> = hidden_from.iter().map(|n| user(*n)).collect();
                let id = script.create_channel(guild.id, &hidden);
                let hidden_from = hidden_from.iter().copied().collect();
                guild.channels.push(ChannelTruth { id, hidden_from, is_hidden_from_all: false });
                Some(vec![(Audience::Manage(guild.id, id), format!("created {id}"))])
            }
            Op::Delete(guild, nth) => {
                let (guild, channel) = self.channel(guild, nth)?;
                script.delete_channel(guild, channel);
                truth.guild_mut(guild).channels.retain(|other| other.id != channel);
                Some(edge(guild, channel, "deleted"))
            }
            Op::Hide(guild, nth, n, on) => {
                let (guild, channel) = self.channel(guild, nth)?;
                let hidden_from = &mut truth.channel_mut(guild, channel).hidden_from;
                (if on { hidden_from.insert(n) } else { hidden_from.remove(&n) }).then(|| {
                    script.hide(guild, channel, user(n), on);
                    edge(guild, channel, "overridden")
                })
            }
            Op::HideFromAll(guild, nth, on) => {
                let (guild, channel) = self.channel(guild, nth)?;
                let hidden = &mut truth.channel_mut(guild, channel).is_hidden_from_all;
                (replace(hidden, on) != on).then(|| {
                    script.hide_from_all(guild, channel, on);
                    edge(guild, channel, "overridden")
                })
            }
            Op::Post(guild, nth) => {
                let (guild, channel) = self.channel(guild, nth)?;
                let seq = script.post(guild, channel);
                Some(vec![(Audience::Subscribers(guild, channel), format!("post {seq} {channel}"))])
            }
            _ => None,
        }
    }

    fn finish(&mut self, nth: Index) {
        let Some(at) = pick(nth, self.connecting.len()) else { return };
        let (address, mut connecting) = self.connecting.swap_remove(at);
        if connecting.snapshot.is_none() {
            self.world.load(&mut connecting);
        }
        let seq = connecting.snapshot.as_ref().expect("loaded").seq;
        self.relay_to(seq);
        let n = connecting.user_id.as_u128();
        if let Some(client) = self.world.finish_connect(Box::new(connecting)) {
            self.listen(n, address, client);
        }
    }

    fn listen(&mut self, n: u128, address: u128, client: Client) {
        if !client.link.lock().is_open() {
            return; // over a cap
        }
        self.listeners.push(Listener {
            user: n,
            address,
            client,
            subscriptions: BTreeSet::new(),
            queue: VecDeque::new(),
            is_greeted: false,
            is_stalled: false,
            is_partial: false,
            messages: 0,
            heard: None,
            cursor: None,
        });
    }

    fn run_on(&mut self, at: usize, op: Op) {
        let peer = self.listeners[at].client.peer.clone();
        match op {
            Op::Disconnect(_, is_clean) => {
                let listener = self.listeners.swap_remove(at);
                let cause = if is_clean { Cause::Client { code: Some(1000) } } else { Cause::Lost };
                self.world.end(&listener.client, cause);
            }
            Op::Subscribe(_, guild, nth) => {
                if let Some((guild, channel)) = self.channel(guild, nth) {
                    self.subscribe(at, guild, channel);
                }
            }
            Op::Unsubscribe(_, guild, nth) => {
                if let Some((guild, channel)) = self.channel(guild, nth) {
                    let listener = &mut self.listeners[at];
                    self.world.unsubscribe(&listener.client, guild, channel);
                    listener.subscriptions.remove(&(guild, channel));
                    let text = format!("unsubscribed {channel} requested");
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

    fn subscribe(&mut self, at: usize, guild: GuildId, channel: ChannelId) {
        let client = self.listeners[at].client.clone();
        let mut outcome = self.world.subscribe(&client, guild, channel);
        if outcome == Subscribing::UnknownGuild {
            assert_eq!(self.listeners[at].user, 0, "only a server owner subscribes where it is no member");
            let (load, _) = self.world.step(|hub| hub.begin_load());
            let loaded = ready(filament_core::AccessSource::load_guild(&*self.world.script, guild)).expect("loaded");
            self.relay_to(loaded.0);
            self.world.step(|hub| {
                hub.finish_guild(load, guild, loaded);
                hub.loads.end(load);
            });
            outcome = self.world.subscribe(&client, guild, channel);
            self.world.step(|hub| hub.forget_unused_guild(guild));
        }
        let present = self.present().clone();
        let is_it = |listener: &&mut Listener| std::sync::Arc::ptr_eq(&listener.client.link, &client.link);
        let Some(listener) = self.listeners.iter_mut().find(is_it) else { return };
        if !listener.client.link.lock().is_open() {
            return;
        }
        let may = present.sees(guild, channel, listener.user) && !present.stops(guild, listener.user, listener.address);
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
        let connected = self.listeners.iter().filter(|listener| listener.client.link.lock().is_open());
        let here: BTreeSet<u128> = connected.map(|listener| listener.user).collect();
        let entry = self.world.relay_one()?;
        let seq = usize::try_from(entry.seq).expect("small");
        let before = self.committed[seq - 1].truth.clone();
        let Committed { truth, events, joined, tells } = self.committed[seq].clone();
        assert_eq!(events.len(), entry.events.len(), "the oracle knows of every event");
        for listener in &mut self.listeners {
            listener.hear(&before, &truth, entry.seq, &events);
        }
        // A user that joins a guild nobody here was in is closed if the guild has changed since.
        self.listeners.retain(|listener| joined != Some(listener.user) || listener.client.link.lock().is_open());
        let is_cut_off = |user: u128| joined == Some(user) && self.listeners.iter().all(|other| other.user != user);
        if tells {
            let shifted = truth.shifted(&before).into_iter();
            self.due.extend(shifted.filter(|(_, user)| here.contains(user) && !is_cut_off(*user)));
        }
        self.world.check();
        Some(())
    }

    /// Tells everybody due what they may do.
    fn tell(&mut self) {
        let present = self.present().clone();
        for (guild, user) in std::mem::take(&mut self.due) {
            let of_user = self.listeners.iter_mut().filter(|listener| listener.user == user);
            of_user.for_each(|listener| listener.hear_access(guild, &present));
        }
        self.world.tell_shifts();
    }

    fn flush(&mut self) {
        self.world.flush();
        let present = self.present().clone();
        self.listeners.retain_mut(|listener| listener.read(&present));
        self.world.check();
    }
}

fn pick(nth: Index, count: usize) -> Option<usize> {
    (count > 0).then(|| nth.index(count))
}

fn run_to_the_end(ops: Vec<Op>) {
    let mut storm = Storm::new();
    for op in ops {
        storm.run(op);
        storm.world.check();
    }
    for listener in &mut storm.listeners {
        listener.client.peer.resume();
        listener.is_stalled = false;
    }
    storm.relay_to_head();
    storm.tell();
    storm.flush();
    storm.flush();
}

/// Histories per test; `FILAMENT_STORM_CASES` asks for more.
const CASES: u32 = 500;

fn config() -> ProptestConfig {
    let cases = std::env::var("FILAMENT_STORM_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(CASES))
}

proptest! {
    #![proptest_config(config())]

    /// Proves DEL-1 to DEL-5, DEL-7, CMP-5, FEN-2 to FEN-4, GW-11, GW-20, GW-22, GW-30, GW-31, ORD-1 to ORD-3.
    #[test]
    fn every_connection_hears_exactly_its_audience_in_order_or_is_closed(ops in vec(op(), 1..150)) {
        run_to_the_end(ops);
    }

    /// Proves GW-11 and FEN-4 for connections that are taken in while access changes.
    #[test]
    fn access_that_changes_while_it_is_loaded_is_exact(ops in vec(racing_op(), 1..100)) {
        run_to_the_end(ops);
    }
}
