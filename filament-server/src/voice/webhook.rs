//! Notes of LiveKit about its rooms (contract §12.5): whose they are, whether they are new, and what they say.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use filament_core::voice::{Note, Sid, VoicePlace, VoiceReport, parse_identity, parse_room};
use filament_protocol::record::StreamKind;
use filament_protocol::{Permissions, Timestamp, UserId};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{LiveKit, jwt};
use crate::limits::{WEBHOOK_AGE_SECS_MAX, WEBHOOK_LEEWAY_SECS, WEBHOOK_MEMORY, WEBHOOKS_REMEMBERED_MAX};

/// A note that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// What it says about a participant, for voice tracking.
    pub report: VoiceReport,
}

/// What came of looking at a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It says something about a participant of a voice channel.
    Note(Box<Webhook>),
    /// It says nothing that matters here, or said it too long ago.
    Nothing,
    /// It was heard before.
    Again,
    /// It is not LiveKit's.
    Forged,
}

/// What the signature says.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    exp: u64,
    sha256: String,
}

/// What of the body is looked at; LiveKit says much more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    event: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    created_at: Number,
    room: Option<Room>,
    participant: Option<Participant>,
    track: Option<Track>,
}

#[derive(Deserialize)]
struct Room {
    name: String,
}

#[derive(Deserialize)]
struct Participant {
    identity: String,
    #[serde(default)]
    sid: String,
}

#[derive(Deserialize)]
struct Track {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    source: Source,
}

/// A 64-bit number, which JSON of protocol buffers writes as a text.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Number {
    #[default]
    None,
    Plain(u64),
    Text(String),
}

