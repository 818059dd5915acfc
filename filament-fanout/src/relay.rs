//! One journal entry, applied: the only place where durable events come out.
//!
//! In this order, in one step (contract §2.4):
//!
//! 1. who saw the channels of `EDGE` events until now is noted;
//! 2. the access changes are applied: ended sessions close, lost subscriptions end, queued frames nobody may have are removed;
//! 3. the events are delivered, in their order, by the access as it is now;
//! 4. `unsubscribed` is told to those who lost subscriptions (§6.4), and who sees more hears of it ([`shift`](crate::shift));
//! 5. voice participation that is not allowed any more ends ([`voice`](crate::voice));
//! 6. the position moves on: the fence of this entry is passed.

use std::{collections::BTreeSet, sync::Arc};

use filament_core::{
    AccessBefore, AccessChange, AccessShift, Audience, Entry, MemberLoss, Place, SealedEvent,
    permission::{GraphChange, GuildGraph},
};
use filament_protocol::{
    ChannelId, CloseCode, Event, EventKind, GuildId, Permission, SessionId, Timestamp, UserId,
    event::{Unsubscribed, UnsubscribedReason},
};

use crate::{
    access::views::Views,
    clock::Now,
    close::Cause,
    frame::{Frame, Reach},
    gate::{self, Gate},
    hub::Hub,
    link::Link,
    observe::DropReason,
    registry::ConnectionKey,
    transport::TransportWrite,
};

/// What the access changes of one entry take away.
#[derive(Debug, Default)]
struct Losses {
    /// Users who lost all of a guild, and what their subscriptions are told.
    left: Vec<(GuildId, UserId, UnsubscribedReason)>,
    /// Members whose roles are others now.
    reassigned: Vec<(GuildId, UserId)>,
    removed: Vec<(GuildId, ChannelId)>,
    /// Guilds in which somebody may see less than before.
    narrowed: BTreeSet<GuildId>,
    /// Guilds that may be in the table without need.
    touched: BTreeSet<GuildId>,
    /// Users of whom a membership cannot be followed.
    unknown: Vec<UserId>,
}

impl Losses {
    /// Guilds whose gate may have closed to somebody: an address was banned, or a member is no longer excepted.
    fn gated(&self) -> BTreeSet<GuildId> {
        let reassigned = self.reassigned.iter().map(|(guild_id, _)| *guild_id);
        self.narrowed.iter().copied().chain(reassigned).collect()
    }
}

/// Subscriptions of one connection that ended: one channel, or all of the guild.
#[derive(Debug)]
struct EndedSubscription {
    key: ConnectionKey,
    guild_id: GuildId,
    channel_id: Option<ChannelId>,
    reason: UnsubscribedReason,
}

impl<W: TransportWrite> Hub<W> {
    /// The guilds whose graphs must be loaded before the entry can be applied: somebody here joins, and nobody else here is in.
    pub(crate) fn missing_guilds(&self, entry: &Entry) -> Vec<GuildId> {
        let created = |guild_id| {
            let is_it = |change: &AccessChange| matches!(change, AccessChange::GuildCreated(graph) if graph.guild_id == guild_id);
            entry.access.iter().any(is_it)
        };
        let mut missing = Vec::new();
        for change in &entry.access {
            if let AccessChange::MemberJoined { guild_id, membership } = change
                && self.access.knows_user(membership.user_id)
                && !self.access.knows_guild(*guild_id)
                && !created(*guild_id)
                && !missing.contains(guild_id)
            {
                missing.push(*guild_id);
            }
        }
        missing
    }

    /// Applies the next entry. `graphs` are those of [`missing_guilds`](Self::missing_guilds), as of this entry; whoever joins
    /// a guild without one is closed with 4009. `origin_us` is when the entry was committed.
    pub(crate) fn apply(&mut self, entry: &Arc<Entry>, graphs: Vec<Arc<GuildGraph>>, origin_us: u64, now: Now) {
        debug_assert_eq!(entry.seq, self.position + 1, "entries are applied in order, without a gap");
        self.observe_stamp(entry.at);
        let before = self.edge_viewers(entry);
        let (ended, shifts) = self.apply_access(entry, graphs, now);
        self.owe_access(&shifts, entry.seq);
        for (index, event) in entry.events.iter().enumerate() {
            let before = before.iter().find(|(at, _)| *at == index).map_or(&[][..], |(_, users)| users);
            let place = Place::within(entry.seq, index, entry.events.len());
            self.deliver(event, before, place, origin_us, now);
        }
        self.tell_unsubscribed(&ended, now);
        self.note_shifts(&shifts, now);
        self.follow_voice(entry, now);
        self.loads.log(entry);
        self.position = entry.seq;
    }

