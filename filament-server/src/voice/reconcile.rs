//! Comparing who is listed with who is in LiveKit's rooms, for operators whose webhooks may get lost (VOI-35).
//!
//! One look may fall between a join and its note. What is found three times in a row is believed: a participant whom LiveKit does not know
//! leaves, one whom nobody lists is let in or removed as by `participant_joined` (VOI-34), and streams follow the tracks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use filament_core::voice::{Note, VoicePlace, VoiceRecord, VoiceReport};
use filament_fanout::VoiceUser;
use filament_protocol::record::StreamKind;
use filament_protocol::{Permissions, SessionId, UserId};

use super::LiveKit;
use super::api::Present;
use crate::app::App;
use crate::limits::RECONCILE_STRIKES;

/// A difference between what is listed and what is in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Difference {
    /// Listed, and not in the room.
    Ghost,
    /// In the room, and not listed.
    Stranger,
    /// Sends a stream that is not listed.
    Unlisted(StreamKind),
    /// Does not send a stream that is listed.
    Silent(StreamKind),
}

/// How often in a row each difference was found. Bounded by the participants of the rooms looked at.
#[derive(Debug, Default)]
struct Strikes(HashMap<(UserId, VoicePlace, Difference), u32>);

impl Strikes {
    /// Notes the differences found in one room and returns those that are believed now.
    fn note(&mut self, place: VoicePlace, found: &[(UserId, Difference)]) -> Vec<(UserId, Difference)> {
        let kept = |user_id: UserId, difference| found.contains(&(user_id, difference));
        self.0.retain(|(user_id, at, difference), _| *at != place || kept(*user_id, *difference));
        let mut believed = Vec::new();
        for (user_id, difference) in found {
            let strikes = self.0.entry((*user_id, place, *difference)).or_default();
            *strikes += 1;
            if *strikes >= RECONCILE_STRIKES {
                self.0.remove(&(*user_id, place, *difference));
                believed.push((*user_id, *difference));
            }
        }
        believed
    }

    /// Forgets rooms that are not looked at any more.
    fn keep_only(&mut self, places: &BTreeMap<VoicePlace, Vec<VoiceRecord>>) {
        self.0.retain(|(_, place, _), _| places.contains_key(place));
    }
}

/// Compares for ever.
pub(super) async fn work(app: Arc<App>) {
    let Some(livekit) = &app.livekit else { return };
    let Some(every) = livekit.reconcile_every else { return };
    let mut strikes = Strikes::default();
    loop {
        tokio::time::sleep(every).await;
        round(&app, livekit, &mut strikes).await;
    }
}

async fn round(app: &App, livekit: &LiveKit, strikes: &mut Strikes) {
    let mut places: BTreeMap<VoicePlace, Vec<VoiceRecord>> = BTreeMap::new();
    for record in app.gateway.fanout().voice_stays() {
        places.entry(record.place).or_default().push(record);
    }
    strikes.keep_only(&places);
    for (place, listed) in places {
        let present = match app.list_participants(livekit, place).await {
            Ok(present) => present,
            // Nothing is known of this room: what was found before is not confirmed and not forgotten.
            Err(error) => {
                tracing::debug!(%error, "LiveKit does not say who is in a room");
                continue;
            }
        };
        for (user_id, difference) in strikes.note(place, &differences(&listed, &present)) {
            let record = listed.iter().find(|record| record.user_id == user_id);
            let there = present.iter().find(|one| one.user_id == user_id);
            settle(app, place, user_id, difference, record, there).await;
        }
    }
}

/// What of the list is not so in the room.
fn differences(listed: &[VoiceRecord], present: &[Present]) -> Vec<(UserId, Difference)> {
    let here: BTreeMap<UserId, &Present> = present.iter().map(|one| (one.user_id, one)).collect();
    let known: BTreeSet<UserId> = listed.iter().map(|record| record.user_id).collect();
    let mut found = Vec::new();
    for record in listed {
        let Some(there) = here.get(&record.user_id) else {
            found.push((record.user_id, Difference::Ghost));
            continue;
        };
        let streams = there.streams();
        found.extend(streams.difference(record.streams).iter().map(|one| (record.user_id, Difference::Unlisted(one))));
        found.extend(record.streams.difference(streams).iter().map(|one| (record.user_id, Difference::Silent(one))));
    }
    let strangers = here.keys().filter(|user_id| !known.contains(user_id));
    found.extend(strangers.map(|user_id| (*user_id, Difference::Stranger)));
    found
}

