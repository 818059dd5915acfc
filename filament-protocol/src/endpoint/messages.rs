//! Messages, reactions, attachments and search (§9.9).

use super::build::{
    EMPTY, delete, event, event_with, get, invalid, json, not_found, patch, post, quota, range, refusal,
};
use super::parameter::IDEMPOTENCY_KEY;
use super::{Access, Answer, Content, Effect, Endpoint, Family, RequestBody};
use crate::error::ErrorCode;
use crate::limits::{ATTACHMENT_BYTES_MAX, HISTORY_PAGE, SEARCH_PAGE};
use crate::permission::Permission;
use crate::rest::{MessagesQuery, SearchQuery, UploadQuery};

const ANY_MEDIA: &[&str] = &["application/octet-stream"];

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Messages, "9.9")
}

/// A row about what a channel holds: for those who see it.
const fn in_channel(endpoint: Endpoint) -> Endpoint {
    row(endpoint).for_channel(Permission::CreateMessage).ip_gated()
}

const ATTACHMENT_DELETED: &[Effect] =
    &[event_with("message_update", "with `attachments`").when("it was bound to a message")];

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    in_channel(post("/guilds/{guild_id}/channels/{channel_id}/messages", "create_message", "Writes a message."))
        .with(&[IDEMPOTENCY_KEY])
        .json("PostMessage")
        .answers(&[json("Message")])
        .refuses(&[
            invalid("empty without attachments, or an attachment that is not one's own, not of this channel, or bound"),
            not_found("no such channel"),
            refusal(ErrorCode::IdempotencyConflict, "the key was used with another body"),
        ])
        .notes(
            "A repetition with the same `Idempotency-Key` gets the message as it is now, with the header \
                `Idempotency-Replayed: true`, and causes no event.",
        )
        .causes(&[event("message_create")])
        .served(),
    in_channel(get(
        "/guilds/{guild_id}/channels/{channel_id}/messages",
        "list_messages",
        "Lists messages, newest first.",
    ))
    .query::<MessagesQuery>()
    .paged(HISTORY_PAGE)
    .answers(&[json("MessagePage")])
    .refuses(&[not_found("no such channel")])
    .notes("A page ends early when the next message would make it longer than 65,536 bytes.")
    .served(),
    in_channel(patch(
        "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}",
        "edit_message",
        "Replaces the content of a message.",
    ))
    .for_(Access::Author)
    .json("EditMessage")
    .answers(&[json("Message")])
    .refuses(&[not_found("no such message in the channel")])
    .causes(&[event("message_update")])
    .served(),
    in_channel(delete(
        "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}",
        "delete_message",
        "Deletes a message with its reactions and attachments.",
    ))
    .for_(Access::Author)
    .answers(EMPTY)
    .refuses(&[not_found("no such message in the channel")])
    .causes(&[event("message_delete")])
    .served(),
    in_channel(post(
        "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}",
        "add_reaction",
        "Adds the caller's reaction.",
    ))
    .no_body()
    .answers(&[json("Reaction")])
    .refuses(&[not_found("no such message in the channel"), quota("64 different emoji on the message")])
    .causes(&[event_with("message_reaction", "`add`")])
    .served(),
    in_channel(delete(
        "/guilds/{guild_id}/channels/{channel_id}/messages/{message_id}/reactions/{emoji}",
        "remove_reaction",
        "Takes the caller's reaction back.",
    ))
    .no_body()
    .answers(&[json("Reaction")])
    .refuses(&[not_found("no such message in the channel")])
    .causes(&[event_with("message_reaction", "`remove`")])
    .served(),
    in_channel(post(
        "/guilds/{guild_id}/channels/{channel_id}/attachments",
        "upload_attachment",
        "Uploads a file that a message can carry later.",
    ))
    .closed_query::<UploadQuery>()
    .body(RequestBody::Bytes { min: 1, max: ATTACHMENT_BYTES_MAX, media: ANY_MEDIA })
    .answers(&[json("Attachment")])
    .refuses(&[
        invalid("the bytes are of another type than declared"),
        not_found("no such channel"),
        quota("262,144,000 bytes of attachments over all guilds"),
    ])
    .notes("What no message carries is removed 24 hours after the upload. The media type is sniffed from the bytes.")
    .served(),
    in_channel(get(
        "/guilds/{guild_id}/channels/{channel_id}/attachments/{attachment_id}",
        "download_attachment",
        "Gives the bytes of an attachment.",
    ))
    .answers(&[Answer {
        status: 200,
        content: Content::Bytes(ANY_MEDIA),
        about: "The bytes, with the stored content type, as a download.",
    }])
    .refuses(&[
        not_found("no such attachment, or one that no message carries and another user uploaded"),
        range("the range begins behind the end; `Content-Range` says where that is"),
    ])
    .notes("With one range in `Range: bytes=` the answer is 206 with that part and `Content-Range`; any other `Range` is passed over.")
    .served(),
    in_channel(delete(
        "/guilds/{guild_id}/channels/{channel_id}/attachments/{attachment_id}",
        "delete_attachment",
        "Deletes an attachment; for its uploader and holders of `delete_message`.",
    ))
    .answers(EMPTY)
    .refuses(&[not_found("no such attachment")])
    .causes(ATTACHMENT_DELETED)
    .served(),
    row(get("/guilds/{guild_id}/search", "search_messages", "Finds messages the caller may see, newest first."))
        .of(Family::Messages, "14")
        .for_(Access::Member)
        .ip_gated()
        .query::<SearchQuery>()
        .notes(
            "`q` is 1 to 20 words, all of which have to match; `word*` matches what begins so. Case and diacritics are \
             ignored, everything else is literal.",
        )
        .paged(SEARCH_PAGE)
        .answers(&[json("SearchPage")])
        .refuses(&[not_found("no such channel")])
        .served(),
    row(post("/guilds/{guild_id}/search/rebuild", "rebuild_search", "Builds the search index of a guild anew."))
        .for_guild(Permission::ManageWorkspaceRoles)
        .ip_gated()
        .no_body()
        .answers(EMPTY)
        .served(),
    row(post(
        "/guilds/{guild_id}/search/reconcile",
        "reconcile_search",
        "Compares the search index of a guild with its messages and repairs it.",
    ))
    .for_guild(Permission::ManageWorkspaceRoles)
    .ip_gated()
    .no_body()
    .answers(&[json("SearchReconciled")])
    .served(),
];
