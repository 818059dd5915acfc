//! The shared records of §4.1, and the members that occur everywhere.

use super::form::{
    Form, INTEGER_MAX, Member, TextRule, any_of, int, line, list, long_list, name, nullable, object, opt, plain, req,
    set, time,
};

pub(crate) const GUILD: Form = Form::Id("01JZ8Q4M5N6P7Q8R9S0T1V2W3X");
pub(crate) const CHANNEL: Form = Form::Id("01JZ8Q7B3C4D5E6F7G8H9JAKBM");
pub(crate) const MESSAGE: Form = Form::Id("01JZ9A2B3C4D5E6F7G8H9JAKBN");
pub(crate) const USER: Form = Form::Id("01JZ8M0N1P2Q3R4S5T6V7W8X9Y");
pub(crate) const OTHER_USER: Form = Form::Id("01JZ8M9Y8X7W6V5T4S3R2Q1P0N");
pub(crate) const ROLE: Form = Form::Id("01JZ8R1A2B3C4D5E6F7G8H9JAK");
pub(crate) const ATTACHMENT: Form = Form::Id("01JZ9C0D1E2F3G4H5J6K7M8N9P");
pub(crate) const CONNECTION: Form = Form::Id("01JZ9D7E8F9G0H1J2K3M4N5P6Q");
pub(crate) const REQUEST: Form = Form::Id("01JZ9E1F2G3H4J5K6M7N8P9Q0R");

/// A moment in autumn 2025.
pub(crate) const NOW: u64 = 1_760_000_000;

pub(crate) const LEGACY_ROLES: Form = Form::Word(&["moderator", "owner", "member"]);
pub(crate) const VISIBILITY: Form = Form::Word(&["private", "public"]);
pub(crate) const TARGET_KIND: Form = Form::Word(&["role", "member"]);

pub(crate) fn guild_id() -> Member {
    req("guild_id", GUILD)
}

pub(crate) fn channel_id() -> Member {
    req("channel_id", CHANNEL)
}

pub(crate) fn message_id() -> Member {
    req("message_id", MESSAGE)
}

pub(crate) fn user_id() -> Member {
    req("user_id", USER)
}

pub(crate) fn actor() -> Member {
    req("actor_user_id", OTHER_USER)
}

/// `x_at_unix time`.
pub(crate) fn at(name: &'static str) -> Member {
    req(name, time(NOW))
}

pub(crate) fn echo() -> Member {
    opt("ref", plain(1, 64, "c-17"))
}

pub(crate) fn allow() -> Member {
    req("allow", Form::Permissions(&["create_message", "publish_video"]))
}

pub(crate) fn deny() -> Member {
    req("deny", Form::Permissions(&["subscribe_streams"]))
}

pub(crate) fn username(name: &'static str, sample: &'static str) -> Member {
    req(name, line(3, 32, TextRule::Username, sample))
}

pub(crate) fn content() -> Form {
    plain(0, 2_000, "Ship *it* on Friday \u{1F680}")
}

pub(crate) fn emoji() -> Member {
    req("emoji", line(1, 32, TextRule::Emoji, "\u{1F44D}\u{1F3FD}"))
}

pub(crate) fn color(rule: TextRule) -> Form {
    line(7, 7, rule, "#3366FF")
}

/// One token of each kind that has members (§10.3). A list of 4,096 is larger than any event, so its end is not tried.
pub(crate) fn tokens() -> Form {
    let token = |word, members: Vec<Member>| object(std::iter::once(req("type", Form::Tag(word))).chain(members));
    long_list([
        token("paragraph_start", Vec::new()),
        token("heading_start", vec![req("level", int(1, 6, 2))]),
        token("list_start", vec![req("ordered", Form::Flag(true))]),
        token("link_start", vec![req("href", line(0, 4_096, TextRule::Link, "https://example.org/a?b=c"))]),
        token("text", vec![req("text", plain(0, 4_096, "Ship "))]),
        token("code", vec![req("code", plain(0, 4_096, "it"))]),
        token(
            "fenced_code",
            vec![
                req("language", nullable(line(1, 32, TextRule::Language, "rust"))),
                req("code", plain(0, 16_384, "fn main() {}\n")),
            ],
        ),
    ])
}

