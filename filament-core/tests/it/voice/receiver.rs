//! What a receiver makes of voice events: a list by user, replaced by lists and changed by events, and nothing else known.

use std::collections::BTreeMap;

use filament_core::voice::{Streams, VoicePlace, VoiceTold};
use filament_protocol::{
    Event, Timestamp, UserId,
    record::{StreamKind, VoiceParticipant},
};

/// A client with one channel open.
#[derive(Debug, Default)]
pub(super) struct Receiver(BTreeMap<UserId, VoiceParticipant>);

impl Receiver {
    pub(super) fn of(list: &[VoiceParticipant]) -> Self {
        let by_user: BTreeMap<_, _> = list.iter().map(|one| (one.user_id, one.clone())).collect();
        assert_eq!(by_user.len(), list.len(), "a user is in a list once (VOI-25)");
        let order: Vec<_> = list.iter().map(|one| (one.joined_at_unix, one.identity.as_str().to_owned())).collect();
        assert!(order.is_sorted(), "by the second they joined, then by identity (§4.2)");
        Self(by_user)
    }

    /// Applies an event; one about somebody unknown is ignored (VOI-23), one older than what is known too.
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::VoiceParticipantJoin(join) => {
                self.0.insert(join.participant.user_id, join.participant.clone());
            }
            Event::VoiceParticipantLeave(leave) => {
                self.0.remove(&leave.user_id);
            }
            Event::VoiceParticipantUpdate(update) => {
                let Some(known) = self.0.get_mut(&update.user_id) else { return };
                if update.updated_at_unix < known.updated_at_unix {
                    return;
                }
                known.updated_at_unix = update.updated_at_unix;
                let fields = update.updated_fields;
                known.is_muted = fields.is_muted.unwrap_or(known.is_muted);
                known.is_deafened = fields.is_deafened.unwrap_or(known.is_deafened);
                known.is_video_enabled = fields.is_video_enabled.unwrap_or(known.is_video_enabled);
                known.is_screen_share_enabled = fields.is_screen_share_enabled.unwrap_or(known.is_screen_share_enabled);
            }
            Event::VoiceStreamPublish(_) | Event::VoiceStreamUnpublish(_) => {}
            other => panic!("no voice event: {other:?}"),
        }
    }

    /// The list in the order of a sync.
    pub(super) fn participants(&self) -> Vec<VoiceParticipant> {
        let mut list: Vec<_> = self.0.values().cloned().collect();
        list.sort_by(|a, b| (a.joined_at_unix, a.identity.as_str()).cmp(&(b.joined_at_unix, b.identity.as_str())));
        list
    }
}

/// Hears everything from the beginning and knows what may follow what.
#[derive(Debug, Default)]
pub(super) struct Witness {
    present: BTreeMap<UserId, (VoicePlace, Streams)>,
    latest: BTreeMap<UserId, Timestamp>,
}

impl Witness {
    pub(super) fn hear(&mut self, told: &VoiceTold) {
        let place = told.place;
        let (user_id, at) = match &told.event {
            Event::VoiceParticipantJoin(event) => {
                let user_id = event.participant.user_id;
                let before = self.present.insert(user_id, (place, Streams::EMPTY));
                assert_eq!(before, None, "leave precedes the next join (VOI-1, VOI-21)");
                assert!(!event.participant.is_muted && !event.participant.is_deafened, "VOI-25");
                (user_id, event.participant.joined_at_unix)
            }
            Event::VoiceParticipantLeave(event) => {
                let before = self.present.remove(&event.user_id);
                assert_eq!(before, Some((place, Streams::EMPTY)), "every unpublish precedes the leave (VOI-21)");
                (event.user_id, event.left_at_unix)
            }
            Event::VoiceParticipantUpdate(event) => {
                assert!(self.present.contains_key(&event.user_id), "join precedes everything else (VOI-21)");
                (event.user_id, event.updated_at_unix)
            }
            Event::VoiceStreamPublish(event) => {
                self.stream(event.user_id, place, event.stream, true);
                (event.user_id, event.published_at_unix)
            }
            Event::VoiceStreamUnpublish(event) => {
                self.stream(event.user_id, place, event.stream, false);
                (event.user_id, event.unpublished_at_unix)
            }
            other => panic!("no voice event: {other:?}"),
        };
        let latest = self.latest.insert(user_id, at);
        assert!(latest.is_none_or(|latest| latest <= at), "times of one participant never decrease (VOI-22)");
    }

    fn stream(&mut self, user_id: UserId, place: VoicePlace, stream: StreamKind, begins: bool) {
        let (at, streams) = self.present.get_mut(&user_id).expect("join precedes everything else (VOI-21)");
        assert_eq!((*at, streams.contains(stream)), (place, !begins), "only what changes is told (EMI-1)");
        *streams = streams.set(stream, begins);
    }

    /// A channel is gone, and everybody in it.
    pub(super) fn forget(&mut self, place: VoicePlace) {
        self.present.retain(|_, (at, _)| *at != place);
    }

    pub(super) fn check(&self, place: VoicePlace, listed: &[VoiceParticipant]) {
        let here = self.present.iter().filter(|(_, (at, _))| *at == place);
        let here: Vec<_> = here.map(|(user_id, (_, streams))| (*user_id, flags(*streams))).collect();
        let mut listed: Vec<_> =
            listed.iter().map(|one| (one.user_id, (one.is_video_enabled, one.is_screen_share_enabled))).collect();
        listed.sort_unstable();
        assert_eq!(here, listed, "flags follow the streams");
    }
}

fn flags(streams: Streams) -> (bool, bool) {
    (streams.contains(StreamKind::Camera), streams.contains(StreamKind::ScreenShare))
}