    /// Who sees the channel of each `EDGE` event now, before the entry, or is a member of the guild it ends, or hears of the user it is
    /// about, by place of the event.
    fn edge_viewers(&self, entry: &Entry) -> Vec<(usize, Vec<UserId>)> {
        let viewers = |guild_id, channel_id| {
            let sees = move |user_id: &UserId| self.access.sees(guild_id, channel_id, *user_id);
            self.access.members(guild_id).filter(sees)
        };
        let before = |event: &SealedEvent| match event.audience {
            Audience::Peers(user_id) => Some(self.access.peers_here(user_id, &event.body)),
            Audience::Edge(guild_id, channel_id) => Some(viewers(guild_id, channel_id).collect()),
            Audience::EdgeMember(guild_id, channel_id, user_id) => {
                let saw = self.access.is_member(guild_id, user_id) && self.access.sees(guild_id, channel_id, user_id);
                Some(saw.then_some(user_id).into_iter().collect())
            }
            Audience::FormerMembers(guild_id) => Some(self.access.members(guild_id).collect()),
            Audience::User(_)
            | Audience::Guild(_)
            | Audience::GuildAnd(..)
            | Audience::Permission(..)
            | Audience::View(..)
            | Audience::Manage(..)
            | Audience::Subscribers(..) => None,
        };
        let events = entry.events.iter().enumerate();
        events.filter_map(|(index, event)| before(event).map(|users| (index, users))).collect()
    }

    fn apply_access(
        &mut self,
        entry: &Entry,
        graphs: Vec<Arc<GuildGraph>>,
        now: Now,
    ) -> (Vec<EndedSubscription>, Vec<AccessShift>) {
        if entry.access.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let mut losses = Losses::default();
        for graph in graphs {
            losses.touched.insert(graph.guild_id);
            self.access.insert_guild(graph);
        }
        let Ok(before) = AccessBefore::of(&entry.access, &mut self.access);
        for change in &entry.access {
            self.apply_change(change, &mut losses, now);
        }
        self.access.revise(&before);
        let Ok(shifts) = before.shifts(&mut self.access);
        for user_id in std::mem::take(&mut losses.unknown) {
            self.close_user(user_id, CloseCode::ContinuityLost, now);
        }
        let ended = self.end_lost_subscriptions(&losses, now);
        self.purge_lost_frames(&losses, now);
        for guild_id in losses.touched {
            self.forget_unused_guild(guild_id);
        }
        (ended, shifts)
    }

    fn apply_change(&mut self, change: &AccessChange, losses: &mut Losses, now: Now) {
        match change {
            AccessChange::GuildCreated(graph) => {
                self.access.insert_guild(Arc::clone(graph));
                losses.touched.insert(graph.guild_id);
            }
            AccessChange::Guild(guild_id, graph_change) => {
                self.access.change_guild(*guild_id, graph_change);
                if let GraphChange::ChannelRemoved(channel_id) = graph_change {
                    losses.removed.push((*guild_id, *channel_id));
                }
                if change.narrows() {
                    losses.narrowed.insert(*guild_id);
                    losses.touched.insert(*guild_id);
                }
            }
            AccessChange::GuildDeleted { guild_id, .. } => {
                let keys = self.registry.guild_subscriber_keys(*guild_id).iter();
                let subscribed = keys.filter_map(|key| self.registry.get(*key)).map(|other| other.user_id);
                // Frames of the guild may also wait for a server owner who is no subscriber any more.
                let owners = self.access.server_owners().iter().copied();
                let users: BTreeSet<UserId> = self.access.members(*guild_id).chain(subscribed).chain(owners).collect();
                for user_id in users {
                    if self.access.leave(*guild_id, user_id) {
                        self.presence_changed().left(user_id, *guild_id);
                    }
                    losses.left.push((*guild_id, user_id, UnsubscribedReason::ChannelDeleted));
                }
                // A server owner sees whatever there is: from here on there is nothing.
                self.access.forget_guild_without_members(*guild_id);
            }
            AccessChange::MemberRoles { guild_id, membership } => {
                if self.access.reassign(*guild_id, membership) {
                    losses.reassigned.push((*guild_id, membership.user_id));
                }
            }
            AccessChange::MemberJoined { guild_id, membership } => {
                let user_id = membership.user_id;
                if self.access.knows_user(user_id) && !self.access.join(*guild_id, membership.clone()) {
                    losses.unknown.push(user_id);
                }
                self.presence_changed().joined(user_id, *guild_id);
            }
            AccessChange::MemberLeft { guild_id, user_id, loss } => {
                self.access.leave(*guild_id, *user_id);
                self.presence_changed().left(*user_id, *guild_id);
                let reason = match loss {
                    MemberLoss::Left => UnsubscribedReason::Left,
                    MemberLoss::Kicked | MemberLoss::Banned => UnsubscribedReason::AccessRevoked,
                };
                losses.left.push((*guild_id, *user_id, reason));
                losses.touched.insert(*guild_id);
            }
            AccessChange::SessionRenewed { user_id, session_id, token_expires_at } => {
                self.renew_session(*user_id, *session_id, *token_expires_at);
            }
            AccessChange::SessionEnded { user_id, session_id } => self.end_session(*user_id, *session_id, now),
        }
    }

