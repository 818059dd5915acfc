//! The token with which a participant joins a room (contract §12.2).

use filament_core::limits::VOICE_TOKEN_SECS;
use filament_core::voice::{VoiceGrants, VoicePlace, identity, room_name};
use filament_protocol::record::StreamKind;
use filament_protocol::rest::VoiceToken;
use filament_protocol::text::{LivekitUrl, MediaToken};
use filament_protocol::{Timestamp, UserId, Username};
use serde::Serialize;

use super::{LiveKit, jwt};

/// Whom a token is for, and what it grants.
#[derive(Clone, Debug)]
pub struct ParticipantToken<'a> {
    /// The user.
    pub user_id: UserId,
    /// The user's name.
    pub username: &'a Username,
    /// The channel.
    pub place: VoicePlace,
    /// What it grants.
    pub grants: VoiceGrants,
    /// Valid from this second on.
    pub issued_at: Timestamp,
}

/// Exactly the claims of §12.2; no other.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    name: &'a str,
    nbf: u64,
    exp: u64,
    video: Video<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Video<'a> {
    room: &'a str,
    room_join: bool,
    can_publish: bool,
    can_publish_data: bool,
    can_subscribe: bool,
    can_publish_sources: &'a [StreamKind],
}

impl LiveKit {
    /// Signs a token and says everything a client needs to use it; `None` if it cannot be made, which only a defect can bring about.
    #[must_use]
    pub fn issue(&self, token: &ParticipantToken<'_>) -> Option<VoiceToken> {
        let (room, identity) = (room_name(token.place), identity(token.user_id, token.place));
        let publish_sources: Vec<StreamKind> = token.grants.sources.iter().collect();
        let (can_publish, can_subscribe) = (token.grants.can_publish(), token.grants.can_subscribe);
        let claims = Claims {
            iss: self.api_key.expose(),
            sub: identity.as_str(),
            name: token.username.as_str(),
            nbf: token.issued_at.as_secs(),
            exp: token.issued_at.plus_secs(u64::from(VOICE_TOKEN_SECS)).as_secs(),
            video: Video {
                room: room.as_str(),
                room_join: true,
                can_publish,
                can_publish_data: can_publish,
                can_subscribe,
                can_publish_sources: &publish_sources,
            },
        };
        let token = MediaToken::new(jwt::sign(&self.api_secret, &claims).ok()?).ok()?;
        let livekit_url = LivekitUrl::new(self.url.as_str()).ok()?;
        let expires_in_secs = VOICE_TOKEN_SECS;
        Some(VoiceToken {
            token,
            livekit_url,
            room,
            identity,
            can_publish,
            can_subscribe,
            publish_sources,
            expires_in_secs,
        })
    }
}
