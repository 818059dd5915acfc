//! Telling members what they may do now (§4.8, CMP-5).
//!
//! Whose access differs is noted entry by entry and told with the next tick, as it is by then: a burst of changes costs one
//! list per member, not one per change.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use filament_core::{
    AccessShift, Seq,
    permission::{GuildGraph, access},
};
use filament_protocol::{
    Channel, ChannelId, EncodeError, Event, EventKind, GuildId, UserId,
    event::{ChannelCreate, WorkspaceAccessUpdate},
};

use crate::{
    clock::Now,
    frame::{Frame, Reach},
    gate::Gate,
    hub::Hub,
    limits::ACCESS_TOLD_PER_TURN_MAX,
    link::Link,
    observe::DropReason,
    transport::TransportWrite,
};

/// Who is to be told of their access in which guild. Bounded: users here, times the guilds each is in.
#[derive(Debug, Default)]
pub(crate) struct ShiftsDue(BTreeSet<(UserId, GuildId)>);

impl ShiftsDue {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether somebody is to be told of any guild.
    pub(crate) fn has(&self, user_id: UserId) -> bool {
        self.first(user_id).is_some()
    }

    /// Forgets who has no connection left: whoever connects asks for its access itself.
    pub(crate) fn forget(&mut self, user_id: UserId) {
        while let Some(first) = self.first(user_id) {
            self.0.remove(&first);
        }
    }

    fn first(&self, user_id: UserId) -> Option<(UserId, GuildId)> {
        let from = (user_id, GuildId::from_u128(0));
        self.0.range(from..).next().filter(|(due, _)| *due == user_id).copied()
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Tells plain connections of the channels their users have come to see (CMP-5), and notes whom to tell of their access.
    pub(crate) fn note_shifts(&mut self, shifts: &[AccessShift], now: Now) {
        let mut frames: HashMap<ChannelId, Option<Frame>> = HashMap::new();
        for shift in shifts {
            if self.registry.connections_of(shift.user_id).is_empty() {
                continue;
            }
            self.shifts_due.0.insert((shift.user_id, shift.guild_id));
            if shift.gained.is_empty() {
                continue;
            }
            let Some(graph) = self.access.graph(shift.guild_id) else { continue };
            let gained: Vec<Frame> = shift
                .gained
                .iter()
                .filter_map(|id| frames.entry(*id).or_insert_with(|| notice(graph, *id, now)).clone())
                .collect();
            for link in self.let_in(shift.guild_id, shift.user_id, now) {
                if link.mode.is_plain() {
                    gained.iter().for_each(|frame| self.send_frame(&link, frame, now));
                }
            }
        }
    }

    /// Tells a bounded part of those who are due. Returns whether more are.
    pub(crate) fn tell_shifts(&mut self, now: Now) -> bool {
        for _ in 0..ACCESS_TOLD_PER_TURN_MAX {
            let Some((user_id, guild_id)) = self.shifts_due.0.pop_first() else { return false };
            self.tell_access(guild_id, user_id, now);
            if !self.shifts_due.has(user_id) {
                self.links_with_cursor(user_id).for_each(|link| link.lock().put_all_access());
            }
        }
        !self.shifts_due.0.is_empty()
    }

    /// Notes on whose connections an update of their access is owed, before anything of the entry is put.
    pub(crate) fn owe_access(&self, shifts: &[AccessShift], seq: Seq) {
        for shift in shifts {
            self.links_with_cursor(shift.user_id).for_each(|link| link.lock().owe_access(seq));
        }
    }

    fn links_with_cursor(&self, user_id: UserId) -> impl Iterator<Item = &Arc<Link<W>>> {
        let links = self.registry.registered_of(user_id).map(|registered| &registered.handle);
        links.filter(|link| link.mode.has_cursor())
    }

    fn tell_access(&mut self, guild_id: GuildId, user_id: UserId, now: Now) {
        let links = self.let_in(guild_id, user_id, now);
        if links.is_empty() {
            return;
        }
        match self.access_frame(guild_id, user_id, now) {
            Some(Ok(frame)) => links.iter().for_each(|link| self.send_frame(link, &frame, now)),
            Some(Err(_)) => self.stats.dropped(EventKind::WorkspaceAccessUpdate, DropReason::OversizedOutbound),
            None => {}
        }
    }

    /// The frame that says what a member may do now; `None` for who is no member.
    pub(crate) fn access_frame(
        &mut self,
        guild_id: GuildId,
        user_id: UserId,
        now: Now,
    ) -> Option<Result<Frame, EncodeError>> {
        let revision = self.access.revision(user_id);
        let of_member = self.access.subject(guild_id, user_id).filter(|(_, subject)| subject.membership.is_some());
        let (graph, subject) = of_member?;
        let access = access(graph, subject, revision);
        let event = WorkspaceAccessUpdate::new(access, self.stamp(now));
        Some(Frame::live(&Event::WorkspaceAccessUpdate(event), Reach::Guild(guild_id), now.us))
    }

    /// Whether the guild's gate lets this connection of a user in.
    pub(crate) fn is_let_in(&self, guild_id: GuildId, user_id: UserId, link: &Arc<Link<W>>, now: Now) -> bool {
        self.let_in(guild_id, user_id, now).iter().any(|other| Arc::ptr_eq(other, link))
    }

    /// The connections of a user that the guild's gate does not stop.
    fn let_in(&self, guild_id: GuildId, user_id: UserId, now: Now) -> Vec<Arc<Link<W>>> {
        let gate = Gate::of(&self.access, guild_id, now.wall);
        let of_user = self.registry.registered_of(user_id);
        let let_in = of_user.filter(|registered| gate.is_none_or(|gate| !gate.stops(registered)));
        let_in.map(|registered| Arc::clone(&registered.handle)).collect()
    }
}

/// The notice that a channel exists.
fn notice(graph: &GuildGraph, channel_id: ChannelId, now: Now) -> Option<Frame> {
    let channel = graph.channel(channel_id)?;
    let event = ChannelCreate {
        guild_id: graph.guild_id,
        channel: Channel { channel_id, name: channel.name.clone(), kind: channel.kind },
    };
    // A name and three ids: it always fits.
    Frame::live(&Event::ChannelCreate(event), Reach::Channel(graph.guild_id, channel_id), now.us).ok()
}
