//! §4.3: events of messages.

use super::super::form::{Form, int, list, object, opt, req};
use super::super::kind::{Kind, event};
use super::super::record::{
    EVERY_TOKEN, OTHER_USER, at, attachments, channel_id, content, emoji, guild_id, message, message_id, reaction,
    short_tokens,
};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        event("message_create", message(list(0, 64, [reaction()])))
            .except("fewest-items", "d.reactions[0].reactor_user_ids")
            .except("shortest", "d.markdown_tokens[3].href")
            .takes("a type behind its members", [("markdown_tokens[4]", Some(r#"{"text":"x","type":"text"}"#))])
            .takes("no language", [("markdown_tokens[6].language", Some("null"))])
            .takes("every kind of token", [("markdown_tokens", Some(EVERY_TOKEN))])
            .refuses("author in an object", [("author_id", Some("{\"user_id\":\"x\"}"))], "wrong_type", "author_id"),
        event(
            "message_update",
            object([
                guild_id(),
                channel_id(),
                message_id(),
                req(
                    "updated_fields",
                    object([
                        req("content", content()),
                        req("markdown_tokens", short_tokens()),
                        opt("attachments", attachments()),
                    ]),
                ),
                at("updated_at_unix"),
            ]),
        )
        .refuses("nothing given", [("updated_fields", Some("{}"))], "missing_field", "updated_fields.content"),
        event("message_delete", object([guild_id(), channel_id(), message_id(), at("deleted_at_unix")])),
        event(
            "message_reaction",
            object([
                guild_id(),
                channel_id(),
                message_id(),
                emoji(),
                req("count", int(0, 1_000_000, 3)),
                req("operation", Form::Word(&["add", "remove"])),
                req("actor_user_id", OTHER_USER),
            ]),
        ),
    ]
}
