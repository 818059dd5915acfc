//! One realistic document per family.

const GUILD: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W3X";
const CHANNEL: &str = "01JZ8Q7B3C4D5E6F7G8H9JAKBM";
const USER: &str = "01JZ8M0N1P2Q3R4S5T6V7W8X9Y";
const OTHER: &str = "01JZ8M9Y8X7W6V5T4S3R2Q1P0N";
const NOW: u64 = 1_760_000_000;

/// An id whose last two characters count.
fn id(number: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digit = |value: usize| char::from(DIGITS[value % 32]);
    format!("01JZ8Q7B3C4D5E6F7G8H9JAK{}{}", digit(number / 32), digit(number))
}

fn envelope(name: &str, payload: &str) -> String {
    format!(r#"{{"v":1,"t":"{name}","d":{payload}}}"#)
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

pub(crate) fn command() -> String {
    let content = "lorem ipsum dolor sit amet ".repeat(6);
    envelope(
        "message_create",
        &format!(r#"{{"guild_id":"{GUILD}","channel_id":"{CHANNEL}","content":"{content}","ref":"c-000017"}}"#),
    )
}

pub(crate) fn ready() -> String {
    envelope(
        "ready",
        &format!(
            r#"{{"user_id":"{USER}","session_id":"{OTHER}","heartbeat_interval_ms":30000,"features":["batch","resume"],"server_time_unix":{NOW},"token_expires_at_unix":{NOW}}}"#
        ),
    )
}

fn message_of(content: &str, tokens: &str, attachments: &str, reactions: &str) -> String {
    let message = id(900);
    envelope(
        "message_create",
        &format!(
            r#"{{"message_id":"{message}","guild_id":"{GUILD}","channel_id":"{CHANNEL}","author_id":"{USER}","content":"{content}","markdown_tokens":[{tokens}],"attachments":[{attachments}],"reactions":[{reactions}],"created_at_unix":{NOW}}}"#
        ),
    )
}

pub(crate) fn message() -> String {
    let tokens =
        r#"{"type":"paragraph_start"},{"type":"text","text":"hello there, how are you"},{"type":"paragraph_end"}"#;
    message_of("hello there, how are you", tokens, "", "")
}

pub(crate) fn rich() -> String {
    let tokens = joined((0..20).map(|number| {
        format!(
            r#"{{"type":"paragraph_start"}},{{"type":"text","text":"line {number} of a long text"}},{{"type":"code","code":"x"}},{{"type":"paragraph_end"}}"#
        )
    }));
    let attachments = joined((0..3).map(|number| {
        let attachment = id(number);
        let digest = "0123456789abcdef".repeat(4);
        format!(
            r#"{{"attachment_id":"{attachment}","guild_id":"{GUILD}","channel_id":"{CHANNEL}","owner_id":"{USER}","filename":"plan {number}.pdf","mime_type":"application/pdf","size_bytes":48213,"sha256_hex":"{digest}"}}"#
        )
    }));
    let reactions = joined((0..6).map(|number| {
        format!(
            r#"{{"emoji":"e{number}","count":3,"reacted_by_me":false,"reactor_user_ids":["{}","{}"]}}"#,
            id(2 * number),
            id(2 * number + 1)
        )
    }));
    message_of(&"line of a long text `x` ".repeat(20), &tokens, &attachments, &reactions)
}

pub(crate) fn channel() -> String {
    envelope(
        "channel_create",
        &format!(
            r#"{{"guild_id":"{GUILD}","channel":{{"channel_id":"{CHANNEL}","name":"release-notes","kind":"text"}}}}"#
        ),
    )
}

pub(crate) fn presence() -> String {
    envelope("presence_update", &format!(r#"{{"guild_id":"{GUILD}","user_id":"{USER}","status":"online"}}"#))
}

pub(crate) fn voice() -> String {
    let participants = joined((0..12).map(|number| {
        let user = id(number);
        format!(
            r#"{{"user_id":"{user}","identity":"u.{user}.{GUILD}.{CHANNEL}","joined_at_unix":{NOW},"updated_at_unix":{NOW},"is_muted":false,"is_deafened":false,"is_speaking":false,"is_video_enabled":false,"is_screen_share_enabled":false}}"#
        )
    }));
    envelope(
        "voice_participant_sync",
        &format!(
            r#"{{"guild_id":"{GUILD}","channel_id":"{CHANNEL}","participants":[{participants}],"synced_at_unix":{NOW}}}"#
        ),
    )
}

pub(crate) fn member() -> String {
    envelope(
        "workspace_member_add",
        &format!(
            r#"{{"guild_id":"{GUILD}","user_id":"{USER}","role":"member","joined_at_unix":{NOW},"actor_user_id":"{OTHER}"}}"#
        ),
    )
}

pub(crate) fn role() -> String {
    let role = id(7);
    envelope(
        "workspace_role_create",
        &format!(
            r##"{{"guild_id":"{GUILD}","role":{{"role_id":"{role}","name":"Release crew","position":12,"is_system":false,"permissions":["manage_roles","create_message","publish_video"],"color_hex":"#3366FF"}},"created_at_unix":{NOW},"actor_user_id":"{OTHER}"}}"##
        ),
    )
}

pub(crate) fn access() -> String {
    let channels = joined((0..40).map(|number| {
        let channel = id(number);
        format!(
            r#"{{"channel_id":"{channel}","name":"channel-{number}","kind":"text","position":{number},"permission_bits":2304}}"#
        )
    }));
    envelope(
        "workspace_access_update",
        &format!(
            r#"{{"guild_id":"{GUILD}","access_rev":41,"role":"member","permissions":["create_message","subscribe_streams"],"channels":[{channels}],"updated_at_unix":{NOW}}}"#
        ),
    )
}

pub(crate) fn friend() -> String {
    let request = id(3);
    envelope(
        "friend_request_create",
        &format!(
            r#"{{"request_id":"{request}","sender_user_id":"{USER}","sender_username":"ada.l","recipient_user_id":"{OTHER}","recipient_username":"Grace_H","created_at_unix":{NOW}}}"#
        ),
    )
}

pub(crate) fn create_role() -> String {
    r##"{"name":"Release crew","permissions":["manage_roles","create_message","publish_video"],"position":12,"color_hex":"#3366FF"}"##
        .to_owned()
}
