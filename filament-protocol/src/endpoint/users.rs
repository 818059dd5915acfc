//! Profiles and images (`/users/…`, §9.4).

use super::build::{event, get, invalid, json, not_found, patch, post};
use super::{Access, Answer, Content, Endpoint, Family, Refusal, RequestBody};

/// Bytes of an avatar.
const AVATAR_BYTES_MAX: u64 = 2_097_152;
/// Bytes of a banner.
const BANNER_BYTES_MAX: u64 = 6_291_456;

const IMAGE_MEDIA: &[&str] = &["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];

const IMAGE: &[Answer] = &[
    Answer { status: 200, content: Content::Bytes(IMAGE_MEDIA), about: "The image." },
    Answer { status: 304, content: Content::Empty, about: "`If-None-Match` names the current image." },
];

const IMAGE_NOTES: &str = "The content type is what the bytes are, not what was declared. The answer carries an `etag`, \
                           `cache-control: public, max-age=300`, `nosniff` and a policy that forbids scripts. No token \
                           is asked for: an `<img>` element sends none. A new image has a higher version in the \
                           profile.";

const PROFILE: &[Answer] = &[json("Profile")];

const NO_IMAGE: &[Refusal] = &[invalid("not an image of a known type, or of another type than declared")];

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Users, "9.4")
}

const fn image_upload(endpoint: Endpoint, max: u64) -> Endpoint {
    row(endpoint).body(RequestBody::Bytes { min: 1, max, media: IMAGE_MEDIA }).answers(PROFILE).refuses(NO_IMAGE)
}

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(post("/users/lookup", "look_up_users", "Finds the names of up to 64 users."))
        .json("Lookup")
        .answers(&[json("UserList")])
        .notes("The answer is in the order of the request, without duplicates and without unknown users.")
        .served(),
    row(get("/users/{user_id}/profile", "read_profile", "Gives the profile of a user."))
        .answers(&[json("Profile")])
        .refuses(&[not_found("no such user")])
        .served(),
    row(patch("/users/me/profile", "update_profile", "Changes the caller's name or about text."))
        .json("UpdateProfile")
        .answers(&[json("Profile")])
        .refuses(&[invalid("the name is taken, ignoring case")])
        .causes(&[event("profile_update")])
        .served(),
    image_upload(post("/users/me/profile/avatar", "set_avatar", "Replaces the caller's avatar."), AVATAR_BYTES_MAX)
        .causes(&[event("profile_avatar_update")])
        .served(),
    image_upload(post("/users/me/profile/banner", "set_banner", "Replaces the caller's banner."), BANNER_BYTES_MAX)
        .causes(&[event("profile_banner_update")])
        .served(),
    row(get("/users/{user_id}/avatar", "read_avatar", "Gives the avatar of a user."))
        .for_(Access::Open)
        .answers(IMAGE)
        .refuses(&[not_found("the user has none")])
        .notes(IMAGE_NOTES)
        .served(),
    row(get("/users/{user_id}/banner", "read_banner", "Gives the banner of a user."))
        .for_(Access::Open)
        .answers(IMAGE)
        .refuses(&[not_found("the user has none")])
        .notes(IMAGE_NOTES)
        .served(),
];
