//! One connection of the storm: what it is to hear, and what it heard.

use std::collections::{BTreeSet, VecDeque};

use filament_core::{Place, Seq};
use filament_protocol::{ChannelId, Event, GuildId, Received as Decoded, decode_event, event::UnsubscribedReason};

use super::truth::{Audience, ChannelTruth, Item, Truth};
use crate::{
    Mode,
    testing::{ReadableCursors, Received, Told},
    world::Client,
};

pub(super) struct Listener {
    pub(super) user: u128,
    pub(super) address: u128,
    pub(super) client: Client,
    pub(super) subscriptions: BTreeSet<(GuildId, ChannelId)>,
    pub(super) queue: VecDeque<Item>,
    pub(super) is_greeted: bool,
    pub(super) is_stalled: bool,
    /// Whether bytes of a frame may have been written.
    pub(super) is_partial: bool,
    /// Data messages received.
    pub(super) messages: u64,
    /// The place of the last journalled event received.
    pub(super) heard: Option<Place>,
    /// Where it stands by the last cursor.
    pub(super) cursor: Option<Place>,
}

impl Listener {
    pub(super) fn hear(&mut self, before: &Truth, after: &Truth, seq: Seq, events: &[(Audience, String)]) {
        let (user, address) = (self.user, self.address);
        // The first frame may have been started, or the next one if the first was gone before it was; composed messages have many.
        let is_plain = self.client.link.mode.is_plain();
        let mut may_be_started = self.is_partial;
        self.queue.retain_mut(|item| {
            let keep = item.may_be_had(user, address, after);
            item.is_optional |= !keep && may_be_started;
            may_be_started &= item.is_optional || !is_plain;
            keep || item.is_optional
        });
        let is_lost = |(g, c): &(GuildId, ChannelId)| !after.sees(*g, *c, user) || after.stops(*g, user, address);
        let lost: Vec<_> = self.subscriptions.iter().copied().filter(is_lost).collect();
        self.subscriptions.retain(|subscription| !lost.contains(subscription));
        for (index, (audience, text)) in events.iter().enumerate() {
            let stops = |g| after.stops(g, user, address);
            let sees = |truth: &Truth, g, c| truth.is_member(g, user) && truth.sees(g, c, user) && !stops(g);
            let text = match *audience {
                Audience::User(other) => (other == user).then(|| text.clone()),
                Audience::Guild(g) => after.is_member(g, user).then(|| text.clone()),
                Audience::GuildAnd(g, other) => (other == user || after.is_member(g, user)).then(|| text.clone()),
                Audience::Manage(g, c) => sees(after, g, c).then(|| text.clone()),
                Audience::Edge(g, c) => (sees(before, g, c) || sees(after, g, c)).then(|| text.clone()),
                Audience::Subscribers(g, c) => self.subscriptions.contains(&(g, c)).then(|| text.clone()),
                Audience::Order(g) => {
                    let list = after.visible(g, user);
                    (after.is_member(g, user) && !stops(g) && list != before.visible(g, user))
                        .then(|| format!("order {list:?}"))
                }
                Audience::Answer(..) | Audience::Access(_) | Audience::Own => unreachable!("not of the journal"),
            };
            let place = Some(Place::within(seq, index, events.len()));
            self.queue.extend(text.map(|text| Item { place, ..Item::new(*audience, text) }));
        }
        self.queue.extend(self.told_of(&lost, before, after).into_iter().map(|text| Item::new(Audience::Own, text)));
        self.queue.extend(self.gained(before, after));
    }

    /// The notices of channels that a member has come to see, other than by their creation (CMP-5).
    fn gained(&self, before: &Truth, after: &Truth) -> Vec<Item> {
        let mut notices = Vec::new();
        if !self.client.link.mode.is_plain() {
            return notices;
        }
        for guild in &before.guilds {
            let is_member = |truth: &Truth| truth.is_member(guild.id, self.user);
            if !is_member(before) || !is_member(after) || after.stops(guild.id, self.user, self.address) {
                continue;
            }
            let old = before.visible(guild.id, self.user);
            let seen = after.visible(guild.id, self.user).into_iter().filter(|channel| !old.contains(channel));
            let known = seen.filter(|channel| before.exists(guild.id, *channel));
            notices.extend(known.map(|id| Item::new(Audience::Answer(guild.id, id), format!("notice {id}"))));
        }
        notices
    }

