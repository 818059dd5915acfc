//! One journal entry, applied: the only place where durable events come out.
//!
//! In this order, in one step (contract §2.4):
//!
//! 1. who saw the channels of `EDGE` events until now is noted;
//! 2. the access changes are applied: ended sessions close, lost subscriptions end, queued frames nobody may have are removed;
//! 3. the events are delivered, in their order, by the access as it is now;
//! 4. `unsubscribed` is told to those who lost subscriptions (§6.4);
//! 5. the position moves on: the fence of this entry is passed.

use std::{collections::BTreeSet, sync::Arc};

use filament_core::{
    AccessBefore, AccessChange, Audience, Entry, MemberLoss,
    permission::{GraphChange, GuildGraph},
};
use filament_protocol::{
    ChannelId, CloseCode, Event, EventKind, GuildId, SessionId, Timestamp, UserId,
    event::{Unsubscribed, UnsubscribedReason},
};

use crate::{
    access::views::Views,
    clock::Now,
    close::Cause,
    frame::{Frame, Reach},
    hub::Hub,
    observe::DropReason,
    registry::ConnectionKey,
    transport::TransportWrite,
};

/// What the access changes of one entry take away.
#[derive(Debug, Default)]
struct Losses {
    left: Vec<(GuildId, UserId, MemberLoss)>,
    removed: Vec<(GuildId, ChannelId)>,
    /// Guilds in which somebody may see less than before.
    narrowed: BTreeSet<GuildId>,
    /// Guilds that may be in the table without need.
    touched: BTreeSet<GuildId>,
    /// Users of whom a membership cannot be followed.
    unknown: Vec<UserId>,
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
        let ended = self.apply_access(entry, graphs, now);
        for (index, event) in entry.events.iter().enumerate() {
            let before = before.iter().find(|(at, _)| *at == index).map_or(&[][..], |(_, users)| users);
            self.deliver(event, before, origin_us, now);
        }
        self.tell_unsubscribed(&ended, now);
        self.loads.log(entry);
        self.position = entry.seq;
    }

    /// Who sees the channel of each `EDGE` event now, before the entry, by place of the event.
    fn edge_viewers(&self, entry: &Entry) -> Vec<(usize, Vec<UserId>)> {
        let edges = entry.events.iter().enumerate().filter_map(|(index, event)| match event.audience {
            Audience::Edge(guild_id, channel_id) => Some((index, guild_id, channel_id)),
            Audience::User(_)
            | Audience::Guild(_)
            | Audience::GuildAnd(..)
            | Audience::Permission(..)
            | Audience::View(..)
            | Audience::Manage(..)
            | Audience::Subscribers(..) => None,
        });
        let viewers = |guild_id, channel_id| {
            let sees = move |user_id: &UserId| self.access.sees(guild_id, channel_id, *user_id);
            self.access.members(guild_id).filter(sees).collect()
        };
        edges.map(|(index, guild_id, channel_id)| (index, viewers(guild_id, channel_id))).collect()
    }

    fn apply_access(&mut self, entry: &Entry, graphs: Vec<Arc<GuildGraph>>, now: Now) -> Vec<EndedSubscription> {
        if entry.access.is_empty() {
            return Vec::new();
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
        for user_id in std::mem::take(&mut losses.unknown) {
            self.close_user(user_id, CloseCode::ContinuityLost, now);
        }
        let ended = self.end_lost_subscriptions(&losses);
        self.purge_lost_frames(&losses);
        for guild_id in losses.touched {
            self.forget_unused_guild(guild_id);
        }
        ended
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
                losses.left.push((*guild_id, *user_id, *loss));
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
    fn end_lost_subscriptions(&mut self, losses: &Losses) -> Vec<EndedSubscription> {
        let mut ended = Vec::new();
        for (guild_id, user_id, loss) in &losses.left {
            let reason = match loss {
                MemberLoss::Left => UnsubscribedReason::Left,
            };
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
        for guild_id in &losses.narrowed {
            for (key, channel_id) in self.hidden_subscriptions(*guild_id) {
                self.registry.unsubscribe(key, channel_id);
                let reason = UnsubscribedReason::AccessRevoked;
                ended.push(EndedSubscription { key, guild_id: *guild_id, channel_id: Some(channel_id), reason });
            }
        }
        ended
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

    /// Removes waiting frames of the guilds concerned that their receivers may no longer have (DEL-2, DEL-3).
    fn purge_lost_frames(&self, losses: &Losses) {
        let remains = |user_id: UserId, guild_id: GuildId| {
            move |reach: &Reach| reach.guild_id() != Some(guild_id) || self.access.may_have(user_id, reach)
        };
        for (guild_id, user_id, _) in &losses.left {
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
        for link in self.registry.handles_of(user_id) {
            let mut mailbox = link.lock();
            if !mailbox.is_empty() {
                mailbox.purge(&may_have, &mut |kind, reason| self.stats.dropped(kind, reason));
            }
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
