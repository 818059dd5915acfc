//! One connection of the storm: what it is to hear, and what it heard.

use std::collections::{BTreeSet, VecDeque};

use filament_core::{Address, Place, Seq};
use filament_protocol::{
    ChannelId, GuildId, LegacyRole, Permission, Received as Decoded, Timestamp, UserId, decode_event,
    event::UnsubscribedReason,
};

use super::{
    Committed, QUEUE_FRAMES,
    said::{Audience, Item, Said, Standpoint, access_text, readable},
    truth::Truth,
};
use crate::{
    Mode, Reached,
    testing::{ReadableCursors, Received, Told},
    world::Client,
};

/// Notices of channels that came to be seen, per mutation and user (CMP-5).
const NOTICES_MAX: usize = 64;

pub(super) struct Listener {
    pub(super) user: UserId,
    pub(super) address: Address,
    pub(super) client: Client,
    pub(super) subscriptions: BTreeSet<(GuildId, ChannelId)>,
    pub(super) queue: VecDeque<Item>,
    pub(super) is_greeted: bool,
    pub(super) is_stalled: bool,
    /// Whether bytes of a frame may have been written.
    pub(super) is_partial: bool,
    /// Whether its end was decided in an earlier step: nothing is put into its mailbox or removed any more.
    pub(super) is_ended: bool,
    /// Whether time passed when its end was decided, or since: it took nothing for long, or was reset without a close frame (GW-35).
    pub(super) is_overdue: bool,
    /// Data messages received.
    pub(super) messages: u64,
    /// The texts of all events received, if somebody wants them.
    pub(super) record: Option<Vec<String>>,
    /// All messages as they were received, if somebody wants them.
    pub(super) raw: Option<Vec<Received>>,
    /// The place of the last journalled event received.
    pub(super) heard: Option<Place>,
    /// Where it stands by the last cursor.
    pub(super) cursor: Option<Place>,
}

