//! How bytes come down.

use super::noise;
use crate::harness::Cast;

/// Proves the header fields of §9.9: whatever the bytes are, a browser saves them.
#[test]
fn a_download_is_saved_and_never_shown() {
    let cast = Cast::assemble();
    let page = "<script>alert(document.cookie)</script>";
    let record = cast.p.upload(&cast.text, "page.html", Some("text/html"), page.as_bytes()).ok().json();
    let path = cast.text.attachment(&record["attachment_id"]);
    let answer = cast.p.get(&path).ok();
    assert_eq!(answer.text(), page);
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", "39"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("content-security-policy", "sandbox"),
        ("accept-ranges", "bytes"),
        ("content-disposition", "attachment; filename=\"page.html\"; filename*=UTF-8''page.html"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let head = cast.p.request("HEAD", &path, &[], None).ok();
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-disposition"), answer.header("content-disposition"));
}

/// Proves the ranges of §9.9.
#[test]
fn one_range_of_bytes_is_served() {
    let cast = Cast::assemble();
    let bytes = noise(5, 200_000);
    let record = cast.p.upload(&cast.text, "noise", None, &bytes).ok().json();
    let path = cast.text.attachment(&record["attachment_id"]);
    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=65530-70000", 65_530..70_001),
        ("bytes=199999-", 199_999..200_000),
        ("bytes=150000-999999", 150_000..200_000),
        ("bytes=-100", 199_900..200_000),
    ] {
        let answer = cast.p.request("GET", &path, &[("range", range)], None).is(206);
        let content_range = format!("bytes {}-{}/200000", part.start, part.end - 1);
        assert_eq!(answer.header("content-range"), Some(&*content_range), "{range}");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.body == bytes[part], "{range}");
    }
    for range in ["bytes=200000-", "bytes=-0"] {
        let answer = cast.p.request("GET", &path, &[("range", range)], None).refused(416, "invalid_request");
        assert_eq!(answer.header("content-range"), Some("bytes */200000"));
    }
    for headers in [
        &[("range", "bytes=0-1,5-6")][..],
        &[("range", "lines=1-2")],
        &[("range", "bytes=2-1")],
        &[("range", "bytes=0-1"), ("if-range", "\"x\"")],
    ] {
        let answer = cast.p.request("GET", &path, headers, None).ok();
        assert!(answer.body == bytes && answer.header("content-range").is_none(), "{headers:?}");
    }
}

/// Proves the half of ATT-6 that is about rows: one whose bytes are gone gives nothing, not half of something.
#[test]
fn a_row_without_its_bytes_is_not_found() {
    let cast = Cast::assemble();
    let record = cast.p.attach(&cast.text, "a.txt", "all of it");
    let path = cast.text.attachment(&record["attachment_id"]);
    let file = cast.server.attachment_folder().join(&cast.server.attachment_files()[0]);
    std::fs::write(&file, b"half").expect("writable");
    cast.p.get(&path).refused(500, "internal_error");
    std::fs::remove_file(&file).expect("removable");
    cast.p.get(&path).refused(404, "not_found");
    cast.p.delete(&path).is(204);
}
