//! Bringing stays back: after a restart (VOI-8), and after an interruption in which nothing that was known could be trusted.

use std::collections::BTreeSet;

use filament_core::voice::{MediaDuty, VoiceInput, VoicePlace, VoiceRecord};
use filament_protocol::SessionId;

use super::{
    calls::{VoiceUser, load_unknown},
    enter::Entering,
};
use crate::{clock::Now, fanout::Shared, hub::Hub, transport::TransportWrite};

impl<W: TransportWrite> Hub<W> {
    /// Puts every stay aside: what their users may do is not known any more (FEN-6).
    pub(crate) fn suspend_voice(&mut self) {
        for record in self.voice.tracking.suspend() {
            let is_server_owner = self.access.is_server_owner(record.user_id);
            self.voice.suspended.push((record, is_server_owner));
        }
    }

    /// Brings a stay back, or forgets it if its rights are gone. Nobody is told: lists follow.
    fn bring_back(&mut self, record: VoiceRecord, now: Now) {
        let (user_id, place) = (record.user_id, record.place);
        self.voice.suspended.retain(|(other, _)| other.user_id != user_id);
        let is_covered = record.grants.covered_by(self.voice_rights(user_id, place));
        if is_covered && self.voice.tracking.room_for(user_id, place).is_ok() {
            self.observe_stamp(record.updated_at);
            let is_connected = !self.registry.connections_of(user_id).is_empty();
            self.voice_step(VoiceInput::Restored { record, is_connected }, now);
        } else {
            self.voice.unsaved.insert(user_id);
            self.voice.wakers.unsaved.notify_one();
            self.voice.ask(MediaDuty::Remove { user_id, place });
        }
        self.forget_attempt(user_id, place.guild_id);
    }
}

/// Brings back every stay that was put aside, and gives those who listen by now a complete list.
pub(crate) async fn restore<W: TransportWrite>(shared: &Shared<W>) {
    let mut places: BTreeSet<VoicePlace> = BTreeSet::new();
    loop {
        let next = shared.hub().voice.suspended.last().cloned();
        let Some((record, is_server_owner)) = next else { break };
        // No session speaks for it: that none is found tells nothing.
        let user = VoiceUser { user_id: record.user_id, session_id: SessionId::from_u128(0), is_server_owner };
        let look =
            || shared.step(|hub, _| hub.unknown_to_voice(user, record.place.guild_id).unwrap_or(Entering::Done(())));
        if load_unknown(shared, user, record.place.guild_id, look).await.is_none() {
            tracing::error!("somebody who was in a voice channel is not brought back");
        }
        places.insert(record.place);
        shared.step(|hub, now| hub.bring_back(record, now));
    }
    for place in places {
        shared.step(|hub, now| hub.repair_voice(place, now));
    }
}
