//! §4.4 and §4.5: events of channels, presence and voice.

use super::super::form::{Form, any_of, name, object, opt, req, set};
use super::super::kind::{Kind, event};
use super::super::record::{CHANNEL, at, channel, channel_id, guild_id, identity, participant, user_id};

pub(crate) fn kinds() -> Vec<Kind> {
    let mut kinds = vec![
        event("channel_create", object([guild_id(), req("channel", channel())])),
        event(
            "channel_update",
            object([
                guild_id(),
                channel_id(),
                req("updated_fields", object([req("name", name(64, "release-notes"))])),
                at("updated_at_unix"),
            ]),
        ),
        event("channel_delete", object([guild_id(), channel_id(), at("deleted_at_unix")])),
        event(
            "channel_reorder",
            object([
                guild_id(),
                req("channel_ids", set(0, 200, [CHANNEL, Form::Id("01JZ8Q7B3C4D5E6F7G8H9JAKBN")])),
                at("updated_at_unix"),
            ]),
        ),
        event("presence_update", object([guild_id(), user_id(), req("status", Form::Word(&["online", "offline"]))])),
    ];
    kinds.extend(voice());
    kinds
}

fn voice() -> Vec<Kind> {
    let stream = || req("stream", Form::Word(&["microphone", "camera", "screen_share"]));
    let flags = [
        opt("is_muted", Form::Flag(true)),
        opt("is_deafened", Form::Flag(false)),
        opt("is_speaking", Form::Flag(false)),
        opt("is_video_enabled", Form::Flag(false)),
        opt("is_screen_share_enabled", Form::Flag(true)),
    ];
    vec![
        event("voice_participant_join", object([guild_id(), channel_id(), req("participant", participant())])),
        event("voice_participant_leave", object([guild_id(), channel_id(), user_id(), identity(), at("left_at_unix")])),
        event(
            "voice_participant_update",
            object([
                guild_id(),
                channel_id(),
                user_id(),
                identity(),
                req("updated_fields", any_of(flags)),
                at("updated_at_unix"),
            ]),
        ),
        event(
            "voice_stream_publish",
            object([guild_id(), channel_id(), user_id(), identity(), stream(), at("published_at_unix")]),
        ),
        event(
            "voice_stream_unpublish",
            object([guild_id(), channel_id(), user_id(), identity(), stream(), at("unpublished_at_unix")]),
        ),
    ]
}
