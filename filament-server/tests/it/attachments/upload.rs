//! What may be uploaded, and what becomes of it.

use serde_json::{Value, json};

use super::{hex_digest, noise};
use crate::harness::{Cast, is_ulid};

const BYTES_MAX: usize = 26_214_400;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

/// Proves the record of §4.1 and the row of §9.9, with the digest and the size of what was sent.
#[test]
fn an_upload_is_recorded_as_it_was_sent() {
    let cast = Cast::assemble();
    let mut owner = cast.owner.connect_to(&[&cast.text]);
    let bytes = noise(1, 100_000);
    let record = cast.p.upload(&cast.text, "noise.bin", None, &bytes).ok().json();
    assert!(is_ulid(record["attachment_id"].as_str().expect("an id")));
    let expected = json!({
        "attachment_id": record["attachment_id"], "guild_id": cast.guild, "channel_id": cast.text.id, "owner_id": cast.p.id,
        "filename": "noise.bin", "mime_type": "application/octet-stream", "size_bytes": 100_000, "sha256_hex": hex_digest(&bytes),
    });
    assert_eq!(record, expected);
    let unnamed = cast.p.upload_to(&cast.text.attachments(), None, b"x").ok().json();
    assert_eq!(unnamed["filename"], "upload.bin");
    let under_api = cast.p.upload_to(&format!("/api{}", cast.text.attachments()), None, b"x").ok().json();
    assert_eq!(under_api["size_bytes"], 1);
    owner.nothing(&cast.owner);
    assert_eq!(cast.server.attachment_files().len(), 3);
}

