//! A joined record: what it tells when it begins, changes and ends (contract §12.3).

use filament_protocol::{
    Event,
    event::{
        VoiceParticipantJoin, VoiceParticipantLeave, VoiceParticipantUpdate, VoiceParticipantUpdatedFields,
        VoiceStreamPublish, VoiceStreamUnpublish,
    },
    record::{StreamKind, VoiceParticipant},
    text::Identity,
};

use super::{
    VoiceTold,
    grant::Streams,
    record::{Sid, VoiceRecord},
    room::identity,
    tracked::Turn,
};

/// A participant. What is beside the record is not stored: it guards against notes of the media server that come late.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    pub(super) record: VoiceRecord,
    /// When it began, `None` if that was before a restart.
    pub(super) began_ms: Option<u64>,
    /// Second of the note by which the participant's session is known.
    pub(super) sid_noted_at: u64,
    /// Second of the last note about the microphone being muted.
    pub(super) mute_noted_at: u64,
    pub(super) tracks: [Track; StreamKind::ALL.len()],
}

/// What is known of the track that is a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) live: Option<Sid>,
    /// Second of the last note that was taken.
    pub(super) noted_at: u64,
}

impl Stay {
    pub(super) fn new(record: VoiceRecord, began_ms: Option<u64>) -> Self {
        Self { record, began_ms, sid_noted_at: 0, mute_noted_at: 0, tracks: Default::default() }
    }

    fn identity(&self) -> Identity {
        identity(self.record.user_id, self.record.place)
    }

    fn tell(&self, turn: &mut Turn<'_>, event: Event) {
        turn.out.told.push(VoiceTold { place: self.record.place, event });
    }

    /// Tells that it began: `join`, then its streams.
    pub(super) fn tell_begin(&self, turn: &mut Turn<'_>) {
        let (guild_id, channel_id) = (self.record.place.guild_id, self.record.place.channel_id);
        let participant = self.record.participant();
        self.tell(turn, Event::VoiceParticipantJoin(VoiceParticipantJoin { guild_id, channel_id, participant }));
        self.record.streams.iter().for_each(|stream| self.tell_published(turn, stream));
    }

    /// Tells that it ends: its streams first (VOI-21).
    pub(super) fn tell_end(&self, turn: &mut Turn<'_>) {
        self.record.streams.iter().for_each(|stream| self.tell_unpublished(turn, stream));
        let leave = VoiceParticipantLeave {
            guild_id: self.record.place.guild_id,
            channel_id: self.record.place.channel_id,
            user_id: self.record.user_id,
            identity: self.identity(),
            left_at_unix: turn.at,
        };
        self.tell(turn, Event::VoiceParticipantLeave(leave));
    }

    /// Changes the live streams and tells it: ends, beginnings, then the flags that follow.
    pub(super) fn set_streams(&mut self, turn: &mut Turn<'_>, streams: Streams) {
        let before = self.record.participant();
        let (ended, begun) = (self.record.streams.difference(streams), streams.difference(self.record.streams));
        self.record.streams = streams;
        ended.iter().for_each(|stream| self.tell_unpublished(turn, stream));
        begun.iter().for_each(|stream| self.tell_published(turn, stream));
        self.tell_flags(turn, &before);
    }

    /// Changes what the user says of itself and tells it, if that is anything new.
    pub(super) fn set_state(&mut self, turn: &mut Turn<'_>, is_muted: Option<bool>, is_deafened: Option<bool>) {
        let before = self.record.participant();
        self.record.is_muted = is_muted.unwrap_or(self.record.is_muted);
        self.record.is_deafened = is_deafened.unwrap_or(self.record.is_deafened);
        self.tell_flags(turn, &before);
    }

    fn tell_published(&self, turn: &mut Turn<'_>, stream: StreamKind) {
        let event = VoiceStreamPublish {
            guild_id: self.record.place.guild_id,
            channel_id: self.record.place.channel_id,
            user_id: self.record.user_id,
            identity: self.identity(),
            stream,
            published_at_unix: turn.at,
        };
        self.tell(turn, Event::VoiceStreamPublish(event));
    }

    fn tell_unpublished(&self, turn: &mut Turn<'_>, stream: StreamKind) {
        let event = VoiceStreamUnpublish {
            guild_id: self.record.place.guild_id,
            channel_id: self.record.place.channel_id,
            user_id: self.record.user_id,
            identity: self.identity(),
            stream,
            unpublished_at_unix: turn.at,
        };
        self.tell(turn, Event::VoiceStreamUnpublish(event));
    }

    /// One update with the flags that are others than before; nothing if none is (EMI-1).
    fn tell_flags(&mut self, turn: &mut Turn<'_>, before: &VoiceParticipant) {
        let now = self.record.participant();
        let changed = |before: bool, now: bool| (before != now).then_some(now);
        let updated_fields = VoiceParticipantUpdatedFields {
            is_muted: changed(before.is_muted, now.is_muted),
            is_deafened: changed(before.is_deafened, now.is_deafened),
            is_speaking: None,
            is_video_enabled: changed(before.is_video_enabled, now.is_video_enabled),
            is_screen_share_enabled: changed(before.is_screen_share_enabled, now.is_screen_share_enabled),
        };
        if updated_fields == VoiceParticipantUpdatedFields::default() {
            return;
        }
        self.record.updated_at = turn.at;
        let update = VoiceParticipantUpdate {
            guild_id: self.record.place.guild_id,
            channel_id: self.record.place.channel_id,
            user_id: self.record.user_id,
            identity: self.identity(),
            updated_fields,
            updated_at_unix: turn.at,
        };
        self.tell(turn, Event::VoiceParticipantUpdate(update));
    }
}
