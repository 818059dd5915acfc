//! What scenarios about profiles and friends do all the time.

use serde_json::json;

use super::{Answer, User};

/// Bytes that begin as an image of that type and go on with one repeated byte: as much as a server looks at.
pub(crate) fn image(media: &str, fill: u8, bytes: usize) -> Vec<u8> {
    let head: &[u8] = match media {
        "image/png" => b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "image/jpeg" => b"\xff\xd8\xff\xe0\0\x10JFIF\0",
        "image/gif" => b"GIF89a\x01\0\x01\0\0\0\0",
        "image/webp" => b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0",
        "image/avif" => b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf",
        other => panic!("no image of the type {other}"),
    };
    let mut image = head.to_vec();
    image.resize(bytes.max(head.len()), fill);
    image
}

/// Uploads `avatar` or `banner`, declared as this type if any.
#[track_caller]
pub(crate) fn upload(user: &User, which: &str, declared: Option<&str>, bytes: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", user.access_token);
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(declared.map(|media| ("content-type", media)));
    user.http.request("POST", &format!("/users/me/profile/{which}"), &headers, Some(bytes))
}

/// Makes two users friends.
#[track_caller]
pub(crate) fn befriend(sender: &User, recipient: &User) {
    let asked = sender.post("/friends/requests", &json!({"recipient_user_id": recipient.id})).ok().json();
    let request_id = asked["request_id"].as_str().expect("request_id");
    super::accepted(recipient.post_empty(&format!("/friends/requests/{request_id}/accept")));
}
