//! Random histories against an oracle of plain sets: no frame without access, one ascending order, complete or closed.
//!
//! The oracle knows who is a member, what is hidden from whom, and what each connection is to hear, from the script of mutations
//! alone. It asks no permission rule and no index of this crate.

use std::collections::{BTreeSet, VecDeque};

use filament_core::Seq;
use filament_protocol::{
    ChannelId, ErrorCode, Event, GuildId, Received as Decoded, decode_event, event::UnsubscribedReason,
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    FanoutConfig,
    close::Cause,
    subscribe::Subscribing,
    testing::Received,
    world::{Client, Connect, Connecting, World, ready, user},
};

/// Users of the storm. 0 owns the server and is nowhere a member.
const USERS: u128 = 4;

#[derive(Clone, Debug)]
enum Op {
    Join(u128, usize),
    Leave(u128, usize),
    Create(usize, Vec<u128>),
    Delete(usize, Index),
    Hide(usize, Index, u128, bool),
    HideFromAll(usize, Index, bool),
    Shut(usize, bool),
    Reorder(usize),
    Post(usize, Index),
    Relay(usize),
    Connect(u128),
    Load(Index),
    Finish(Index),
    Disconnect(Index, bool),
    Subscribe(Index, usize, Index),
    Unsubscribe(Index, usize, Index),
    Flush,
    Stall(Index),
    Allow(Index, usize),
    Resume(Index),
}

fn op() -> impl Strategy<Value = Op> {
    let member = || 1..USERS;
    let guild = || 0..2_usize;
    let any_index = any::<Index>;
    prop_oneof![
        2 => (member(), guild()).prop_map(|(u, g)| Op::Join(u, g)),
        1 => (member(), guild()).prop_map(|(u, g)| Op::Leave(u, g)),
        2 => (guild(), vec(member(), 0..2)).prop_map(|(g, hidden)| Op::Create(g, hidden)),
        1 => (guild(), any_index()).prop_map(|(g, c)| Op::Delete(g, c)),
        2 => (guild(), any_index(), member(), any::<bool>()).prop_map(|(g, c, u, on)| Op::Hide(g, c, u, on)),
        1 => (guild(), any_index(), any::<bool>()).prop_map(|(g, c, on)| Op::HideFromAll(g, c, on)),
        1 => (guild(), any::<bool>()).prop_map(|(g, on)| Op::Shut(g, on)),
        1 => guild().prop_map(Op::Reorder),
        8 => (guild(), any_index()).prop_map(|(g, c)| Op::Post(g, c)),
        6 => (1..4_usize).prop_map(Op::Relay),
        3 => (0..USERS).prop_map(Op::Connect),
        2 => any_index().prop_map(Op::Load),
        3 => any_index().prop_map(Op::Finish),
        1 => (any_index(), any::<bool>()).prop_map(|(n, clean)| Op::Disconnect(n, clean)),
        6 => (any_index(), guild(), any_index()).prop_map(|(n, g, c)| Op::Subscribe(n, g, c)),
        1 => (any_index(), guild(), any_index()).prop_map(|(n, g, c)| Op::Unsubscribe(n, g, c)),
        4 => Just(Op::Flush),
        1 => any_index().prop_map(Op::Stall),
        1 => (any_index(), 1..400_usize).prop_map(|(n, bytes)| Op::Allow(n, bytes)),
        2 => any_index().prop_map(Op::Resume),
    ]
}

/// Loads under way while access changes: few users, who come and go all the time.
fn racing_op() -> impl Strategy<Value = Op> {
    let guild = || 0..2_usize;
    let any_index = any::<Index>;
    prop_oneof![
        3 => (2..USERS, guild()).prop_map(|(u, g)| Op::Join(u, g)),
        3 => (2..USERS, guild()).prop_map(|(u, g)| Op::Leave(u, g)),
        2 => (guild(), any_index(), 3..USERS, any::<bool>()).prop_map(|(g, c, u, on)| Op::Hide(g, c, u, on)),
        1 => guild().prop_map(|g| Op::Create(g, vec![3])),
        3 => (guild(), any_index()).prop_map(|(g, c)| Op::Post(g, c)),
        6 => (1..20_usize).prop_map(Op::Relay),
        3 => (2..USERS).prop_map(Op::Connect),
        6 => any_index().prop_map(Op::Load),
        3 => any_index().prop_map(Op::Finish),
        3 => (any_index(), any::<bool>()).prop_map(|(n, clean)| Op::Disconnect(n, clean)),
        4 => (any_index(), guild(), any_index()).prop_map(|(n, g, c)| Op::Subscribe(n, g, c)),
        2 => Just(Op::Flush),
    ]
}