/// Proves ATT-4 over the wire, the case of scenario 105 among it; the whole table stands beside the sniffer.
#[test]
fn s105_bytes_of_another_type_than_declared_are_refused() {
    let cast = Cast::assemble();
    let text = "just text".repeat(2_000);
    for (declared, bytes, expected) in [
        (Some("image/png"), text.as_bytes(), None),
        (Some("image/png"), b"short".as_slice(), None),
        (Some("image/jpeg"), PNG, None),
        (Some("text/plain"), PNG, None),
        (Some("image/png"), PNG, Some("image/png")),
        (Some("IMAGE/png; x=y"), PNG, Some("image/png")),
        (Some("application/octet-stream"), PNG, Some("image/png")),
        (None, PNG, Some("image/png")),
        (None, text.as_bytes(), Some("text/plain; charset=utf-8")),
        (Some("text/html"), b"<script>alert(1)</script>".as_slice(), Some("text/plain; charset=utf-8")),
        (Some("application/zip"), b"PK\x03\x04\x14\0\0\0".as_slice(), Some("application/octet-stream")),
        (Some("application/json"), br#"{"not":"a body"}"#.as_slice(), Some("text/plain; charset=utf-8")),
    ] {
        let answer = cast.p.upload(&cast.text, "file", declared, bytes);
        match expected {
            Some(mime_type) => assert_eq!(answer.ok().json()["mime_type"], *mime_type, "{declared:?}"),
            None => drop(answer.refused(400, "invalid_request")),
        }
    }
    let stored = cast.server.attachment_files();
    assert_eq!(stored.len(), 8, "nothing is left of what was refused: {stored:?}");
}

/// Proves the bounds of an upload (§16.2), the case of scenario 105 among it: declared and not declared, and the largest one whole.
#[test]
fn s105_one_byte_more_than_the_largest_upload_is_refused() {
    let cast = Cast::assemble();
    let largest = noise(2, BYTES_MAX);
    let record = cast.p.upload(&cast.text, "largest", None, &largest).ok().json();
    assert_eq!(
        (record["size_bytes"].as_u64(), record["sha256_hex"].as_str()),
        (Some(26_214_400), Some(&*hex_digest(&largest)))
    );
    assert!(cast.p.get(&cast.text.attachment(&record["attachment_id"])).ok().body == largest);
    let mut beyond = largest;
    beyond.push(1);
    cast.p.upload(&cast.text, "beyond", None, &beyond).refused(413, "payload_too_large");
    let chunks =
        beyond.chunks(1 << 20).map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    let path = cast.text.attachments();
    let chunked = "transfer-encoding: chunked\r\n";
    let pieces = chunks.chain([b"0\r\n\r\n".to_vec()]);
    cast.p.upload_in_pieces(&path, None, chunked, pieces).refused(413, "payload_too_large");
    cast.server.attachment_files_become(1);
    // Nothing at all is refused as well, and a body without a length is fine.
    cast.p.upload(&cast.text, "empty", None, b"").refused(400, "invalid_request");
    cast.p.upload_in_pieces(&path, None, chunked, [b"0\r\n\r\n".to_vec()].into_iter()).refused(400, "invalid_request");
    let pieces = [b"3\r\nabc\r\n".to_vec(), b"1;x=y\r\nd\r\n".to_vec(), b"0\r\n\r\n".to_vec()];
    let record = cast.p.upload_in_pieces(&path, None, chunked, pieces.into_iter()).ok().json();
    assert_eq!((record["size_bytes"].as_u64(), record["sha256_hex"].as_str()), (Some(4), Some(&*hex_digest(b"abcd"))));
}

/// Proves HTTP-10 for uploads and the row "attachment filename" of §10.1: what is refused, and what is taken as it is.
#[test]
fn hostile_names_are_refused_or_harmless() {
    let cast = Cast::assemble();
    let upload = |query: &str| cast.p.upload_to(&format!("{}?{query}", cast.text.attachments()), None, b"x");
    for query in [
        "filename=",
        "filename=%20%09",
        "filename=..%2F..%2Fetc%2Fpasswd",
        "filename=..%5Cx",
        "filename=%00",
        "filename=a%0D%0Aset-cookie:%20x",
        "filename=%C2%85",
        "filename=%FF",
        "filename=a&filename=b",
        "filename=a&v=1",
        "name=a",
        &format!("filename={}", "a".repeat(129)),
    ] {
        upload(query).refused(400, "invalid_request");
    }
    for (query, name) in [
        ("filename=..", ".."),
        ("filename=.htaccess", ".htaccess"),
        ("filename=CON", "CON"),
        ("filename=%22%3B+x%3D%22", "\"; x=\""),
        ("filename=%E2%80%AEgpj.exe", "\u{202E}gpj.exe"),
        (&format!("filename={}", "%F0%9F%8C%8A".repeat(64)), &"\u{1F30A}".repeat(64)),
    ] {
        let record = upload(query).ok().json();
        assert_eq!(record["filename"], *name);
        let answer = cast.p.get(&cast.text.attachment(&record["attachment_id"])).ok();
        let disposition = answer.header("content-disposition").expect("a disposition");
        assert!(disposition.starts_with("attachment; filename=\"") && disposition.is_ascii(), "{disposition}");
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
    }
    for name in cast.server.attachment_files() {
        assert!(
            name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "no name comes from a user: {name}"
        );
    }
}

/// Proves that bytes on their way in are not held in memory (ATT-5): eighty MiB at once cost a fraction of that.
#[test]
fn uploads_are_streamed() {
    let cast = Cast::assemble();
    let peak = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", cast.server.pid())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    cast.p.attach(&cast.text, "warm.txt", "up");
    let before = peak();
    let bytes = noise(3, 20 << 20);
    let records: Vec<Value> = std::thread::scope(|scope| {
        let uploads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| cast.p.upload(&cast.text, "large", None, &bytes).ok().json())).collect();
        uploads.into_iter().map(|upload| upload.join().expect("an upload")).collect()
    });
    let grown = peak() - before;
    assert!(grown < 16 << 10, "{grown} kB for four uploads of 20,480 kB");
    let before = peak();
    for record in &records {
        assert!(cast.p.get(&cast.text.attachment(&record["attachment_id"])).ok().body == bytes);
    }
    let grown = peak() - before;
    assert!(grown < 16 << 10, "{grown} kB for four downloads of 20,480 kB");
}
