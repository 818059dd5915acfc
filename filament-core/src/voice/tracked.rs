//! The record of one user, pending, joined or both, and what each input makes of it.

use filament_protocol::{ChannelId, Permissions, Timestamp, UserId};

use super::{
    MediaDuty, Outline, Removal, VoiceConfirm, VoiceStep,
    grant::{Streams, VoiceGrants},
    liveness::Liveness,
    record::{VoicePlace, VoiceRecord},
    report::Departed,
    stay::Stay,
};
use crate::limits::VOICE_PENDING_MS;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    pub(super) stay: Option<Stay>,
    pub(super) pending: Option<Pending>,
    pub(super) liveness: Liveness,
}

/// A token that was not confirmed yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) place: VoicePlace,
    pub(super) grants: VoiceGrants,
    pub(super) until_ms: u64,
}

/// One input on its way through one user's record.
pub(super) struct Turn<'v> {
    pub(super) user_id: UserId,
    pub(super) confirm: VoiceConfirm,
    pub(super) ms: u64,
    /// The second that is told.
    pub(super) at: Timestamp,
    pub(super) departed: &'v mut Departed,
    pub(super) out: &'v mut VoiceStep,
}

impl Tracked {
    pub(super) fn record(&self) -> Option<&VoiceRecord> {
        self.stay.as_ref().map(|stay| &stay.record)
    }

    pub(super) fn into_record(self) -> Option<VoiceRecord> {
        self.stay.map(|stay| stay.record)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.liveness == Liveness::Connected
    }

    pub(super) fn outline(&self) -> Outline {
        let of_pending = self.pending.map(|pending| pending.until_ms);
        let of_stay = self.stay.as_ref().and_then(|_| self.liveness.ends_at_ms());
        Outline {
            stay: self.record().map(|record| record.place),
            pending: self.pending.map(|pending| pending.place),
            deadline_ms: of_pending.into_iter().chain(of_stay).min(),
        }
    }

    pub(super) fn is_at(&self, place: VoicePlace) -> bool {
        self.record().is_some_and(|record| record.place == place)
    }

    /// A token: the same channel again, or a beginning, or a move (VOI-7).
    pub(super) fn token(&mut self, turn: &mut Turn<'_>, place: VoicePlace, grants: VoiceGrants, is_connected: bool) {
        if is_connected {
            self.liveness = Liveness::Connected;
        }
        self.liveness = self.liveness.renewed(turn.ms);
        if self.is_at(place) {
            self.pending = None;
            return self.regrant(turn, grants);
        }
        let pending = Pending { place, grants, until_ms: turn.ms + VOICE_PENDING_MS };
        match turn.confirm {
            VoiceConfirm::Immediate => self.begin(turn, pending, grants.sources),
            VoiceConfirm::Webhook => self.pending = Some(pending),
        }
    }

    /// A newer token for the channel the user is in. What it takes away ends; what it adds is live at once if the token's word counts
    /// (VOI-20); what both grant stays as the media server said it is.
    fn regrant(&mut self, turn: &mut Turn<'_>, grants: VoiceGrants) {
        let Some(stay) = &mut self.stay else { return };
        let old = std::mem::replace(&mut stay.record.grants, grants);
        if old != grants {
            turn.out.duties.push(MediaDuty::Permit { user_id: turn.user_id, place: stay.record.place, grants });
        }
        if turn.confirm == VoiceConfirm::Immediate {
            let (lost, gained) = (old.sources.difference(grants.sources), grants.sources.difference(old.sources));
            stay.set_streams(turn, stay.record.streams.difference(lost).union(gained));
        }
    }

    /// The stay begins; one elsewhere ends before it.
    pub(super) fn begin(&mut self, turn: &mut Turn<'_>, confirmed: Pending, streams: Streams) {
        self.end_stay(turn, Removal::Imposed);
        self.pending = None;
        let record = VoiceRecord {
            user_id: turn.user_id,
            place: confirmed.place,
            joined_at: turn.at,
            updated_at: turn.at,
            grants: confirmed.grants,
            is_muted: false,
            is_deafened: false,
            streams,
            sid: None,
        };
        let stay = Stay::new(record, Some(turn.ms));
        stay.tell_begin(turn);
        self.stay = Some(stay);
        self.liveness = self.liveness.at_begin(turn.ms);
    }