async fn settle(
    app: &App,
    place: VoicePlace,
    user_id: UserId,
    difference: Difference,
    record: Option<&VoiceRecord>,
    there: Option<&Present>,
) {
    let track = |stream| there.and_then(|one| one.tracks.iter().find(|(kind, _)| *kind == stream)?.1.clone());
    let note = match difference {
        Difference::Ghost => {
            if let Some(record) = record {
                app.gateway.fanout().end_voice(record);
            }
            return;
        }
        Difference::Stranger => Note::Joined,
        Difference::Unlisted(stream) => Note::Published(stream, track(stream)),
        Difference::Silent(stream) => Note::Unpublished(stream, None),
    };
    let report = VoiceReport {
        user_id,
        place,
        sid: there.and_then(|one| one.sid.clone()),
        noted_at: app.clock.now().as_secs(),
        note,
        rights: Permissions::EMPTY, // delivery knows them
        is_connected: false,
    };
    app.hear_media(report).await;
}

impl App {
    /// Lets the media server say something about a participant.
    pub async fn hear_media(&self, report: VoiceReport) -> filament_fanout::Reported {
        let is_server_owner = self.config.server_owner_user_id == Some(report.user_id);
        // It came by no login.
        let user = VoiceUser { user_id: report.user_id, session_id: SessionId::from_u128(0), is_server_owner };
        self.gateway.fanout().hear_media(user, report).await
    }
}

#[cfg(test)]
mod tests {
    use filament_core::voice::{Streams, VoiceGrants};
    use filament_protocol::{ChannelId, GuildId, Timestamp};

    use super::*;

    fn place() -> VoicePlace {
        VoicePlace { guild_id: GuildId::from_u128(1), channel_id: ChannelId::from_u128(2) }
    }

    fn record(n: u128, streams: u8) -> VoiceRecord {
        VoiceRecord {
            user_id: UserId::from_u128(n),
            place: place(),
            joined_at: Timestamp::MIN,
            updated_at: Timestamp::MIN,
            grants: VoiceGrants::from_bits(15),
            is_muted: false,
            is_deafened: false,
            streams: Streams::from_bits(streams),
            sid: None,
        }
    }

    fn present(n: u128, streams: &[StreamKind]) -> Present {
        let tracks = streams.iter().map(|stream| (*stream, None)).collect();
        Present { user_id: UserId::from_u128(n), sid: None, tracks }
    }

    #[test]
    fn every_difference_is_found() {
        let listed = [record(1, 0), record(2, 3), record(3, 1)];
        let there = [
            present(2, &[StreamKind::ScreenShare, StreamKind::Camera]),
            present(3, &[StreamKind::Microphone]),
            present(4, &[]),
        ];
        let user = UserId::from_u128;
        let expected = [
            (user(1), Difference::Ghost),
            (user(2), Difference::Unlisted(StreamKind::ScreenShare)),
            (user(2), Difference::Silent(StreamKind::Microphone)),
            (user(4), Difference::Stranger),
        ];
        assert_eq!(differences(&listed, &there), expected);
    }

    #[test]
    fn only_what_is_found_three_times_in_a_row_is_believed() {
        let (mut strikes, ghost) = (Strikes::default(), (UserId::from_u128(1), Difference::Ghost));
        let nothing: [(UserId, Difference); 0] = [];
        assert_eq!(strikes.note(place(), &[ghost]), nothing);
        assert_eq!(strikes.note(place(), &[ghost]), nothing);
        assert_eq!(strikes.note(place(), &[]), nothing, "once it was not so");
        assert_eq!(strikes.note(place(), &[ghost]), nothing);
        assert_eq!(strikes.note(place(), &[ghost]), nothing);
        assert_eq!(strikes.note(place(), &[ghost]), [ghost]);
        assert_eq!(strikes.note(place(), &[ghost]), nothing, "and it is counted anew");
        strikes.keep_only(&BTreeMap::new());
        assert!(strikes.0.is_empty());
    }
}