impl Listener {
    pub(super) fn new(user: UserId, address: Address, client: Client) -> Self {
        Self {
            user,
            address,
            client,
            subscriptions: BTreeSet::new(),
            queue: VecDeque::new(),
            is_greeted: false,
            is_stalled: false,
            is_partial: false,
            is_ended: false,
            is_overdue: false,
            messages: 0,
            record: None,
            raw: None,
            heard: None,
            cursor: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.client.link.lock().is_open()
    }

    const fn at(&self, now: Timestamp) -> Standpoint {
        Standpoint { user: self.user, address: self.address, now }
    }

    /// Works out what the connection is to hear of an entry, in the order of contract §4.12.
    pub(super) fn hear(&mut self, before: &Truth, entry: &Committed, seq: Seq, now: Timestamp) {
        if self.is_ended {
            return;
        }
        let (at, after) = (self.at(now), &*entry.truth);
        // The first frame may have been started, or the next one if the first was gone before it was; composed messages have many.
        let is_plain = self.client.link.mode.is_plain();
        let mut may_be_started = self.is_partial;
        self.queue.retain_mut(|item| {
            let keep = item.may_be_had(at, after);
            item.withhold(at.user, after, may_be_started);
            item.is_optional |= !keep && may_be_started;
            may_be_started &= item.is_optional || !is_plain;
            keep || item.is_optional
        });
        let user = self.user;
        let is_lost = |(guild, channel): &(GuildId, ChannelId)| {
            let has_left = before.is_member(*guild, user) && !after.is_member(*guild, user);
            has_left || !after.sees(*guild, *channel, user) || after.stops(*guild, user, self.address, now)
        };
        let lost: Vec<_> = self.subscriptions.iter().copied().filter(is_lost).collect();
        self.subscriptions.retain(|subscription| !lost.contains(subscription));
        for (index, said) in entry.said.iter().enumerate() {
            let place = Some(Place::within(seq, index, entry.said.len()));
            let heard = self.heard_of(said, before, after, now);
            self.queue.extend(heard.map(|item| Item { place, ..item }));
        }
        let told = self.told_of(&lost, before, entry, now);
        self.queue.extend(told.into_iter().map(|text| Item { group: Some(seq), ..Item::new(Audience::Own, text) }));
        if entry.tells {
            self.queue.extend(self.gained(before, after, now));
        }
    }

    /// What the connection hears of one event, if it is in its audience (contract §2.1).
    fn heard_of(&self, said: &Said, before: &Truth, after: &Truth, now: Timestamp) -> Option<Item> {
        if said.plain_only && !self.client.link.mode.is_plain() {
            return None;
        }
        let user = self.user;
        let manages = |guild| after.holds(guild, Permission::ManageChannelOverrides, user);
        let views = |truth: &Truth, guild, channel| truth.is_member(guild, user) && truth.sees(guild, channel, user);
        let may_enter = |guild| !after.stops(guild, user, self.address, now);
        let edge = |guild, channel| {
            let is_near = views(before, guild, channel) || views(after, guild, channel) || manages(guild);
            is_near && may_enter(guild)
        };
        let (is_in, guild) = match said.audience {
            Audience::User(other) => (other == user, None),
            Audience::Guild(guild) => (after.is_member(guild, user), Some(guild)),
            Audience::GuildAnd(guild, other) => (other == user || after.is_member(guild, user), Some(guild)),
            Audience::Former(guild) => (before.is_member(guild, user), None),
            Audience::Holders(guild, right) => (after.holds(guild, right, user), Some(guild)),
            Audience::Manage(guild, channel) => {
                ((views(after, guild, channel) || manages(guild)) && may_enter(guild), Some(guild))
            }
            Audience::Edge(guild, channel) => (edge(guild, channel), Some(guild)),
            Audience::EdgeMember(guild, channel, other) => (other == user && edge(guild, channel), Some(guild)),
            Audience::Subscribers(guild, channel) => (self.subscriptions.contains(&(guild, channel)), Some(guild)),
            Audience::Order(guild) => {
                let list = after.visible(guild, user);
                let is_other = list != before.visible(guild, user);
                let hears = after.is_member(guild, user) && may_enter(guild) && is_other;
                return hears.then(|| Item::new(said.audience, format!("channel_reorder {list:?}")));
            }
            Audience::Answer(..) | Audience::Access(_) | Audience::Own => unreachable!("not of the journal"),
        };
        let reads_audit = guild.is_some_and(|guild| after.holds(guild, Permission::ViewAuditLog, user));
        let secret = if reads_audit { &*said.secret } else { "" };
        let text = || said.text.replace("{receiver}", &user.to_string()) + secret;
        is_in.then(|| Item { secret: secret.to_owned(), ..Item::new(said.audience, text()) })
    }

    /// The notices of channels that a member has come to see, other than by their creation (CMP-5).
    fn gained(&self, before: &Truth, after: &Truth, now: Timestamp) -> Vec<Item> {
        let mut notices = Vec::new();
        if !self.client.link.mode.is_plain() {
            return notices;
        }
        for guild in before.guilds.keys().copied() {
            let is_member = |truth: &Truth| truth.is_member(guild, self.user);
            let stops = after.stops(guild, self.user, self.address, now);
            if before.guilds.get(&guild) == after.guilds.get(&guild) || !is_member(before) || !is_member(after) || stops
            {
                continue;
            }
            let old = before.visible(guild, self.user);
            let seen = after.visible(guild, self.user).into_iter();
            let gained = seen.filter(|channel| !old.contains(channel) && before.exists(guild, *channel));
            let notice = |id| Item::new(Audience::Answer(guild, id), format!("channel_create {id}"));
            notices.extend(gained.take(NOTICES_MAX).map(notice));
        }
        notices
    }

    /// What the user may do in a guild is told to all its connections that may enter there (§4.8).
    pub(super) fn hear_access(&mut self, guild: GuildId, present: &Truth, revision: u64, now: Timestamp) {
        let Some(rights) = present.rights(guild, self.user).filter(|_| !self.is_ended) else { return };
        if !present.stops(guild, self.user, self.address, now) {
            let role: LegacyRole = present.guilds[&guild].legacy(self.user);
            let text = access_text(guild, (revision, role), &rights);
            self.queue.push_back(Item::new(Audience::Access(guild), text));
        }
    }

    /// The `unsubscribed` frames for lost subscriptions (§6.4).
    fn told_of(&self, lost: &[(GuildId, ChannelId)], before: &Truth, entry: &Committed, now: Timestamp) -> Vec<String> {
        let after = &*entry.truth;
        let mut told = Vec::new();
        for guild in lost.iter().map(|(guild, _)| *guild).collect::<BTreeSet<_>>() {
            let of_guild = if !after.guilds.contains_key(&guild) {
                Some(UnsubscribedReason::ChannelDeleted)
            } else if before.is_member(guild, self.user) && !after.is_member(guild, self.user) {
                Some(entry.loss)
            } else if after.stops(guild, self.user, self.address, now) {
                Some(UnsubscribedReason::AccessRevoked)
            } else {
                None
            };
            if let Some(reason) = of_guild {
                told.push(format!("unsubscribed {guild} {reason}"));
                continue;
            }
            for (_, channel) in lost.iter().filter(|(other, _)| *other == guild) {
                let exists = after.exists(guild, *channel);
                let reason =
                    if exists { UnsubscribedReason::AccessRevoked } else { UnsubscribedReason::ChannelDeleted };
                told.push(format!("unsubscribed {channel} {reason}"));
            }
        }
        told
    }

    /// Takes what arrived and compares. Returns whether the connection goes on. `is_all`: everything that can be was written.
    pub(super) fn read(&mut self, present: &Truth, now: Timestamp, is_all: bool) -> bool {
        let is_open = self.is_open();
        let mut closed = None;
        for received in self.client.peer.take() {
            if let Some(raw) = &mut self.raw {
                raw.push(received.clone());
            }
            match received {
                Received::Text(text) => self.compare_message(&text, present, is_open, now),
                Received::Close(code, _) => closed = Some(code),
                Received::Ping | Received::Pong(_) => {}
            }
        }
        if !is_open {
            let is_slow = self.is_stalled || self.is_partial || self.is_overdue;
            match closed {
                // A subscribe is answered with three frames, of which the oracle follows one.
                Some(4008) => assert!(is_slow || 3 * self.queue.len() >= QUEUE_FRAMES, "it was not full (GW-43)"),
                None => assert!(is_slow || !is_all, "closed without a word"),
                Some(code) => panic!("closed with {code} for no reason"),
            }
            return closed.is_none() && !is_all;
        }
        assert_eq!(closed, None);
        if !self.is_stalled && is_all {
            self.is_partial = false;
            self.queue.retain(|item| !item.is_optional);
            assert_eq!(self.queue, [], "complete or closed (ORD-1), user {}", self.user);
        }
        true
    }

    /// Compares the events of a message, its number and its cursor.
    fn compare_message(&mut self, text: &str, present: &Truth, is_open: bool, now: Timestamp) {
        let mode = self.client.link.mode;
        let told = Told::read(text);
        let is_batch = matches!(mode, Mode::Batch { .. }) && self.messages > 0;
        assert_eq!(told.s, is_batch.then_some(self.messages), "dense from 1 (RES-1, GW-46)");
        assert!(!told.events.is_empty() || mode == Mode::Stream, "a batch has events (RES-2)");
        self.messages += 1;
        told.events.iter().for_each(|text| self.compare(text, present, is_open, now));
        match told.cursor {
            Some(cursor) => {
                let (user_id, Reached { place, access }) = ReadableCursors::read(&cursor).expect("a cursor");
                assert_eq!(user_id, self.client.user_id);
                assert!(self.cursor.is_none_or(|last| last <= place), "a cursor never goes back");
                assert!(self.heard <= Some(place), "everything told is passed");
                assert!(access <= Reached::all(place).access, "access is not told before the events that changed it");
                self.cursor = Some(place);
                let mut waiting = self.queue.iter().filter(|item| !item.is_optional);
                assert!(waiting.all(|item| item.place.is_none_or(|waits| waits > place)), "nothing untold is passed");
            }
            None => {
                let has_none = mode == Mode::Plain || mode == Mode::Batch { resume: false } || !is_batch;
                assert!(has_none && mode != Mode::Stream, "every batch and every block has a cursor (RES-3, SSE-2)");
            }
        }
    }

    fn compare(&mut self, text: &str, present: &Truth, is_open: bool, now: Timestamp) {
        if let Some(record) = &mut self.record {
            record.push(text.to_owned());
        }
        if !self.is_greeted {
            assert!(text.contains(r#""t":"ready""#), "ready comes first (GW-10), not {text}");
            self.is_greeted = true;
            return;
        }
        let Ok(Decoded::Event(event)) = decode_event(text.as_bytes()) else { panic!("not an event: {text}") };
        let text = match readable(event) {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(guild) => {
                let is_near = present.is_member(guild, self.user) || self.user == present.server_owner;
                assert!(is_near || self.is_partial || !is_open, "presence of a foreign guild (PRE-2)");
                return;
            }
        };
        while self.queue.front().is_some_and(|item| item.is_optional && !item.reads(&text)) {
            self.queue.pop_front();
        }
        let group = self.queue.front().and_then(|item| item.group);
        let mut of_group = self.queue.iter().take_while(|item| group.is_some() && item.group == group);
        let nth = of_group.position(|item| item.reads(&text)).unwrap_or(0);
        let expected = self.queue.remove(nth);
        let user = self.user;
        let is_it = expected.as_ref().is_some_and(|item| item.reads(&text));
        assert!(
            is_it,
            "user {user} hears what it is to hear, in order: {text}, not {expected:?}; then {:?}",
            self.queue
        );
        let Some(item) = expected else { return };
        let may = item.is_optional || !is_open || item.may_be_had(self.at(now), present);
        assert!(may, "no frame is handed over that may not be had at that moment (DEL-2): {text}");
        assert!(item.place.is_none() || self.heard < item.place, "ascending (ORD-2)");
        self.heard = self.heard.max(item.place);
    }
}
