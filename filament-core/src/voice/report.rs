//! What the media server says of its participants, out of order and repeated as it may come (contract §12.5).
//!
//! A participant's *session* there has a name of its own, its sid, and so has each track. A note of a session that was replaced or has
//! ended, of a track that has ended, or older than one that was taken about the same thing, is out of date and changes nothing.

use std::collections::VecDeque;

use filament_protocol::{Permissions, UserId, record::StreamKind};

use super::{
    MediaDuty, Removal, VoiceConfirm,
    grant::{Streams, VoiceGrants},
    record::{Sid, VoicePlace},
    stay::{Stay, Track},
    tracked::{Pending, Tracked, Turn},
};
use crate::limits::{DEPARTED_SIDS_MAX, VOICE_LEFT_WITHOUT_SID_MS};

/// A note about one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceReport {
    /// Who.
    pub user_id: UserId,
    /// In which room.
    pub place: VoicePlace,
    /// Which session of it, if that is said.
    pub sid: Option<Sid>,
    /// The second of the media server's clock; 0 if it is not said.
    pub noted_at: u64,
    /// What.
    pub note: Note,
    /// What the user may do in that channel now.
    pub rights: Permissions,
    /// Whether the user has a live connection.
    pub is_connected: bool,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It is in the room.
    Joined,
    /// It left the room.
    Left,
    /// It sends a stream.
    Published(StreamKind, Option<Sid>),
    /// It sends a stream no longer.
    Unpublished(StreamKind, Option<Sid>),
    /// Its microphone is muted, or no longer.
    Muted(bool),
}

impl VoiceReport {
    /// Whether who is not known to be in the room is in it by this note: it joined, or, with that note still on its way, sends something.
    #[must_use]
    pub const fn brings_in(&self) -> bool {
        match self.note {
            Note::Joined => true,
            Note::Published(..) => self.sid.is_some(),
            Note::Left | Note::Unpublished(..) | Note::Muted(_) => false,
        }
    }
}

/// Sessions and tracks that have ended or were replaced, newest last, at most [`DEPARTED_SIDS_MAX`]: what still comes of them comes
/// late.
#[derive(Debug, Default)]
pub(super) struct Departed(VecDeque<Sid>);

impl Departed {
    pub(super) fn note(&mut self, sid: &Sid) {
        if self.0.contains(sid) {
            return;
        }
        if self.0.len() >= DEPARTED_SIDS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(sid.clone());
    }

    fn has(&self, sid: Option<&Sid>) -> bool {
        sid.is_some_and(|sid| self.0.contains(sid))
    }
}

impl Tracked {
    /// Takes a note. `has_room` says whether the caps allow the user in that channel.
    pub(super) fn report(&mut self, turn: &mut Turn<'_>, report: &VoiceReport, has_room: bool) {
        if let Note::Unpublished(_, Some(track)) = &report.note {
            turn.departed.note(track); // whoever it is of
        }
        turn.out.is_taken = match &report.note {
            Note::Left => self.left(turn, report),
            Note::Joined => self.is_present(turn, report, has_room),
            Note::Published(stream, track) => {
                self.is_present(turn, report, has_room)
                    && self
                        .stay
                        .as_mut()
                        .is_some_and(|stay| stay.published(turn, *stream, track.as_ref(), report.noted_at))
            }
            Note::Unpublished(stream, track) => {
                self.is_present(turn, report, has_room)
                    && self
                        .stay
                        .as_mut()
                        .is_some_and(|stay| stay.unpublished(turn, *stream, track.as_ref(), report.noted_at))
            }
            Note::Muted(is_muted) => {
                self.is_present(turn, report, has_room)
                    && self.stay.as_mut().is_some_and(|stay| stay.muted(turn, *is_muted, report.noted_at))
            }
        };
        if turn.out.is_taken {
            self.liveness = self.liveness.renewed(turn.ms);
        }
    }