impl Number {
    fn value(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Plain(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// A track's source, by name or by number.
#[derive(Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Source {
    #[default]
    None,
    Number(u32),
    Name(String),
}

impl Source {
    pub(super) fn stream(&self) -> Option<StreamKind> {
        match self {
            Self::Number(1) => Some(StreamKind::Camera),
            Self::Number(2) => Some(StreamKind::Microphone),
            Self::Number(3) => Some(StreamKind::ScreenShare),
            Self::Name(name) => match name.as_str() {
                "CAMERA" => Some(StreamKind::Camera),
                "MICROPHONE" => Some(StreamKind::Microphone),
                "SCREEN_SHARE" => Some(StreamKind::ScreenShare),
                _ => None,
            },
            Self::None | Self::Number(_) => None,
        }
    }
}

impl LiveKit {
    /// Judges a webhook by its `Authorization` and its body (VOI-30 to VOI-32).
    #[must_use]
    pub fn hear(&self, authorization: Option<&str>, body: &[u8], wall: Timestamp, now: Instant) -> Heard {
        if !authorization.is_some_and(|token| self.is_signed(token, body, wall)) {
            return Heard::Forged;
        }
        let Ok(body) = serde_json::from_slice::<Body>(body) else { return Heard::Nothing };
        if !body.id.is_empty() && !self.seen.is_new(&body.id, now) {
            return Heard::Again;
        }
        let noted_at = body.created_at.value().unwrap_or(wall.as_secs());
        if noted_at.saturating_add(WEBHOOK_AGE_SECS_MAX) < wall.as_secs() {
            return Heard::Nothing;
        }
        body.report(noted_at).map_or(Heard::Nothing, |report| Heard::Note(Box::new(Webhook { report })))
    }

    /// Whether the body was signed by who knows the secret (VOI-30).
    fn is_signed(&self, authorization: &str, body: &[u8], wall: Timestamp) -> bool {
        let token = authorization.strip_prefix("Bearer ").unwrap_or(authorization);
        let Ok(claims) = jwt::verify::<Claims>(&self.api_secret, token) else { return false };
        let Ok(hash) = STANDARD.decode(&claims.sha256) else { return false };
        let is_in_time = claims.exp.saturating_add(WEBHOOK_LEEWAY_SECS) > wall.as_secs();
        let is_whole: bool = Sha256::digest(body).as_slice().ct_eq(&hash).into();
        self.api_key.matches(claims.iss.as_bytes()) && is_in_time && is_whole
    }
}

impl Body {
    /// What it says about a participant of one of our rooms (VOI-32).
    fn report(&self, noted_at: u64) -> Option<VoiceReport> {
        let participant = self.participant.as_ref()?;
        let (user_id, place) = agreed(&self.room.as_ref()?.name, &participant.identity)?;
        let track = || self.track.as_ref().and_then(|track| Some((track.source.stream()?, Sid::new(&track.sid))));
        let of_microphone = || track().filter(|(stream, _)| *stream == StreamKind::Microphone);
        let note = match self.event.as_str() {
            "participant_joined" => Note::Joined,
            "participant_left" | "participant_connection_aborted" => Note::Left,
            "track_published" => track().map(|(stream, sid)| Note::Published(stream, sid))?,
            "track_unpublished" => track().map(|(stream, sid)| Note::Unpublished(stream, sid))?,
            "track_muted" => of_microphone().map(|_| Note::Muted(true))?,
            "track_unmuted" => of_microphone().map(|_| Note::Muted(false))?,
            _ => return None,
        };
        Some(VoiceReport {
            user_id,
            place,
            sid: Sid::new(&participant.sid),
            noted_at,
            note,
            rights: Permissions::EMPTY, // delivery knows them
            is_connected: false,
        })
    }
}

/// Whom a room and an identity name, if both are ours and of one channel.
pub(super) fn agreed(room: &str, identity: &str) -> Option<(UserId, VoicePlace)> {
    let place = parse_room(room)?;
    parse_identity(identity).filter(|(_, of_identity)| *of_identity == place)
}

/// Which webhooks were heard in the last minutes, by a hash of their id with a key of this process.
#[derive(Debug, Default)]
pub(super) struct SeenWebhooks {
    hasher: RandomState,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<u64>,
    /// By the moment they were heard.
    order: VecDeque<(Instant, u64)>,
}

impl SeenWebhooks {
    /// Notes an id. Returns whether it was not heard in the last ten minutes (VOI-31). When there is no room the oldest is forgotten.
    fn is_new(&self, id: &str, now: Instant) -> bool {
        let hash = self.hasher.hash_one(id);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, oldest)) = seen.order.front().copied() {
            let is_over = now.saturating_duration_since(at) >= WEBHOOK_MEMORY;
            if !is_over && seen.order.len() < WEBHOOKS_REMEMBERED_MAX {
                break;
            }
            seen.order.pop_front();
            seen.ids.remove(&oldest);
        }
        let is_new = seen.ids.insert(hash);
        if is_new {
            seen.order.push_back((now, hash));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use filament_protocol::{ChannelId, GuildId};

    use super::*;

    fn body(text: &str) -> Option<VoiceReport> {
        serde_json::from_str::<Body>(text).expect("a body").report(7)
    }

    fn names() -> (String, String) {
        let place = VoicePlace { guild_id: GuildId::from_u128(1), channel_id: ChannelId::from_u128(2) };
        let identity = filament_core::voice::identity(UserId::from_u128(3), place);
        (filament_core::voice::room_name(place).to_string(), identity.to_string())
    }

    /// Proves the table of §12.3 as far as it is about what LiveKit calls things, and VOI-32.
    #[test]
    fn notes_are_read_as_livekit_writes_them() {
        let (room, identity) = names();
        let write = |event: &str, track: &str| {
            format!(
                r#"{{"event":"{event}","room":{{"sid":"RM_1","name":"{room}","emptyTimeout":300}},
                "participant":{{"sid":"PA_1","identity":"{identity}","state":"ACTIVE"}}{track},"id":"EV_1","createdAt":"1700000000"}}"#
            )
        };
        let track =
            |source: &str| format!(r#","track":{{"sid":"TR_1","type":"VIDEO","source":{source},"muted":true}}"#);
        let sid = Sid::new("TR_1");
        for (event, track, note) in [
            ("participant_joined", String::new(), Some(Note::Joined)),
            ("participant_left", String::new(), Some(Note::Left)),
            ("track_published", track("\"CAMERA\""), Some(Note::Published(StreamKind::Camera, sid.clone()))),
            ("track_published", track("3"), Some(Note::Published(StreamKind::ScreenShare, sid.clone()))),
            ("track_unpublished", track("\"MICROPHONE\""), Some(Note::Unpublished(StreamKind::Microphone, sid))),
            ("track_published", track("\"SCREEN_SHARE_AUDIO\""), None),
            ("track_published", String::new(), None),
            ("track_muted", track("\"MICROPHONE\""), Some(Note::Muted(true))),
            ("track_unmuted", track("2"), Some(Note::Muted(false))),
            ("track_muted", track("\"CAMERA\""), None),
            ("room_started", String::new(), None),
        ] {
            let report = body(&write(event, &track));
            assert_eq!(report.as_ref().map(|report| &report.note), note.as_ref(), "{event}{track}");
            if let Some(report) = report {
                assert_eq!((report.user_id, report.sid, report.noted_at), (UserId::from_u128(3), Sid::new("PA_1"), 7));
            }
        }
        let other = write("participant_joined", "").replace(&identity, "EG_recorder");
        assert_eq!(body(&other), None);
        let elsewhere = write("participant_joined", "").replace(&room, &room.replace("2", "4"));
        assert_eq!(body(&elsewhere), None, "room and identity must agree (VOI-32)");
        assert_eq!(body(r#"{"event":"room_finished"}"#), None);
    }

    /// Proves VOI-31.
    #[test]
    fn an_id_is_remembered_for_ten_minutes() {
        let (seen, start) = (SeenWebhooks::default(), Instant::now());
        assert!(seen.is_new("a", start));
        assert!(!seen.is_new("a", start + Duration::from_secs(599)));
        assert!(seen.is_new("a", start + Duration::from_secs(600)));
        for n in 0..=WEBHOOKS_REMEMBERED_MAX {
            assert!(seen.is_new(&n.to_string(), start + Duration::from_secs(601)));
        }
        let remembered = seen.seen.lock().expect("no panic");
        assert_eq!((remembered.ids.len(), remembered.order.len()), (WEBHOOKS_REMEMBERED_MAX, WEBHOOKS_REMEMBERED_MAX));
    }
}
