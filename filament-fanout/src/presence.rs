//! Telling who is online: the pure state machine of core, driven and turned into frames (contract §13).

use std::collections::VecDeque;

use filament_core::presence::{Presence, PresenceDiff};
use filament_protocol::{
    EncodeError, Event, EventKind, GuildId, UserId,
    event::{PresenceStatus, PresenceSync, PresenceUpdate},
};

use crate::{
    clock::Now,
    frame::{Frame, Reach},
    hub::Hub,
    limits::PRESENCE_PUTS_PER_TURN_MAX,
    observe::DropReason,
    transport::TransportWrite,
};

/// What of presence is still to be told, and what was told last.
#[derive(Debug, Default)]
pub(crate) struct PresenceTold {
    /// Changes of past flushes, to be told in turns. Bounded: at most one per member and guild and flush, told within it.
    backlog: VecDeque<PresenceDiff>,
    next_flush_ms: u64,
    /// Counts the changes of presence.
    version: u64,
    /// The last complete list: a client subscribes to many channels of one guild at once, and all those lists are equal.
    sync: Option<(GuildId, u64, Frame)>,
}

impl<W> Hub<W> {
    /// The state machine, to be changed: lists made before are not reused.
    pub(crate) fn presence_changed(&mut self) -> &mut Presence {
        self.told.version += 1;
        &mut self.presence
    }

    /// Forgets everybody and what was to be told of them.
    pub(crate) fn forget_presence(&mut self) {
        self.presence = Presence::default();
        self.told = PresenceTold { version: self.told.version + 1, ..PresenceTold::default() };
    }

    /// Once per second, finds out what changed (PRE-4). When the server goes away all are closed in one step, so that nobody is
    /// left to be told (PRE-8).
    pub(crate) fn flush_presence(&mut self, now: Now) {
        if now.ms() < self.told.next_flush_ms {
            return;
        }
        self.told.next_flush_ms = now.ms() + Presence::FLUSH_MS;
        let flush = self.presence_changed().flush(now.ms());
        self.told.backlog.extend(flush.diffs);
    }

    /// The frame that lists who is online in a guild (PRE-5).
    pub(crate) fn presence_sync(
        &mut self,
        guild_id: GuildId,
        receiver: UserId,
        now: Now,
    ) -> Result<Frame, EncodeError> {
        let version = self.told.version;
        if let Some((known, at, frame)) = &self.told.sync
            && (*known, *at) == (guild_id, version)
        {
            let frame = frame.clone();
            self.presence.listed(guild_id, receiver);
            return Ok(frame);
        }
        let snapshot = self.presence.snapshot(guild_id, receiver);
        let online_count = snapshot.online_count.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let event = PresenceSync {
            guild_id,
            user_ids: snapshot.user_ids,
            truncated: online_count.is_some().then_some(true),
            online_count,
        };
        let frame = Frame::live(&Event::PresenceSync(event), Reach::Guild(guild_id), now.us)?;
        // A list that was cut has its receiver first, so it is nobody else's.
        self.told.sync = online_count.is_none().then(|| (guild_id, version, frame.clone()));
        Ok(frame)
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Tells a bounded part of what is to be told to `PRES(g)`. Returns whether more is left.
    pub(crate) fn tell_presence(&mut self, now: Now) -> bool {
        let mut puts = 0;
        while puts < PRESENCE_PUTS_PER_TURN_MAX {
            let Some(diff) = self.told.backlog.pop_front() else { return false };
            puts += 1 + self.tell_diff(&diff, now);
        }
        !self.told.backlog.is_empty()
    }

    fn tell_diff(&mut self, diff: &PresenceDiff, now: Now) -> usize {
        let Self { registry, access, outbox, stats, .. } = self;
        let subscribed = registry.guild_subscriber_keys(diff.guild_id);
        if subscribed.is_empty() {
            return 0;
        }
        let status = if diff.is_online { PresenceStatus::Online } else { PresenceStatus::Offline };
        let event = PresenceUpdate { guild_id: diff.guild_id, user_id: diff.user_id, status };
        let reach = Reach::Presence(diff.guild_id, diff.user_id);
        let Ok(frame) = Frame::live(&Event::PresenceUpdate(event), reach, now.us) else {
            stats.dropped(EventKind::PresenceUpdate, DropReason::OversizedOutbound);
            return 0;
        };
        let mut taken = 0;
        for registered in subscribed.iter().filter_map(|key| registry.get(*key)) {
            let user_id = registered.user_id;
            let is_meant = diff.receivers.as_ref().is_none_or(|receivers| receivers.binary_search(&user_id).is_ok());
            // A server owner who is no member hears nothing of this (DEL-7).
            if !is_meant || !access.is_member(diff.guild_id, user_id) {
                continue;
            }
            let link = &registered.handle;
            let put = link.lock().put_ephemeral(frame.clone(), &mut |kind, reason| stats.dropped(kind, reason));
            taken += u64::from(outbox.note(link, put));
        }
        stats.emitted(EventKind::PresenceUpdate, taken);
        subscribed.len()
    }
}

#[cfg(test)]
mod tests;
