//! Telling who is in which voice channel: the pure state machine of core, driven by connections, entries and calls, and turned into
//! frames (contract §12). The rules are in [`filament_core::voice`].
//!
//! Whoever has a record stays in the access table, with a connection or without: what a kick or a lost right ends is found in the step in
//! which the relay applies it (FEN-3).

mod calls;
mod enter;
mod follow;
mod restore;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use filament_core::{
    permission::channel_permissions,
    voice::{MediaDuty, Voice, VoiceConfirm, VoiceInput, VoiceNow, VoicePlace, VoiceRecord, VoiceStep, VoiceTold},
};
use filament_protocol::{ChannelId, Event, GuildId, Permissions, UserId, event::VoiceParticipantSync};
use tokio::sync::Notify;

pub use self::calls::{Reported, VoiceChanges, VoiceRefusal, VoiceUser};
pub(crate) use self::restore::restore;
use crate::{
    clock::Now,
    frame::{Frame, Reach},
    hub::Hub,
    limits::MEDIA_DUTIES_MAX,
    link::Link,
    observe::{DropReason, VoiceSync},
    transport::TransportWrite,
};

/// Voice tracking, and what of it is still to be done elsewhere.
#[derive(Debug, Default)]
pub(crate) struct VoiceDesk {
    pub(crate) tracking: Voice,
    /// Users whose stay is to be stored anew. Bounded: at most one place for each that there is or was since the last time.
    unsaved: BTreeSet<UserId>,
    /// What the media server is to be asked for, oldest first, at most [`MEDIA_DUTIES_MAX`].
    duties: VecDeque<MediaDuty>,
    /// Stays from before a restart or an interruption that were not brought back yet, and whether the user owns the server.
    suspended: Vec<(VoiceRecord, bool)>,
    wakers: Arc<Wakers>,
}

/// Wakes those who work for voice tracking outside of the hub.
#[derive(Debug, Default)]
struct Wakers {
    unsaved: Notify,
    duties: Notify,
}

impl VoiceDesk {
    pub(crate) fn new(confirm: VoiceConfirm) -> Self {
        Self { tracking: Voice::new(confirm), ..Self::default() }
    }

    /// Takes over what a step leaves to be done elsewhere.
    fn note(&mut self, step: &VoiceStep) {
        if !step.changed.is_empty() {
            self.unsaved.extend(&step.changed);
            self.wakers.unsaved.notify_one();
        }
        step.duties.iter().for_each(|duty| self.ask(*duty));
    }

    /// Asks the media server for something, as far as there is room: nobody depends on it (VOI-6).
    fn ask(&mut self, duty: MediaDuty) {
        if self.duties.len() >= MEDIA_DUTIES_MAX {
            tracing::warn!("the media server is asked for too much at once; the oldest wish is dropped");
            self.duties.pop_front();
        }
        self.duties.push_back(duty);
        self.wakers.duties.notify_one();
    }
}

impl<W> Hub<W> {
    /// What a user may do in a channel now; nothing, if it is not in the access table.
    fn voice_rights(&self, user_id: UserId, place: VoicePlace) -> Permissions {
        let of_user = self.access.subject(place.guild_id, user_id);
        let rights = of_user.and_then(|(graph, subject)| {
            graph.channel(place.channel_id).map(|channel| channel_permissions(graph, channel, subject))
        });
        rights.unwrap_or(Permissions::EMPTY)
    }

    /// Forgets what a user may see, if nobody needs to know: it has no connection and no voice record.
    pub(crate) fn forget_unneeded_user(&mut self, user_id: UserId) {
        if self.registry.connections_of(user_id).is_empty() && !self.voice.tracking.is_tracked(user_id) {
            for guild_id in self.access.remove_user(user_id) {
                self.forget_unused_guild(guild_id);
            }
        }
    }

