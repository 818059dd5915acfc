//! LiveKit's room service, as far as it is used: who is in a room, and taking somebody out or giving other rights there.

use filament_core::voice::{MediaDuty, Sid, Streams, VoiceGrants, VoicePlace, identity, room_name};
use filament_protocol::UserId;
use filament_protocol::record::StreamKind;
use http::StatusCode;
use serde::{Deserialize, Serialize};

pub use super::client::CallError;
use super::webhook::{Source, agreed};
use super::{LiveKit, jwt};
use crate::app::App;
use crate::limits::{LIVEKIT_API_TOKEN_SECS, ROOM_PARTICIPANTS_MAX};
use crate::metrics::label::{CallOutcome, LivekitCall};

const SERVICE: &str = "/twirp/livekit.RoomService";

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub user_id: UserId,
    /// Which session of it.
    pub sid: Option<Sid>,
    /// What it sends, each with its track.
    pub tracks: Vec<(StreamKind, Option<Sid>)>,
}

impl Present {
    /// What it sends.
    #[must_use]
    pub fn streams(&self) -> Streams {
        self.tracks.iter().map(|(stream, _)| *stream).collect()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    nbf: u64,
    exp: u64,
    video: Video<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Video<'a> {
    room: &'a str,
    room_admin: bool,
}

#[derive(Serialize)]
struct Question<'a> {
    room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<Permission>,
}

#[derive(Serialize)]
struct Permission {
    can_subscribe: bool,
    can_publish: bool,
    can_publish_data: bool,
    can_publish_sources: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    participants: Vec<ListedParticipant>,
}

#[derive(Deserialize)]
struct ListedParticipant {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    identity: String,
    #[serde(default)]
    tracks: Vec<ListedTrack>,
}

#[derive(Deserialize)]
struct ListedTrack {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    source: Source,
}

impl From<VoiceGrants> for Permission {
    fn from(grants: VoiceGrants) -> Self {
        let name = |source| match source {
            StreamKind::Microphone => "MICROPHONE",
            StreamKind::Camera => "CAMERA",
            StreamKind::ScreenShare => "SCREEN_SHARE",
        };
        Self {
            can_subscribe: grants.can_subscribe,
            can_publish: grants.can_publish(),
            can_publish_data: grants.can_publish(),
            can_publish_sources: grants.sources.iter().map(name).collect(),
        }
    }
}

impl App {
    /// Does one duty at LiveKit, once. Who is not in the room needs no removal.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn do_duty(&self, livekit: &LiveKit, duty: MediaDuty) -> Result<(), CallError> {
        let (call, method, user_id, place, permission) = match duty {
            MediaDuty::Remove { user_id, place } => {
                (LivekitCall::RemoveParticipant, "RemoveParticipant", user_id, place, None)
            }
            MediaDuty::Permit { user_id, place, grants } => {
                (LivekitCall::UpdateParticipant, "UpdateParticipant", user_id, place, Some(grants.into()))
            }
        };
        let identity = identity(user_id, place);
        let answer = self.ask(livekit, call, method, place, Some(identity.as_str()), permission).await;
        answer.map(|_| ())
    }

    /// Asks who is in a room. Participants that are none of ours are left out.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn list_participants(&self, livekit: &LiveKit, place: VoicePlace) -> Result<Vec<Present>, CallError> {
        let call = (LivekitCall::ListParticipants, "ListParticipants");
        let answer = self.ask(livekit, call.0, call.1, place, None, None).await?;
        let listed: Listed = match answer {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| CallError::Answer)?,
            None => return Ok(Vec::new()),
        };
        let room = room_name(place);
        let ours = listed.participants.into_iter().take(ROOM_PARTICIPANTS_MAX).filter_map(|one| {
            let (user_id, _) = agreed(room.as_str(), &one.identity)?;
            let tracks = one.tracks.iter().filter_map(|track| Some((track.source.stream()?, Sid::new(&track.sid))));
            Some(Present { user_id, sid: Sid::new(&one.sid), tracks: tracks.collect() })
        });
        Ok(ours.collect())
    }

    /// One call, counted; `None` if room or participant is not there.
    async fn ask(
        &self,
        livekit: &LiveKit,
        call: LivekitCall,
        method: &str,
        place: VoicePlace,
        identity: Option<&str>,
        permission: Option<Permission>,
    ) -> Result<Option<bytes::Bytes>, CallError> {
        let room = room_name(place);
        let now = self.clock.now();
        let claims = Claims {
            iss: livekit.api_key.expose(),
            nbf: now.as_secs(),
            exp: now.plus_secs(LIVEKIT_API_TOKEN_SECS).as_secs(),
            video: Video { room: room.as_str(), room_admin: true },
        };
        let question = Question { room: room.as_str(), identity, permission };
        let token = jwt::sign(&livekit.api_secret, &claims).map_err(|_| CallError::Answer)?;
        let body = serde_json::to_vec(&question).map_err(|_| CallError::Answer)?;
        let answer = match livekit.client.post(&format!("{SERVICE}/{method}"), &token, body).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(CallError::Refused(StatusCode::NOT_FOUND)) => Ok(None),
            Err(error) => Err(error),
        };
        let outcome = if answer.is_ok() { CallOutcome::Ok } else { CallOutcome::Error };
        self.metrics.livekit_calls.increment((call, outcome));
        answer
    }
}