/// The truth of one position, in plain sets.
#[derive(Clone, Debug, Default)]
struct Truth {
    guilds: Vec<GuildTruth>,
}

#[derive(Clone, Debug)]
struct GuildTruth {
    id: GuildId,
    owner: u128,
    members: BTreeSet<u128>,
    is_shut: bool,
    channels: Vec<ChannelTruth>,
}

#[derive(Clone, Debug)]
struct ChannelTruth {
    id: ChannelId,
    hidden_from: BTreeSet<u128>,
    is_hidden_from_all: bool,
}

impl Truth {
    fn guild(&self, id: GuildId) -> &GuildTruth {
        self.guilds.iter().find(|guild| guild.id == id).expect("a guild of the storm")
    }

    fn is_member(&self, guild: GuildId, user: u128) -> bool {
        self.guild(guild).members.contains(&user)
    }

    fn exists(&self, guild: GuildId, channel: ChannelId) -> bool {
        self.guild(guild).channels.iter().any(|other| other.id == channel)
    }

    fn sees(&self, guild: GuildId, channel: ChannelId, user: u128) -> bool {
        let guild = self.guild(guild);
        guild.channels.iter().filter(|other| other.id == channel).any(|channel| {
            user == 0
                || user == guild.owner
                || guild.members.contains(&user)
                    && !guild.is_shut
                    && !channel.is_hidden_from_all
                    && !channel.hidden_from.contains(&user)
        })
    }

    fn visible(&self, guild: GuildId, user: u128) -> Vec<ChannelId> {
        let channels = self.guild(guild).channels.iter().map(|channel| channel.id);
        channels.filter(|channel| self.sees(guild, *channel, user)).collect()
    }
}

/// Who hears an event of the script, as the contract's table says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    User(u128),
    Guild(GuildId),
    GuildAnd(GuildId, u128),
    Manage(GuildId, ChannelId),
    Edge(GuildId, ChannelId),
    Subscribers(GuildId, ChannelId),
    /// Rendered per receiver.
    Order(GuildId),
    /// An answer to a subscribe.
    Answer(GuildId, ChannelId),
    /// Cannot be lost.
    Own,
}

/// Something a connection is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    text: String,
    audience: Audience,
    /// Whether it may be missing: it lost its receiver while some of its bytes may have been written.
    is_optional: bool,
}

impl Item {
    fn new(audience: Audience, text: String) -> Self {
        Self { text, audience, is_optional: false }
    }

    /// Whether it may still be had while it waits (DEL-2, DEL-3).
    fn may_be_had(&self, user: u128, truth: &Truth) -> bool {
        let manages = |guild: GuildId| truth.guild(guild).owner == user && truth.is_member(guild, user);
        match self.audience {
            Audience::User(_) | Audience::Own => true,
            Audience::Guild(guild) | Audience::Edge(guild, _) | Audience::Order(guild) => truth.is_member(guild, user),
            Audience::GuildAnd(guild, other) => other == user || truth.is_member(guild, user),
            Audience::Manage(guild, channel) => truth.sees(guild, channel, user) || manages(guild),
            Audience::Subscribers(guild, channel) | Audience::Answer(guild, channel) => {
                truth.sees(guild, channel, user)
            }
        }
    }
}

/// What was committed: the truth after it, and what it says to whom.
#[derive(Clone, Debug)]
struct Committed {
    truth: Truth,
    events: Vec<(Audience, String)>,
    /// Whoever joins: may be closed with 4009 if the guild could not be loaded as of the entry.
    joined: Option<u128>,
}

struct Listener {
    user: u128,
    client: Client,
    subscriptions: BTreeSet<(GuildId, ChannelId)>,
    queue: VecDeque<Item>,
    is_greeted: bool,
    is_stalled: bool,
    /// Whether bytes of a frame may have been written.
    is_partial: bool,
}

struct Storm {
    world: World,
    /// By seq; 0 is the state before the first entry.
    committed: Vec<Committed>,
    connecting: Vec<Connecting>,
    listeners: Vec<Listener>,
}