    fn renew_session(&mut self, user_id: UserId, session_id: SessionId, token_expires_at: Timestamp) {
        for key in self.registry.connections_of(user_id).to_vec() {
            if let Some(registered) = self.registry.get_mut(key)
                && registered.session_id == session_id
            {
                registered.token_expires_at = registered.token_expires_at.max(token_expires_at);
            }
        }
    }

    fn end_session(&mut self, user_id: UserId, session_id: SessionId, now: Now) {
        let keys = self.registry.connections_of(user_id).iter();
        let of_session = keys.filter_map(|key| self.registry.get(*key)).filter(|other| other.session_id == session_id);
        let links: Vec<_> = of_session.map(|registered| Arc::clone(&registered.handle)).collect();
        for link in links {
            self.end(&link, Cause::Server { code: CloseCode::SessionRevoked, retry_after_ms: None }, now);
        }
    }

    /// Ends the subscriptions whose channel is gone or not visible any more (FEN-3).
    fn end_lost_subscriptions(&mut self, losses: &Losses, now: Now) -> Vec<EndedSubscription> {
        let mut ended = Vec::new();
        for (guild_id, user_id, reason) in &losses.left {
            let reason = *reason;
            for key in self.registry.connections_of(*user_id).to_vec() {
                if self.registry.unsubscribe_guild(key, *guild_id) {
                    ended.push(EndedSubscription { key, guild_id: *guild_id, channel_id: None, reason });
                }
            }
        }
        for (guild_id, channel_id) in &losses.removed {
            let reason = UnsubscribedReason::ChannelDeleted;
            for key in self.registry.subscriber_keys(*channel_id).to_vec() {
                self.registry.unsubscribe(key, *channel_id);
                ended.push(EndedSubscription { key, guild_id: *guild_id, channel_id: Some(*channel_id), reason });
            }
        }
        for guild_id in losses.gated() {
            let reason = UnsubscribedReason::AccessRevoked;
            for key in self.stopped_subscribers(guild_id, now) {
                self.registry.unsubscribe_guild(key, guild_id);
                ended.push(EndedSubscription { key, guild_id, channel_id: None, reason });
            }
        }
        for guild_id in &losses.narrowed {
            for (key, channel_id) in self.hidden_subscriptions(*guild_id) {
                self.registry.unsubscribe(key, channel_id);
                let reason = UnsubscribedReason::AccessRevoked;
                ended.push(EndedSubscription { key, guild_id: *guild_id, channel_id: Some(channel_id), reason });
            }
        }
        for (guild_id, user_id) in &losses.reassigned {
            for (key, channel_id) in self.hidden_subscriptions_of(*guild_id, *user_id) {
                self.registry.unsubscribe(key, channel_id);
                let reason = UnsubscribedReason::AccessRevoked;
                ended.push(EndedSubscription { key, guild_id: *guild_id, channel_id: Some(channel_id), reason });
            }
        }
        ended
    }

    /// Connections subscribed in a guild that its gate stops.
    fn stopped_subscribers(&self, guild_id: GuildId, now: Now) -> Vec<ConnectionKey> {
        let Some(gate) = Gate::of(&self.access, guild_id, now.wall) else { return Vec::new() };
        let stopped = |key: &&ConnectionKey| self.registry.get(**key).is_some_and(|registered| gate.stops(registered));
        self.registry.guild_subscriber_keys(guild_id).iter().filter(stopped).copied().collect()
    }

    /// Subscriptions of one member in a guild to channels it does not see.
    fn hidden_subscriptions_of(&self, guild_id: GuildId, user_id: UserId) -> Vec<(ConnectionKey, ChannelId)> {
        let of_user = self.registry.connections_of(user_id).iter();
        let subscribed =
            of_user.flat_map(|key| self.registry.subscriptions(*key).into_iter().map(|channel_id| (*key, channel_id)));
        let hidden = |(_, channel_id): &(ConnectionKey, ChannelId)| {
            self.registry.guild_of(*channel_id) == Some(guild_id) && !self.access.sees(guild_id, *channel_id, user_id)
        };
        subscribed.filter(hidden).collect()
    }