/// Every kind of token, and none besides.
pub(crate) const EVERY_TOKEN: &str = concat!(
    r#"[{"type":"heading_start","level":6},{"type":"strong_start"},{"type":"text","text":"Plan"},{"type":"strong_end"},"#,
    r#"{"type":"heading_end"},{"type":"paragraph_start"},{"type":"emphasis_start"},{"type":"text","text":""},"#,
    r#"{"type":"emphasis_end"},{"type":"soft_break"},{"type":"code","code":"it"},{"type":"hard_break"},"#,
    r#"{"type":"link_start","href":"mailto:ada@example.org"},{"type":"link_end"},{"type":"paragraph_end"},"#,
    r#"{"type":"list_start","ordered":false},{"type":"list_item_start"},{"type":"list_item_end"},{"type":"list_end"},"#,
    r#"{"type":"fenced_code","language":null,"code":"x"}]"#
);

/// Two tokens, where the kinds of tokens have been tried elsewhere.
pub(crate) fn short_tokens() -> Form {
    long_list([
        object([req("type", Form::Tag("text")), req("text", plain(0, 4_096, "Ship it"))]),
        object([req("type", Form::Tag("soft_break"))]),
    ])
}

pub(crate) fn attachments() -> Form {
    list(
        0,
        5,
        [object([
            req("attachment_id", ATTACHMENT),
            guild_id(),
            channel_id(),
            req("owner_id", USER),
            req("filename", line(1, 128, TextRule::Filename, "Plan \u{2013} v2.pdf")),
            req("mime_type", line(1, 128, TextRule::MediaType, "application/pdf")),
            req("size_bytes", int(1, 26_214_400, 48_213)),
            req(
                "sha256_hex",
                line(64, 64, TextRule::Sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ),
        ])],
    )
}

pub(crate) fn reaction() -> Form {
    object([
        emoji(),
        req("count", int(0, 1_000_000, 2)),
        req("reacted_by_me", Form::Flag(true)),
        opt("reactor_user_ids", set(0, 32, [USER, OTHER_USER])),
    ])
}

/// The record with or without reactions: a new message has none yet.
pub(crate) fn message(reactions: Form) -> Form {
    object([
        message_id(),
        guild_id(),
        channel_id(),
        req("author_id", USER),
        req("content", content()),
        req("markdown_tokens", tokens()),
        req("attachments", attachments()),
        req("reactions", reactions),
        at("created_at_unix"),
        opt("edited_at_unix", time(NOW + 60)),
    ])
}

pub(crate) fn channel() -> Form {
    object([channel_id(), req("name", name(64, "general \u{2728}")), req("kind", Form::Word(&["text", "voice"]))])
}

pub(crate) fn role(least_position: u64) -> Form {
    object([
        req("role_id", ROLE),
        req("name", name(32, "Release crew")),
        req("position", int(least_position, 10_000, 12)),
        req("is_system", Form::Flag(false)),
        req("permissions", Form::Permissions(&["create_message", "publish_video"])),
        opt("color_hex", color(TextRule::Color)),
        opt("system_key", Form::Word(&["moderator", "everyone", "workspace_owner", "member"])),
    ])
}

pub(crate) fn participant() -> Form {
    object([
        user_id(),
        identity(),
        at("joined_at_unix"),
        at("updated_at_unix"),
        req("is_muted", Form::Flag(false)),
        req("is_deafened", Form::Flag(false)),
        req("is_speaking", Form::Flag(true)),
        req("is_video_enabled", Form::Flag(false)),
        req("is_screen_share_enabled", Form::Flag(false)),
    ])
}

pub(crate) fn identity() -> Member {
    let sample = "u.01JZ8M0N1P2Q3R4S5T6V7W8X9Y.01JZ8Q4M5N6P7Q8R9S0T1V2W3X.01JZ8Q7B3C4D5E6F7G8H9JAKBM";
    req("identity", line(1, 128, TextRule::Identity, sample))
}

pub(crate) fn access_members() -> Vec<Member> {
    let channel = object([
        channel_id(),
        req("name", name(64, "general")),
        req("kind", Form::Word(&["text", "voice"])),
        req("position", int(0, 199, 3)),
        req("permission_bits", int(0, 4_095, 2_304)),
    ]);
    vec![
        guild_id(),
        req("access_rev", int(1, INTEGER_MAX, 41)),
        req("role", LEGACY_ROLES),
        req("permissions", Form::Permissions(&["create_message", "subscribe_streams"])),
        req("channels", list(0, 200, [channel])),
    ]
}

/// `updated_fields` of which at least one is there.
pub(crate) fn updated(members: impl IntoIterator<Item = Member>) -> Member {
    req("updated_fields", any_of(members))
}