    /// What the user may do in a guild is told to all its connections that may enter there (§4.8).
    pub(super) fn hear_access(&mut self, guild: GuildId, present: &Truth) {
        if present.is_member(guild, self.user) && !present.stops(guild, self.user, self.address) {
            let text = format!("access {guild} {:?}", present.visible(guild, self.user));
            self.queue.push_back(Item::new(Audience::Access(guild), text));
        }
    }

    /// The `unsubscribed` frames for lost subscriptions (§6.4).
    pub(super) fn told_of(&self, lost: &[(GuildId, ChannelId)], before: &Truth, after: &Truth) -> Vec<String> {
        let mut told = Vec::new();
        for guild in &after.guilds {
            let here = |channel: &ChannelTruth| lost.contains(&(guild.id, channel.id));
            let Some(old) = before.guilds.iter().find(|old| old.id == guild.id) else { continue };
            let lost_here: Vec<_> = old.channels.iter().filter(|channel| here(channel)).collect();
            if self.user != 0 && !guild.members.contains(&self.user) {
                told.extend(lost_here.first().map(|_| format!("unsubscribed {} left", guild.id)));
                continue;
            }
            if after.stops(guild.id, self.user, self.address) {
                told.extend(lost_here.first().map(|_| format!("unsubscribed {} access_revoked", guild.id)));
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
    pub(super) fn read(&mut self, present: &Truth) -> bool {
        let is_open = self.client.link.lock().is_open();
        let mut closed = None;
        for received in self.client.peer.take() {
            match received {
                Received::Text(text) => self.compare_message(&text, present, is_open),
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

    /// Compares the events of a message, its number and its cursor.
    fn compare_message(&mut self, text: &str, present: &Truth, is_open: bool) {
        let mode = self.client.link.mode;
        let told = Told::read(text);
        let is_batch = matches!(mode, Mode::Batch { .. }) && self.messages > 0;
        assert_eq!(told.s, is_batch.then_some(self.messages), "dense from 1 (RES-1, GW-46)");
        assert!(!told.events.is_empty() || mode == Mode::Stream, "a batch has events (RES-2)");
        self.messages += 1;
        told.events.iter().for_each(|text| self.compare(text, present, is_open));
        match told.cursor {
            Some(cursor) => {
                let (user_id, place) = ReadableCursors::read(&cursor).expect("a cursor");
                assert_eq!(user_id, self.client.user_id);
                assert!(
                    mode != Mode::Stream || self.cursor.is_none_or(|last| last < place),
                    "only if it moved (SSE-2)"
                );
                assert!(self.cursor.is_none_or(|last| last <= place), "a cursor never goes back");
                assert!(self.heard <= Some(place), "everything told is passed");
                self.cursor = Some(place);
                let mut waiting = self.queue.iter().filter(|item| !item.is_optional);
                assert!(waiting.all(|item| item.place.is_none_or(|waits| waits > place)), "nothing untold is passed");
            }
            None => assert!(mode != Mode::Batch { resume: true } || !is_batch, "every batch has a cursor (RES-3)"),
        }
    }

    pub(super) fn compare(&mut self, text: &str, present: &Truth, is_open: bool) {
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
        let expected = self.queue.pop_front();
        self.heard = expected.as_ref().and_then(|item| item.place).max(self.heard);
        assert_eq!(
            expected.map(|item| item.text).as_ref(),
            Some(&text),
            "user {} hears what it is to hear, in order",
            self.user
        );
    }
}

/// A received text in the oracle's words, `None` for what the oracle does not follow.
pub(super) fn readable(text: &str, check_presence: impl Fn(GuildId)) -> Option<String> {
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
        Event::ChannelCreate(notice) => Some(format!("notice {}", notice.channel.channel_id)),
        Event::WorkspaceAccessUpdate(told) => {
            let seen: Vec<_> = told.channels.iter().map(|channel| channel.channel_id).collect();
            Some(format!("access {} {seen:?}", told.guild_id))
        }
        Event::VoiceParticipantSync(_) => None,
        other => panic!("unexpected {other:?}"),
    }
}
