//! Text of voice: what connects a client to the media server (§12.2).

use super::bounded_text;
use crate::limits::{IDENTITY_UNITS_MAX, LIVEKIT_URL_UNITS_MAX, MEDIA_TOKEN_UNITS_MAX, ROOM_NAME_UNITS_MAX};

bounded_text! {
    /// Identity of a voice participant: 1..=128 UTF-16 units, no U+0000.
    pub struct Identity(1, IDENTITY_UNITS_MAX): verbatim NO_NUL
}

bounded_text! {
    /// Name of a media room: 1..=128 visible ASCII characters.
    pub struct RoomName(1, ROOM_NAME_UNITS_MAX): verbatim VISIBLE
}

bounded_text! {
    /// Address of the media server: absolute, `ws:` or `wss:`, at most 256 characters.
    pub struct LivekitUrl(6, LIVEKIT_URL_UNITS_MAX): verbatim WEBSOCKET_URL
}

bounded_text! {
    /// Token for the media server: 1..=8,192 visible ASCII characters.
    ///
    /// `Debug` is redacted.
    pub token MediaToken(1, MEDIA_TOKEN_UNITS_MAX): verbatim VISIBLE
}