    pub(super) fn end_stay(&mut self, turn: &mut Turn<'_>, removal: Removal) {
        let Some(stay) = self.stay.take() else { return };
        if let Some(sid) = &stay.record.sid {
            turn.departed.note(sid);
        }
        match removal {
            Removal::Own | Removal::Imposed => stay.tell_end(turn),
            Removal::Implied => {}
        }
        turn.ask_removal(removal, stay.record.place);
    }

    pub(super) fn end_pending(&mut self, turn: &mut Turn<'_>, removal: Removal) {
        if let Some(pending) = self.pending.take() {
            turn.ask_removal(removal, pending.place);
        }
    }

    /// Ends what is in these places.
    pub(super) fn remove_where(
        &mut self,
        turn: &mut Turn<'_>,
        is_there: impl Fn(VoicePlace) -> bool,
        removal: Removal,
    ) {
        let Outline { stay, pending, .. } = self.outline();
        if stay.is_some_and(&is_there) {
            self.end_stay(turn, removal);
        }
        if pending.is_some_and(&is_there) {
            self.end_pending(turn, removal);
        }
    }

    pub(super) fn state(
        &mut self,
        turn: &mut Turn<'_>,
        channel_id: ChannelId,
        is_muted: Option<bool>,
        is_deafened: Option<bool>,
    ) {
        let Some(stay) = self.stay.as_mut().filter(|stay| stay.record.place.channel_id == channel_id) else { return };
        stay.set_state(turn, is_muted, is_deafened);
        self.liveness = self.liveness.renewed(turn.ms);
    }

    pub(super) fn connected(&mut self) {
        self.liveness = Liveness::Connected;
    }

    pub(super) fn disconnected(&mut self, turn: &mut Turn<'_>, is_revoked: bool) {
        if is_revoked {
            self.remove_where(turn, |_| true, Removal::Imposed);
        } else if self.is_connected() {
            self.liveness = Liveness::after_loss(turn.ms);
        }
    }

    /// What is not covered by the present rights any more ends (VOI-5).
    pub(super) fn rights(&mut self, turn: &mut Turn<'_>, place: VoicePlace, rights: Permissions) {
        let lost = |grants: VoiceGrants| !grants.covered_by(rights);
        if self.is_at(place) && self.record().is_some_and(|record| lost(record.grants)) {
            self.end_stay(turn, Removal::Imposed);
        }
        if self.pending.is_some_and(|pending| pending.place == place && lost(pending.grants)) {
            self.end_pending(turn, Removal::Imposed);
        }
    }

    pub(super) fn restore(&mut self, turn: &Turn<'_>, record: VoiceRecord, is_connected: bool) {
        if self.stay.is_some() {
            return; // the user began anew meanwhile
        }
        self.stay = Some(Stay::new(record, None));
        self.liveness = Liveness::restored(is_connected, turn.ms);
    }

    /// Ends what its time is over for.
    pub(super) fn expire(&mut self, turn: &mut Turn<'_>) {
        if self.pending.is_some_and(|pending| pending.until_ms <= turn.ms) {
            self.pending = None;
        }
        if self.liveness.ends_at_ms().is_some_and(|end| end <= turn.ms) {
            self.end_stay(turn, Removal::Imposed);
            self.liveness = Liveness::Unseen;
        }
    }
}

impl Turn<'_> {
    pub(super) fn ask_removal(&mut self, removal: Removal, place: VoicePlace) {
        match removal {
            Removal::Imposed | Removal::Implied => {
                self.out.duties.push(MediaDuty::Remove { user_id: self.user_id, place });
            }
            Removal::Own => {}
        }
    }
}