    /// Whether anybody listens or speaks in a guild: then its graph is kept although no member of it is here.
    pub(crate) fn is_heard_or_held(&self, guild_id: GuildId) -> bool {
        !self.registry.guild_subscriber_keys(guild_id).is_empty()
            || self.voice.tracking.held_in(guild_id).next().is_some()
    }

    /// The complete list of who is in a voice channel, pending ones apart (VOI-24).
    pub(crate) fn voice_sync(&mut self, guild_id: GuildId, channel_id: ChannelId, now: Now) -> Event {
        let at = self.stamp(now);
        let participants = self.voice.tracking.participants_in(channel_id);
        let synced_at_unix = self.voice.tracking.stamp(at);
        Event::VoiceParticipantSync(VoiceParticipantSync { guild_id, channel_id, participants, synced_at_unix })
    }

    /// Panics if voice tracking and the access table disagree. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check_voice(&self) {
        let tracking = &self.voice.tracking;
        tracking.check_invariants();
        for place in tracking.occupied() {
            for (user_id, place) in tracking.held_in(place.guild_id).filter(|(_, held)| *held == place) {
                assert!(self.access.knows_user(user_id), "the access of everybody with a voice record is known");
                let stay = tracking.record(user_id).filter(|record| record.place == place);
                let is_covered = |stay: &VoiceRecord| stay.grants.covered_by(self.voice_rights(user_id, place));
                assert!(stay.is_none_or(is_covered), "a stay lasts only while its rights do (VOI-5)");
            }
        }
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Lets voice tracking take an input, tells what comes of it, and notes what is to be done elsewhere.
    pub(crate) fn voice_step(&mut self, input: VoiceInput, now: Now) -> VoiceStep {
        let at = self.stamp(now);
        let step = self.voice.tracking.step(input, VoiceNow { ms: now.ms(), at });
        self.voice.note(&step);
        for told in &step.told {
            self.tell_voice(told, now);
        }
        for user_id in &step.released {
            self.forget_unneeded_user(*user_id);
            step.told.iter().for_each(|told| self.forget_unused_guild(told.place.guild_id));
        }
        step
    }

    /// Tells the subscribers of a channel what happened in it, in the order of all other frames.
    fn tell_voice(&mut self, told: &VoiceTold, now: Now) {
        let VoicePlace { guild_id, channel_id } = told.place;
        let subscribers = self.registry.subscribers(channel_id);
        if subscribers.is_empty() {
            return;
        }
        let kind = told.event.kind();
        let Ok(frame) = Frame::live(&told.event, Reach::Channel(guild_id, channel_id), now.us) else {
            self.stats.dropped(kind, DropReason::OversizedOutbound);
            return self.repair_voice(told.place, now);
        };
        let taken = self.outbox.put_to(subscribers, &frame);
        self.stats.emitted(kind, taken);
        self.settle(kind, now);
    }

    /// Tells the subscribers of a channel everything: they may have missed something (VOI-24).
    pub(crate) fn repair_voice(&mut self, place: VoicePlace, now: Now) {
        for link in self.registry.subscribers(place.channel_id).to_vec() {
            self.send_voice_sync(&link, place, VoiceSync::Repair, now);
        }
    }

    /// Tells one connection who is in a channel.
    pub(crate) fn send_voice_sync(&mut self, link: &Arc<Link<W>>, place: VoicePlace, why: VoiceSync, now: Now) {
        self.stats.voice_synced(why);
        let event = self.voice_sync(place.guild_id, place.channel_id, now);
        self.send_live(link, &event, Reach::Channel(place.guild_id, place.channel_id), now);
    }

    /// Ends what its time is over for. Not while the server goes away: a restart takes nobody out (GW-51).
    pub(crate) fn tick_voice(&mut self, now: Now) {
        if !self.is_draining && !self.is_down && !self.voice.tracking.is_empty() {
            self.voice_step(VoiceInput::Tick, now);
        }
    }
}

#[cfg(test)]
mod tests;