    /// Subscriptions in a guild whose user does not see the channel, in the guild's order of channels.
    fn hidden_subscriptions(&self, guild_id: GuildId) -> Vec<(ConnectionKey, ChannelId)> {
        let Some(graph) = self.access.graph(guild_id) else { return Vec::new() };
        let mut views = Views::of(graph);
        let mut hidden = Vec::new();
        for channel_id in graph.channels.iter().map(|channel| channel.channel_id) {
            for key in self.registry.subscriber_keys(channel_id) {
                let user_id = self.registry.get(*key).map(|registered| registered.user_id);
                let subject = user_id.and_then(|user_id| self.access.subject(guild_id, user_id));
                let sees = subject.is_some_and(|(_, subject)| {
                    let visible = views.visible(subject);
                    views.holds(&visible, channel_id)
                });
                if !sees {
                    hidden.push((*key, channel_id));
                }
            }
        }
        hidden
    }

    /// Removes waiting frames of the guilds concerned that their receivers may no longer have (DEL-2, DEL-3), and from those that stay the
    /// actors they may no longer know (ACT-2).
    fn purge_lost_frames(&self, losses: &Losses, now: Now) {
        for guild_id in losses.gated() {
            let Some(gate) = Gate::of(&self.access, guild_id, now.wall) else { continue };
            let of_members = self.access.members(guild_id).flat_map(|user_id| self.registry.registered_of(user_id));
            for registered in of_members.filter(|registered| gate.stops(registered)) {
                self.purge_one(&registered.handle, |reach| reach.guild_id() != Some(guild_id) || !gate::keeps(reach));
            }
        }
        let remains = |user_id: UserId, guild_id: GuildId| {
            move |reach: &Reach| reach.guild_id() != Some(guild_id) || self.access.may_have(user_id, reach)
        };
        for (guild_id, user_id, _) in &losses.left {
            self.purge(*user_id, remains(*user_id, *guild_id));
        }
        for (guild_id, user_id) in &losses.reassigned {
            self.purge(*user_id, remains(*user_id, *guild_id));
        }
        for guild_id in &losses.narrowed {
            for user_id in self.access.members(*guild_id) {
                self.purge(user_id, remains(user_id, *guild_id));
            }
        }
        // A server owner sees every channel there is, also in guilds that are not in the table any more.
        for (_, channel_id) in &losses.removed {
            for user_id in self.access.server_owners() {
                self.purge(*user_id, |reach: &Reach| {
                    reach.channel_id() != Some(*channel_id) || self.access.may_have(*user_id, reach)
                });
            }
        }
    }

    fn purge(&self, user_id: UserId, may_have: impl Fn(&Reach) -> bool) {
        let reads_audit = |guild_id| self.access.member_holds(guild_id, Permission::ViewAuditLog, user_id);
        for link in self.registry.handles_of(user_id) {
            self.purge_one(link, &may_have);
            link.lock().withhold_actors(|reach| reach.guild_id().is_some_and(reads_audit));
        }
    }

    fn purge_one(&self, link: &Link<W>, may_have: impl Fn(&Reach) -> bool) {
        let mut mailbox = link.lock();
        if !mailbox.is_empty() {
            mailbox.purge(&may_have, &mut |kind, reason| self.stats.dropped(kind, reason));
        }
    }

    /// Tells who lost subscriptions (§6.4, GW-30). Neighbours in the list mostly lost the same, and share the frame.
    fn tell_unsubscribed(&mut self, ended: &[EndedSubscription], now: Now) {
        let mut last: Option<(Unsubscribed, Frame)> = None;
        for ended in ended {
            let Some(registered) = self.registry.get(ended.key) else { continue };
            let link = Arc::clone(&registered.handle);
            let event = Unsubscribed {
                guild_id: ended.guild_id,
                channel_id: ended.channel_id,
                reason: ended.reason,
                r#ref: None,
            };
            if last.as_ref().is_none_or(|(known, _)| *known != event) {
                let Ok(frame) = Frame::live(&Event::Unsubscribed(event.clone()), Reach::Connection, now.us) else {
                    self.stats.dropped(EventKind::Unsubscribed, DropReason::OversizedOutbound);
                    continue;
                };
                last = Some((event, frame));
            }
            if let Some((_, frame)) = &last {
                self.send_frame(&link, frame, now);
            }
        }
    }
}

#[cfg(test)]
mod tests;