impl Storm {
    fn new() -> Self {
        let config = FanoutConfig { queue_frames: 16, connections_per_user: 3, shards: 2, ..FanoutConfig::default() };
        let world = World::new(config);
        let nothing = Committed { truth: Truth::default(), events: Vec::new(), joined: None };
        let mut storm = Self { world, committed: vec![nothing], connecting: Vec::new(), listeners: Vec::new() };
        for owner in [1, 2] {
            let id = storm.world.script.create_guild(user(owner));
            let mut truth = storm.head().clone();
            let members = BTreeSet::from([owner]);
            truth.guilds.push(GuildTruth { id, owner, members, is_shut: false, channels: Vec::new() });
            storm.note(truth, vec![(Audience::User(owner), format!("available {id}"))], None);
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

    fn note(&mut self, truth: Truth, events: Vec<(Audience, String)>, joined: Option<u128>) {
        self.committed.push(Committed { truth, events, joined });
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
            | Op::Post(..) => self.mutate(op),
            Op::Relay(count) => {
                for _ in 0..count {
                    self.relay_one();
                }
            }
            Op::Connect(n) => match self.world.begin_connect(n) {
                Connect::Done(client) => self.listen(n, client),
                Connect::Loading(connecting) => self.connecting.push(*connecting),
            },
            Op::Load(nth) => {
                if let Some(at) = pick(nth, self.connecting.len()) {
                    self.world.load(&mut self.connecting[at]);
                }
            }
            Op::Finish(nth) => self.finish(nth),
            Op::Flush => self.flush(),
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

    fn mutate(&mut self, op: Op) {
        let mut truth = self.head().clone();
        let script = std::sync::Arc::clone(&self.world.script);
        let mut joined = None;
        let events = match op {
            Op::Join(n, guild) => {
                let guild = &mut truth.guilds[guild];
                if !guild.members.insert(n) {
                    return;
                }
                joined = Some(n);
                script.join(guild.id, user(n));
                vec![
                    (Audience::User(n), format!("available {}", guild.id)),
                    (Audience::Guild(guild.id), format!("added {}", user(n))),
                ]
            }
            Op::Leave(n, guild) => {
                let guild = &mut truth.guilds[guild];
                if guild.owner == n || !guild.members.remove(&n) {
                    return;
                }
                script.leave(guild.id, user(n));
                vec![
                    (Audience::GuildAnd(guild.id, n), format!("removed {} {}", user(n), guild.id)),
                    (Audience::User(n), format!("unavailable {}", guild.id)),
                ]
            }
            Op::Create(guild, hidden_from) => {
                let guild = &mut truth.guilds[guild];
                // An override outlives a membership here as in the server; owners see everything.
                let hidden: Vec<_> = hidden_from.iter().map(|n| user(*n)).collect();
                let id = script.create_channel(guild.id, &hidden);
                let hidden_from = hidden_from.into_iter().collect();
                guild.channels.push(ChannelTruth { id, hidden_from, is_hidden_from_all: false });
                vec![(Audience::Manage(guild.id, id), format!("created {id}"))]
            }
            Op::Delete(guild, nth) => {
                let Some((guild, channel)) = self.channel(guild, nth) else { return };
                script.delete_channel(guild, channel);
                find(&mut truth, guild).channels.retain(|other| other.id != channel);
                vec![(Audience::Edge(guild, channel), format!("deleted {channel}"))]
            }
            Op::Hide(guild, nth, n, on) => {
                let Some((guild, channel)) = self.channel(guild, nth) else { return };
                let hidden_from = &mut find_channel(&mut truth, guild, channel).hidden_from;
                if !(if on { hidden_from.insert(n) } else { hidden_from.remove(&n) }) {
                    return;
                }
                script.hide(guild, channel, user(n), on);
                vec![(Audience::Edge(guild, channel), format!("overridden {channel}"))]
            }
            Op::HideFromAll(guild, nth, on) => {
                let Some((guild, channel)) = self.channel(guild, nth) else { return };
                let hidden = &mut find_channel(&mut truth, guild, channel).is_hidden_from_all;
                if std::mem::replace(hidden, on) == on {
                    return;
                }
                script.hide_from_all(guild, channel, on);
                vec![(Audience::Edge(guild, channel), format!("overridden {channel}"))]
            }
            Op::Shut(guild, on) => {
                let guild = &mut truth.guilds[guild];
                if std::mem::replace(&mut guild.is_shut, on) == on {
                    return;
                }
                script.shut(guild.id, on);
                vec![(Audience::Guild(guild.id), format!("shut {} {on}", guild.id))]
            }
            Op::Reorder(guild) => {
                let guild = &mut truth.guilds[guild];
                if guild.channels.len() < 2 {
                    return;
                }
                guild.channels.rotate_left(1);
                script.reorder(guild.id, guild.channels.iter().map(|channel| channel.id).collect());
                vec![(Audience::Order(guild.id), String::new())]
            }
            Op::Post(guild, nth) => {
                let Some((guild, channel)) = self.channel(guild, nth) else { return };
                let seq = script.post(guild, channel);
                vec![(Audience::Subscribers(guild, channel), format!("post {seq} {channel}"))]
            }
            other => unreachable!("{other:?} is no mutation"),
        };
        self.note(truth, events, joined);
    }

    fn finish(&mut self, nth: Index) {
        let Some(at) = pick(nth, self.connecting.len()) else { return };
        let mut connecting = self.connecting.swap_remove(at);
        if connecting.snapshot.is_none() {
            self.world.load(&mut connecting);
        }
        let seq = connecting.snapshot.as_ref().expect("loaded").seq;
        self.relay_to(seq);
        let n = connecting.user_id.as_u128();
        if let Some(client) = self.world.finish_connect(Box::new(connecting)) {
            self.listen(n, client);
        }
    }

    fn listen(&mut self, n: u128, client: Client) {
        if !client.link.lock().is_open() {
            return; // over a cap
        }
        self.listeners.push(Listener {
            user: n,
            client,
            subscriptions: BTreeSet::new(),
            queue: VecDeque::new(),
            is_greeted: false,
            is_stalled: false,
            is_partial: false,
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
        let may = present.sees(guild, channel, listener.user);
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
        let entry = self.world.relay_one()?;
        let seq = usize::try_from(entry.seq).expect("small");
        let before = self.committed[seq - 1].truth.clone();
        let Committed { truth, events, joined } = self.committed[seq].clone();
        for listener in &mut self.listeners {
            listener.hear(&before, &truth, &events);
        }
        // A user that joins a guild nobody here was in is closed if the guild has changed since.
        self.listeners.retain(|listener| joined != Some(listener.user) || listener.client.link.lock().is_open());
        self.world.check();
        Some(())
    }

    fn flush(&mut self) {
        self.world.flush();
        let present = self.present().clone();
        self.listeners.retain_mut(|listener| listener.read(&present));
        self.world.check();
    }
}

impl Listener {
    fn hear(&mut self, before: &Truth, after: &Truth, events: &[(Audience, String)]) {
        let user = self.user;
        let mut first = self.is_partial;
        self.queue.retain_mut(|item| {
            let may_be_started = std::mem::take(&mut first);
            let keep = item.may_be_had(user, after);
            item.is_optional |= !keep && may_be_started;
            keep || item.is_optional
        });
        let lost: Vec<_> = self.subscriptions.iter().copied().filter(|(g, c)| !after.sees(*g, *c, user)).collect();
        self.subscriptions.retain(|subscription| !lost.contains(subscription));
        for (audience, text) in events {
            let sees = |truth: &Truth, g, c| truth.is_member(g, user) && truth.sees(g, c, user);
            let text = match *audience {
                Audience::User(other) => (other == user).then(|| text.clone()),
                Audience::Guild(g) => after.is_member(g, user).then(|| text.clone()),
                Audience::GuildAnd(g, other) => (other == user || after.is_member(g, user)).then(|| text.clone()),
                Audience::Manage(g, c) => sees(after, g, c).then(|| text.clone()),
                Audience::Edge(g, c) => (sees(before, g, c) || sees(after, g, c)).then(|| text.clone()),
                Audience::Subscribers(g, c) => self.subscriptions.contains(&(g, c)).then(|| text.clone()),
                Audience::Order(g) => {
                    let list = after.visible(g, user);
                    (after.is_member(g, user) && list != before.visible(g, user)).then(|| format!("order {list:?}"))
                }
                Audience::Answer(..) | Audience::Own => unreachable!("not of the journal"),
            };
            self.queue.extend(text.map(|text| Item::new(*audience, text)));
        }
        self.queue.extend(self.told_of(&lost, before, after).into_iter().map(|text| Item::new(Audience::Own, text)));
    }

    /// The `unsubscribed` frames for lost subscriptions (§6.4).
    fn told_of(&self, lost: &[(GuildId, ChannelId)], before: &Truth, after: &Truth) -> Vec<String> {
        let mut told = Vec::new();
        for guild in &after.guilds {
            let here = |channel: &ChannelTruth| lost.contains(&(guild.id, channel.id));
            let Some(old) = before.guilds.iter().find(|old| old.id == guild.id) else { continue };
            let lost_here: Vec<_> = old.channels.iter().filter(|channel| here(channel)).collect();
            if self.user != 0 && !guild.members.contains(&self.user) {
                told.extend(lost_here.first().map(|_| format!("unsubscribed {} left", guild.id)));
                continue;
            }
            told.extend(lost_here.iter().map(|channel| {
                let reason = if after.exists(guild.id, channel.id) { "access_revoked" } else { "channel_deleted" };
                format!("unsubscribed {} {reason}", channel.id)
            }));
        }
        told
    }

    /// Takes what arrived and compares. Returns whether the connection goes on.
    fn read(&mut self, present: &Truth) -> bool {
        let is_open = self.client.link.lock().is_open();
        let mut closed = None;
        for received in self.client.peer.take() {
            match received {
                Received::Text(text) => self.compare(&text, present, is_open),
                Received::Close(code, _) => closed = Some(code),
                Received::Ping | Received::Pong(_) => {}
            }
        }
        if !is_open {
            assert!(self.is_stalled || self.is_partial || closed == Some(4008), "closed for no reason: {closed:?}");
            return false;
        }
        assert_eq!(closed, None);
        if !self.is_stalled {
            self.is_partial = false;
            self.queue.retain(|item| !item.is_optional);
            assert_eq!(self.queue, [], "complete or closed (ORD-1), user {}", self.user);
        }
        true
    }

    fn compare(&mut self, text: &str, present: &Truth, is_open: bool) {
        if !self.is_greeted {
            assert!(text.contains(r#""t":"ready""#), "ready comes first (GW-10), not {text}");
            self.is_greeted = true;
            return;
        }
        let Some(text) = readable(text, |guild| {
            let is_near = present.is_member(guild, self.user) || self.user == 0;
            assert!(is_near || self.is_partial || !is_open, "presence of a foreign guild (PRE-2)");
        }) else {
            return;
        };
        while self.queue.front().is_some_and(|item| item.is_optional && item.text != text) {
            self.queue.pop_front();
        }
        let expected = self.queue.pop_front().map(|item| item.text);
        assert_eq!(expected.as_ref(), Some(&text), "user {} hears what it is to hear, in order", self.user);
    }
}

/// A received text in the oracle's words, `None` for what the oracle does not follow.
fn readable(text: &str, check_presence: impl Fn(GuildId)) -> Option<String> {
    if !text.starts_with('{') {
        return Some(text.to_owned());
    }
    let Ok(Decoded::Event(event)) = decode_event(text.as_bytes()) else { panic!("not an event: {text}") };
    match event {
        Event::Subscribed(subscribed) => Some(format!("subscribed {}", subscribed.channel_id)),
        Event::Unsubscribed(unsubscribed) => {
            let what = unsubscribed.channel_id.map_or(unsubscribed.guild_id.to_string(), |channel| channel.to_string());
            let reason = match unsubscribed.reason {
                UnsubscribedReason::AccessRevoked => "access_revoked",
                UnsubscribedReason::ChannelDeleted => "channel_deleted",
                UnsubscribedReason::Left => "left",
                UnsubscribedReason::Requested => "requested",
            };
            Some(format!("unsubscribed {what} {reason}"))
        }
        Event::ChannelReorder(order) => Some(format!("order {:?}", order.channel_ids)),
        Event::PresenceSync(sync) => {
            check_presence(sync.guild_id);
            None
        }
        Event::PresenceUpdate(update) => {
            check_presence(update.guild_id);
            None
        }
        Event::VoiceParticipantSync(_) => None,
        other => panic!("unexpected {other:?}"),
    }
}

fn pick(nth: Index, count: usize) -> Option<usize> {
    (count > 0).then(|| nth.index(count))
}

fn find(truth: &mut Truth, id: GuildId) -> &mut GuildTruth {
    truth.guilds.iter_mut().find(|guild| guild.id == id).expect("a guild of the storm")
}

fn find_channel(truth: &mut Truth, guild: GuildId, id: ChannelId) -> &mut ChannelTruth {
    find(truth, guild).channels.iter_mut().find(|channel| channel.id == id).expect("a channel of the storm")
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
    storm.flush();
    storm.flush();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Proves DEL-1 to DEL-4, DEL-7, FEN-2 to FEN-4, GW-11, GW-20, GW-22, GW-30, GW-31, ORD-1 to ORD-3.
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
