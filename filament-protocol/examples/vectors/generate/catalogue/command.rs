//! §5: commands.

use super::super::form::{INTEGER_MAX, int, list, object, opt, req};
use super::super::kind::{Kind, command};
use super::super::record::{ATTACHMENT, channel_id, content, echo, guild_id};

pub(crate) fn kinds() -> Vec<Kind> {
    let twice = r#"["01JZ9C0D1E2F3G4H5J6K7M8N9P","01JZ9C0D1E2F3G4H5J6K7M8N9P"]"#;
    vec![
        command("subscribe", object([guild_id(), channel_id(), echo()])),
        command("unsubscribe", object([guild_id(), channel_id(), echo()])),
        command(
            "message_create",
            object([
                guild_id(),
                channel_id(),
                req("content", content()),
                opt("attachment_ids", list(0, 5, [ATTACHMENT])),
                echo(),
            ]),
        )
        .takes("an attachment twice", [("attachment_ids", Some(twice))])
        .takes("no content but an attachment", [("content", Some("\"\""))])
        .refuses(
            "neither content nor attachment",
            [("content", Some("\"\"")), ("attachment_ids", None)],
            "out_of_bounds",
            "",
        )
        .refuses(
            "neither content nor attachment in the list",
            [("content", Some("\"\"")), ("attachment_ids", Some("[]"))],
            "out_of_bounds",
            "",
        ),
        command("heartbeat", object([req("s", int(0, INTEGER_MAX, 41)), echo()])),
    ]
}
