//! Voice (`…/voice/…` and the media server's webhook, §9.11 and §12).

use super::build::{EMPTY, event, event_with, forbidden, invalid, json, not_found, post, quota, refusal};
use super::{Access, Answer, Content, Effect, Endpoint, Family, RateClass, Refusal, RequestBody};
use crate::error::ErrorCode;
use crate::limits::BODY_BYTES_MAX;
use crate::permission::Permission;

const NOT_CONFIGURED: Refusal = refusal(ErrorCode::VoiceUnavailable, "no media server is configured");

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Voice, "9.11")
}

const REMOVED: &[Effect] =
    &[event_with("voice_stream_unpublish", "one per live stream"), event("voice_participant_leave")];

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(post(
        "/guilds/{guild_id}/channels/{channel_id}/voice/token",
        "issue_voice_token",
        "Gives a token with which the caller joins a voice channel at the media server.",
    ))
    .of(Family::Voice, "12.2")
    .for_channel(Permission::CreateMessage)
    .ip_gated()
    .charged(RateClass::VoiceToken)
    .json("IssueVoiceToken")
    .answers(&[json("VoiceToken")])
    .refuses(&[
        invalid("the channel is no voice channel, or nothing was asked for"),
        forbidden("nothing of what was asked for is allowed"),
        not_found("no such channel"),
        quota("200 participants in the channel, or 1,024 channels with participants"),
        NOT_CONFIGURED,
    ])
    .notes("A token for another channel moves the caller there. Sources that are not allowed are left out.")
    .causes(&[
        event_with("voice_stream_unpublish", "one per stream that ends")
            .when("the caller moves or asks for fewer sources"),
        event("voice_participant_leave").when("the caller was in another channel"),
        event("voice_participant_join").when("the caller was not in this channel"),
        event_with("voice_stream_publish", "one per new stream"),
        event("voice_participant_update").when("the caller was in this channel and a flag changed"),
    ])
    .served(),
    row(post(
        "/guilds/{guild_id}/channels/{channel_id}/voice/leave",
        "leave_voice",
        "Takes the caller out of a voice channel; works without access to it.",
    ))
    .no_body()
    .answers(EMPTY)
    .refuses(&[NOT_CONFIGURED])
    .causes(REMOVED)
    .served(),
    row(post(
        "/guilds/{guild_id}/channels/{channel_id}/voice/state",
        "update_voice_state",
        "Tells others that the caller is muted or deafened.",
    ))
    .for_(Access::Member)
    .ip_gated()
    .json("UpdateVoiceState")
    .answers(EMPTY)
    .refuses(&[not_found("no such channel"), NOT_CONFIGURED])
    .notes("Who is not in the channel gets the same answer and changes nothing.")
    .causes(&[event("voice_participant_update")])
    .served(),
    row(post("/livekit/webhook", "receive_media_event", "Takes notes of the media server about its rooms."))
        .of(Family::Voice, "12.5")
        .for_(Access::MediaServer)
        .body(RequestBody::Foreign { max: BODY_BYTES_MAX as u64 })
        .answers(&[Answer { status: 200, content: Content::Empty, about: "Applied, or ignored." }])
        .refuses(&[NOT_CONFIGURED])
        .causes(&[
            event("voice_participant_join").when("a participant joined"),
            event("voice_stream_publish").when("a track was published"),
            event("voice_stream_unpublish").when("a track ended"),
            event("voice_participant_update").when("a flag changed"),
            event("voice_participant_leave").when("a participant left"),
        ])
        .served(),
];
