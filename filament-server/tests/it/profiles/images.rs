//! Avatars and banners over HTTP (§9.4): what is taken, and how it is served.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Answer, NOWHERE, Server, User, image, read_answer, upload};

const AVATAR_BYTES_MAX: usize = 2_097_152;
const BANNER_BYTES_MAX: usize = 6_291_456;

/// A path under the root and the same under `/api` (HTTP-1).
fn both(path: &str) -> [String; 2] {
    [path.to_owned(), format!("/api{path}")]
}

/// Proves the reads of §9.4: public, sniffed type, tag, 304, cache, `nosniff`, sandbox; and the avatar half of scenario 102.
#[test]
fn s102_images_are_public_and_harmless_and_cached() {
    let server = Server::start();
    let user = server.user("member");
    let http = server.http();
    let path = format!("/users/{}/avatar", user.id);
    http.get(&path).refused(404, "not_found");
    let mut tags = Vec::new();
    for media in ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"] {
        let bytes = image(media, b'x', 70_000);
        upload(&user, "avatar", None, &bytes).ok();
        for path in both(&path).iter().chain([&format!("{path}?v=1"), &format!("{path}?v=%ff&x")]) {
            let answer = http.get(path).ok();
            assert!(answer.body == bytes, "{path}: other bytes");
            assert_eq!(answer.header("content-type"), Some(media));
            assert_eq!(answer.header("content-length"), Some("70000"));
            is_harmless(&answer);
        }
        let tag = http.get(&path).header("etag").expect("an etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong tag: {tag}");
        assert!(!tags.contains(&tag), "each image has a tag of its own");
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let answer = http.request("GET", &path, &[("if-none-match", &known)], None).is(304);
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), Some(tag.as_str()));
            is_harmless(&answer);
        }
        for old in &tags {
            http.request("GET", &path, &[("if-none-match", old)], None).ok();
        }
        tags.push(tag);
    }
    let head = http.request("HEAD", &path, &[], None).ok();
    assert_eq!((head.header("content-type"), head.body.len()), (Some("image/avif"), 0));
    http.request("GET", &path, &[("authorization", "Bearer not.a.token")], None).ok();
    http.get(&format!("/users/{}/banner", user.id)).refused(404, "not_found");
    http.get(&format!("/users/{NOWHERE}/avatar")).refused(404, "not_found");
    http.get("/users/none/avatar").refused(400, "invalid_request");
}

#[track_caller]
fn is_harmless(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; sandbox"));
}

/// Proves the refusals of §9.4: 400 for what is no image or not the declared one; nothing changes then, and the connection goes on.
#[test]
fn what_is_no_image_or_another_than_declared_is_refused() {
    let server = Server::start();
    let user = server.user("member");
    let png = image("image/png", 0, 3_000);
    let kept = upload(&user, "avatar", Some("image/png"), &png).ok().json();
    let html = b"<!DOCTYPE html><script>alert(1)</script>".repeat(5_000);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>".to_vec();
    for (declared, bytes) in [
        (Some("image/jpeg"), &png),
        (Some("application/octet-stream"), &png),
        (Some("text/html"), &png),
        (Some("application/json"), &png),
        (Some("image/png"), &html),
        (None, &html),
        (Some("image/svg+xml"), &svg),
        (None, &b"BM......".to_vec()),
        (None, &Vec::new()),
        (Some("image/png"), &png[..3].to_vec()),
    ] {
        upload(&user, "avatar", declared, bytes).refused(400, "invalid_request");
        upload(&user, "banner", declared, bytes).refused(400, "invalid_request");
    }
    assert_eq!(user.get("/auth/me").ok().json(), kept);
    upload(&user, "avatar", Some("Image/PNG; name=x"), &png).ok();
    server.http().request("POST", "/users/me/profile/avatar", &[], Some(&png)).refused(401, "invalid_credentials");
    let other = user.request("DELETE", "/users/me/profile/avatar", &[], None).refused(405, "method_not_allowed");
    assert_eq!(other.header("allow"), Some("POST"));
}

/// Sends an upload in chunks, so that no size is declared.
fn chunked(user: &User, which: &str, bytes: &[u8]) -> Answer {
    let mut link = user.http.connect().expect("a connection");
    let head = format!(
        "POST /users/me/profile/{which} HTTP/1.1\r\nhost: filament.test\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        user.access_token
    );
    link.get_mut().write_all(head.as_bytes()).expect("written");
    for chunk in bytes.chunks(65_536) {
        let piece = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        // A server that has refused closes: what is still on its way is lost, the answer is not.
        if link.get_mut().write_all(&piece).is_err() {
            break;
        }
    }
    let _closed_already = link.get_mut().write_all(b"0\r\n\r\n");
    let (answer, _) = read_answer(&mut link, "a chunked upload", false).expect("an answer");
    answer.check();
    answer
}

/// Proves the bounds of §9.4, whether the size is declared or not.
#[test]
fn images_are_bounded_to_the_byte() {
    let server = Server::start();
    let user = server.user("member");
    for (which, max) in [("avatar", AVATAR_BYTES_MAX), ("banner", BANNER_BYTES_MAX)] {
        let whole = image("image/jpeg", b'j', max + 1);
        chunked(&user, which, &whole).refused(413, "payload_too_large");
        upload(&user, which, None, &whole).refused(413, "payload_too_large");
        assert_eq!(user.get("/auth/me").ok().json()[format!("{which}_version")], json!(0));
        upload(&user, which, None, &whole[..max]).ok();
        chunked(&user, which, &whole[..max]).ok();
        let served = server.http().get(&format!("/users/{}/{which}", user.id)).ok();
        assert!(served.body == whole[..max], "{which}: other bytes");
    }
}

/// Proves ATT-5 for images: a slow upload takes longer than a JSON body may and is taken; one that stands still is 408.
#[test]
fn slow_images_are_taken_and_stalled_ones_are_not() {
    const PIECES: usize = 12;
    let server = Server::start();
    let (slow, stalled) = (server.user("slow"), server.user("stalled"));
    let bytes = image("image/png", b'p', PIECES * 10_000);
    let head = |user: &User| {
        format!(
            "POST /users/me/profile/avatar HTTP/1.1\r\nhost: filament.test\r\nauthorization: Bearer {}\r\n\
             content-type: image/png\r\ncontent-length: {}\r\n\r\n",
            user.access_token,
            bytes.len()
        )
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut link = slow.http.connect().expect("a connection");
            link.get_mut().write_all(head(&slow).as_bytes()).expect("written");
            for piece in bytes.chunks(10_000) {
                thread::sleep(Duration::from_secs(1));
                link.get_mut().write_all(piece).expect("the server still reads");
            }
            let (answer, _) = read_answer(&mut link, "a slow upload", false).expect("an answer");
            answer.ok();
        });
        scope.spawn(|| {
            let mut link = stalled.http.connect().expect("a connection");
            link.get_mut().write_all(head(&stalled).as_bytes()).expect("written");
            link.get_mut().write_all(&bytes[..20_000]).expect("written");
            let began = Instant::now();
            let (answer, _) = read_answer(&mut link, "a stalled upload", false).expect("an answer");
            answer.refused(408, "request_timeout");
            assert!(began.elapsed() >= Duration::from_secs(14), "{:?}", began.elapsed());
            assert_eq!(link.read(&mut [0; 1]).expect("the end"), 0, "the rest of the body will not come");
        });
    });
    assert_eq!(server.http().get(&format!("/users/{}/avatar", slow.id)).ok().body, bytes);
    server.http().get(&format!("/users/{}/avatar", stalled.id)).refused(404, "not_found");
}
