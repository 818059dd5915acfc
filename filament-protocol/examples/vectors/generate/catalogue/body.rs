//! §9: bodies of requests.

use super::super::form::{Form, TextRule, any_of, int, line, list, name, nullable, object, opt, plain, req, set};
use super::super::kind::{Kind, body};
use super::super::record::{
    ATTACHMENT, CHANNEL, LEGACY_ROLES, OTHER_USER, ROLE, TARGET_KIND, USER, VISIBILITY, allow, color, content, deny,
    username,
};

pub(crate) fn kinds() -> Vec<Kind> {
    [accounts(), guilds(), roles(), channels(), messages(), moderation()].into_iter().flatten().collect()
}

/// A string that is only ever compared.
fn free(sample: &'static str) -> Form {
    line(0, usize::MAX, TextRule::Free, sample)
}

fn password(sample: &'static str) -> Form {
    line(12, 128, TextRule::Password, sample)
}

fn accounts() -> Vec<Kind> {
    let token = || free("01JZ8S5T6V7W8X9Y0Z1A2B3C4D.dGhpcyBpcyBub3QgYSByZWFsIHJlZnJlc2ggdG9rZW4uLi4");
    vec![
        body(
            "Register",
            object([
                username("username", "ada.l"),
                req("password", password("correct horse battery")),
                opt("captcha_token", free("03AGdBq2")),
            ]),
        ),
        body(
            "Login",
            object([
                req("username", free("Ada.L")),
                req("password", free("correct horse battery")),
                opt("captcha_token", free("03AGdBq2")),
            ]),
        ),
        body("Refresh", object([req("refresh_token", token())])),
        body("Logout", object([req("refresh_token", token())])),
        body(
            "ChangePassword",
            object([
                req("current_password", free("correct horse battery")),
                req("new_password", password("staple of another kind")),
            ]),
        ),
        body("Lookup", object([req("user_ids", list(1, 64, [USER, OTHER_USER]))])),
        body(
            "UpdateProfile",
            any_of([
                opt("username", line(3, 32, TextRule::Username, "ada.l")),
                opt("about_markdown", plain(0, 2_048, "Ships *it*.")),
            ]),
        ),
        body("CreateFriendRequest", object([req("recipient_user_id", OTHER_USER)])),
    ]
}

fn guilds() -> Vec<Kind> {
    vec![
        body("CreateGuild", object([req("name", name(64, "Harbour")), opt("visibility", VISIBILITY)])),
        body("UpdateGuild", any_of([opt("name", name(64, "Harbour")), opt("visibility", VISIBILITY)])),
        body("TransferGuild", object([req("user_id", OTHER_USER)])),
        body("UpdateMember", object([req("role", LEGACY_ROLES)])),
    ]
}

fn roles() -> Vec<Kind> {
    let permissions = || Form::Permissions(&["create_message", "publish_video"]);
    vec![
        body(
            "CreateRole",
            object([
                req("name", name(32, "Release crew")),
                req("permissions", permissions()),
                opt("position", int(1, 9_999, 12)),
                opt("color_hex", nullable(color(TextRule::AnyColor))),
            ]),
        )
        .takes("a colour in lower case", [("color_hex", Some("\"#a1b2c3\""))]),
        body(
            "UpdateRole",
            any_of([
                opt("name", name(32, "Release crew")),
                opt("permissions", permissions()),
                opt("color_hex", nullable(color(TextRule::AnyColor))),
            ]),
        ),
        body("ReorderRoles", object([req("role_ids", set(1, 62, [ROLE, Form::Id("01JZ8R1A2B3C4D5E6F7G8H9JAM")]))])),
        body("SetDefaultRole", object([req("role_id", nullable(ROLE))])),
    ]
}

fn channels() -> Vec<Kind> {
    let target = object([req("target_kind", TARGET_KIND), req("target_id", ROLE), allow(), deny()]);
    vec![
        body(
            "CreateChannel",
            object([
                req("name", name(64, "release-notes")),
                opt("kind", Form::Word(&["text", "voice"])),
                opt("overrides", set(0, 16, [target])),
            ]),
        )
        .lists("overrides[0]"),
        body("UpdateChannel", object([req("name", name(64, "release-notes"))])),
        body(
            "ReorderChannels",
            object([req("channel_ids", set(1, 200, [CHANNEL, Form::Id("01JZ8Q7B3C4D5E6F7G8H9JAKBN")]))]),
        ),
        body("SetOverride", object([allow(), deny()])).lists(""),
    ]
}

fn messages() -> Vec<Kind> {
    let neither = [("content", Some("\"\"")), ("attachment_ids", Some("[]"))];
    vec![
        body("PostMessage", object([req("content", content()), opt("attachment_ids", list(0, 5, [ATTACHMENT]))]))
            .takes("no content but an attachment", [("content", Some("\"\""))])
            .refuses("neither content nor attachment", neither, "out_of_bounds", ""),
        body("EditMessage", object([req("content", plain(0, 2_000, "Ship it on Monday"))]))
            .except("shortest", "content")
            .refuses("no content", [("content", Some("\"\""))], "out_of_bounds", ""),
    ]
}

fn moderation() -> Vec<Kind> {
    let sources = [Form::Word(&["microphone", "camera", "screen_share"])];
    vec![
        body(
            "CreateIpBans",
            object([
                req("target_user_id", OTHER_USER),
                opt("reason", line(1, 240, TextRule::Trimmed, "spam")),
                opt("expires_in_secs", int(1, 15_552_000, 86_400)),
            ]),
        ),
        body(
            "IssueVoiceToken",
            object([
                opt("can_publish", Form::Flag(true)),
                opt("can_subscribe", Form::Flag(true)),
                opt("publish_sources", set(0, 3, sources)),
            ]),
        ),
        body("UpdateVoiceState", any_of([opt("is_muted", Form::Flag(true)), opt("is_deafened", Form::Flag(false))])),
    ]
}