    /// Whether the participant of the note is the one in the channel. Who is about to join is in it by that; who is in the room
    /// without any record is let in or removed (VOI-34).
    fn is_present(&mut self, turn: &mut Turn<'_>, report: &VoiceReport, has_room: bool) -> bool {
        if turn.departed.has(report.sid.as_ref()) {
            return false;
        }
        if let Some(stay) = self.stay.as_mut().filter(|stay| stay.record.place == report.place) {
            return stay.is_session(turn, report);
        }
        let confirmed = match self.pending.filter(|pending| pending.place == report.place) {
            Some(pending) => pending.grants.covered_by(report.rights).then_some(pending),
            None if !report.brings_in() => return false,
            None if self.stay.is_some() => None, // a user is in one channel: the one it last had a token for
            None => VoiceGrants::widest(report.rights).filter(|_| has_room).map(|grants| Pending {
                place: report.place,
                grants,
                until_ms: turn.ms,
            }),
        };
        let Some(confirmed) = confirmed else {
            self.pending = self.pending.filter(|pending| pending.place != report.place);
            turn.out.duties.push(MediaDuty::Remove { user_id: turn.user_id, place: report.place });
            return false;
        };
        if report.is_connected {
            self.connected();
        }
        self.begin(turn, confirmed, Streams::EMPTY);
        self.stay.as_mut().is_some_and(|stay| stay.is_session(turn, report))
    }

    /// The user is gone, unless the note is about an earlier session (VOI-33).
    fn left(&mut self, turn: &mut Turn<'_>, report: &VoiceReport) -> bool {
        if let Some(sid) = &report.sid {
            turn.departed.note(sid);
        }
        let Some(stay) = self.stay.as_ref().filter(|stay| stay.record.place == report.place) else { return false };
        let is_gone = match (&stay.record.sid, &report.sid) {
            (Some(known), Some(gone)) => known == gone,
            (Some(_) | None, _) => {
                stay.began_ms.is_none_or(|began| turn.ms.saturating_sub(began) >= VOICE_LEFT_WITHOUT_SID_MS)
            }
        };
        if is_gone {
            self.end_stay(turn, Removal::Own);
        }
        is_gone
    }
}

impl Stay {
    /// Whether the note is about the present session; a newer one takes its place, and with it the streams of the old one end.
    fn is_session(&mut self, turn: &mut Turn<'_>, report: &VoiceReport) -> bool {
        if report.sid.is_none() || self.record.sid == report.sid {
            return true;
        }
        if report.noted_at < self.sid_noted_at {
            return false;
        }
        self.sid_noted_at = report.noted_at;
        if let Some(replaced) = std::mem::replace(&mut self.record.sid, report.sid.clone()) {
            turn.departed.note(&replaced);
            self.tracks = Default::default();
            if turn.confirm == VoiceConfirm::Webhook {
                self.set_streams(turn, Streams::EMPTY);
            }
        }
        true
    }

    fn published(&mut self, turn: &mut Turn<'_>, stream: StreamKind, sid: Option<&Sid>, noted_at: u64) -> bool {
        let track = &mut self.tracks[stream as usize];
        if noted_at < track.noted_at || turn.departed.has(sid) {
            return false;
        }
        *track = Track { live: sid.cloned(), noted_at };
        self.set_streams(turn, self.record.streams.set(stream, true));
        true
    }

    fn unpublished(&mut self, turn: &mut Turn<'_>, stream: StreamKind, sid: Option<&Sid>, noted_at: u64) -> bool {
        let track = &mut self.tracks[stream as usize];
        let is_another = sid.is_some() && track.live.is_some() && track.live.as_ref() != sid;
        if noted_at < track.noted_at || is_another {
            return false;
        }
        *track = Track { live: None, noted_at };
        self.set_streams(turn, self.record.streams.set(stream, false));
        true
    }

    fn muted(&mut self, turn: &mut Turn<'_>, is_muted: bool, noted_at: u64) -> bool {
        if noted_at < self.mute_noted_at {
            return false;
        }
        self.mute_noted_at = noted_at;
        self.set_state(turn, Some(is_muted), None);
        true
    }
}
