//! §4.9: events of profiles and friends.

use super::super::form::{Form, INTEGER_MAX, TextRule, int, line, object, opt, plain, req};
use super::super::kind::{Kind, event};
use super::super::record::{OTHER_USER, REQUEST, USER, actor, at, short_tokens, updated, user_id, username};

pub(crate) fn kinds() -> Vec<Kind> {
    let version = |name| req(name, int(1, INTEGER_MAX, 3));
    let mut kinds = vec![
        event(
            "profile_update",
            object([
                user_id(),
                updated([
                    opt("username", line(3, 32, TextRule::Username, "ada.l")),
                    opt("about_markdown", plain(0, 2_048, "Ship it")),
                    opt("about_markdown_tokens", short_tokens()),
                ]),
                at("updated_at_unix"),
            ]),
        )
        .except("absent", "d.updated_fields.about_markdown")
        .except("absent", "d.updated_fields.about_markdown_tokens")
        .takes(
            "only the name",
            [("updated_fields.about_markdown", None), ("updated_fields.about_markdown_tokens", None)],
        )
        .refuses(
            "about without its tokens",
            [("updated_fields.about_markdown_tokens", None)],
            "out_of_bounds",
            "updated_fields",
        )
        .refuses(
            "tokens without the about text",
            [("updated_fields.about_markdown", None)],
            "out_of_bounds",
            "updated_fields",
        ),
        event("profile_avatar_update", object([user_id(), version("avatar_version"), at("updated_at_unix")])),
        event("profile_banner_update", object([user_id(), version("banner_version"), at("updated_at_unix")])),
    ];
    kinds.extend(friends());
    kinds
}

fn friends() -> Vec<Kind> {
    let request = || req("request_id", REQUEST);
    vec![
        event(
            "friend_request_create",
            object([
                request(),
                req("sender_user_id", USER),
                username("sender_username", "ada.l"),
                req("recipient_user_id", OTHER_USER),
                username("recipient_username", "Grace_H"),
                at("created_at_unix"),
            ]),
        ),
        event(
            "friend_request_update",
            object([
                request(),
                req("state", Form::Word(&["accepted"])),
                user_id(),
                req("friend_user_id", OTHER_USER),
                username("friend_username", "Grace_H"),
                at("friendship_created_at_unix"),
                at("updated_at_unix"),
                actor(),
            ]),
        ),
        event("friend_request_delete", object([request(), at("deleted_at_unix"), actor()])),
        event("friend_remove", object([user_id(), req("friend_user_id", OTHER_USER), at("removed_at_unix"), actor()])),
    ]
}
