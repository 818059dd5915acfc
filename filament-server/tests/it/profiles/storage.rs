//! The bytes of images on disk: one file for each, nothing left over, whatever the moment of a crash.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Server, User, image, upload};

fn folder(server: &Server) -> PathBuf {
    server.data_path().join("images")
}

fn files(server: &Server) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(server)).expect("the folder of images");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect()
}

/// Proves that replaced and refused bytes are removed at once, and at start what nothing names.
#[test]
fn nothing_is_kept_that_is_no_image_of_somebody() {
    let mut server = Server::start();
    let user = server.user("member");
    for fill in 0..5 {
        upload(&user, "avatar", None, &image("image/png", fill, 1_000)).ok();
        upload(&user, "banner", None, &image("image/gif", fill, 1_000)).ok();
        upload(&user, "banner", None, b"no image").refused(400, "invalid_request");
        assert_eq!(files(&server).len(), 2, "{:?}", files(&server));
    }
    let named = files(&server);
    server.kill9();
    fs::write(folder(&server).join("00000000000000000000000000000007"), b"of a crash").expect("written");
    fs::write(folder(&server).join("00000000000000000000000000000008.part"), b"of a crash").expect("written");
    server.restart();
    assert_eq!(files(&server), named);
    let avatar = server.http().get(&format!("/users/{}/avatar", user.id)).ok();
    assert_eq!(avatar.body, image("image/png", 4, 1_000));
}

/// Which of the two images this is, whole and of the right type.
fn which(media: Option<&str>, body: &[u8]) -> Option<usize> {
    SORTS.iter().position(|(name, fill, bytes)| media == Some(*name) && body == image(name, *fill, *bytes))
}

const SORTS: [(&str, u8, usize); 2] = [("image/png", b'a', 40_000), ("image/webp", b'b', 200_000)];

/// Proves "bytes, type and version change together or not at all" (§9.4) where the process dies, and that nothing answered is lost.
#[test]
fn an_image_changes_whole_or_not_at_all_when_the_process_dies() {
    let mut server = Server::start();
    let user = server.user("member");
    for round in 0..4 {
        let stop = AtomicBool::new(false);
        let answered: Option<u64> = thread::scope(|scope| {
            let uploads = scope.spawn(|| upload_until(&user, &stop));
            thread::sleep(Duration::from_millis(120 + 70 * round));
            server.kill9();
            stop.store(true, Ordering::Relaxed);
            uploads.join().expect("an uploader")
        });
        server.restart();
        let profile = user.get("/auth/me").ok().json();
        let version = profile["avatar_version"].as_u64().expect("a version");
        assert!(answered.is_none_or(|answered| version >= answered), "{version} after {answered:?}");
        let avatar = server.http().get(&format!("/users/{}/avatar", user.id));
        if version == 0 {
            assert_eq!(avatar.status, 404);
            assert!(files(&server).is_empty(), "{:?}", files(&server));
            continue;
        }
        let found = which(avatar.header("content-type"), &avatar.body);
        assert!(found.is_some(), "torn: {:?}, {} bytes", avatar.header("content-type"), avatar.body.len());
        assert_eq!(files(&server).len(), 1, "{:?}", files(&server));
    }
}

/// Uploads one image after the other until the server is gone; returns the last version that was answered.
fn upload_until(user: &User, stop: &AtomicBool) -> Option<u64> {
    let bearer = format!("Bearer {}", user.access_token);
    let http = user.http.clone();
    let mut last = None;
    for (media, fill, bytes) in SORTS.iter().cycle() {
        let headers = [("authorization", bearer.as_str()), ("content-type", *media)];
        let body = image(media, *fill, *bytes);
        match http.attempt("POST", "/users/me/profile/avatar", &headers, Some(&body)) {
            Ok(answer) if answer.status == 200 => last = answer.json()["avatar_version"].as_u64(),
            // The allowance of requests is used up; the server will be killed all the same.
            Ok(_) => thread::sleep(Duration::from_millis(20)),
            Err(_) => return last,
        }
        if stop.load(Ordering::Relaxed) {
            return last;
        }
    }
    last
}

/// Proves that readers see one image or the other while they are replaced: a file that is gone when it is opened is no error.
#[test]
fn readers_never_meet_a_hole_while_images_are_replaced() {
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "100000")]);
    let user = server.user("member");
    let put = |n: usize| {
        let (media, fill, bytes) = SORTS[n % 2];
        upload(&user, "avatar", Some(media), &image(media, fill, bytes)).ok()
    };
    put(0);
    let stop = AtomicBool::new(false);
    let path = format!("/users/{}/avatar", user.id);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let http = server.http();
                    let mut seen = [0_usize; 2];
                    while !stop.load(Ordering::Relaxed) {
                        let answer = http.get(&path).ok();
                        seen[which(answer.header("content-type"), &answer.body).expect("a whole image")] += 1;
                    }
                    seen
                })
            })
            .collect();
        let versions: Vec<Value> = (1..60).map(|n| put(n).json()["avatar_version"].clone()).collect();
        stop.store(true, Ordering::Relaxed);
        let seen: Vec<[usize; 2]> = readers.into_iter().map(|reader| reader.join().expect("a reader")).collect();
        assert!(seen.iter().map(|counts| counts[0] + counts[1]).sum::<usize>() > 20, "{seen:?}");
        let versions: Vec<u64> = versions.iter().map(|version| version.as_u64().expect("a version")).collect();
        assert!(versions.is_sorted_by(|older, newer| older < newer), "each one higher: {versions:?}");
    });
}
