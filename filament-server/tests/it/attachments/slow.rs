//! Uploads that take their time, and uploads that do not come (ATT-5).

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{hex_digest, noise};
use crate::harness::{Cast, PROMPT_MAX};

/// Proves ATT-5 with its own constants, the slow upload of scenario 105 among it: 100 kB/s for 20 s is no timeout of anything, 15 s
/// without a byte are one, and an upload whose client goes away leaves nothing.
#[test]
fn s105_slow_uploads_go_on_and_stalled_ones_end() {
    let cast = Cast::assemble();
    let path = format!("{}?filename=slow", cast.text.attachments());
    let bytes = noise(9, 2_000_000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            let length = format!("content-length: {}\r\n", bytes.len());
            let pieces = bytes.chunks(20_000).map(|piece| {
                sleep(Duration::from_millis(200));
                piece.to_vec()
            });
            let record = cast.p.upload_in_pieces(&path, None, &length, pieces).ok().json();
            assert!(began.elapsed() >= Duration::from_secs(20));
            assert_eq!(record["sha256_hex"], hex_digest(&bytes));
        });
        scope.spawn(|| {
            let began = Instant::now();
            let pieces = [bytes[..50_000].to_vec()].into_iter();
            let answer = cast.q.upload_in_pieces(&path, None, "content-length: 100000\r\n", pieces);
            answer.refused(408, "request_timeout");
            let took = began.elapsed();
            assert!((15..15 + PROMPT_MAX.as_secs()).contains(&took.as_secs()), "{took:?}");
        });
        // In the middle of both: two parts, and no file that anybody could see.
        let deadline = Instant::now() + PROMPT_MAX;
        while cast.server.attachment_files().len() < 2 {
            assert!(Instant::now() < deadline, "both uploads have begun");
            sleep(Duration::from_millis(20));
        }
        assert!(cast.server.attachment_files().iter().all(|name| name.ends_with(".part")));
    });
    cast.server.attachment_files_become(1);
}

/// Proves that a client that goes away in the middle leaves neither a file nor a count.
#[test]
fn a_client_that_goes_away_leaves_nothing() {
    let cast = Cast::assemble();
    let path = cast.text.attachments();
    let mut link = cast.p.http.connect().expect("a connection");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 100000\r\n\r\n",
        cast.p.access_token
    );
    let stream = link.get_mut();
    std::io::Write::write_all(stream, &[head.as_bytes(), &noise(4, 50_000)].concat()).expect("writable");
    cast.server.attachment_files_become(1);
    drop(link);
    cast.server.attachment_files_become(0);
    // The connection's turn came back as well: as many as may be under way at once fit again.
    cast.p.attach(&cast.text, "after.txt", "after");
    cast.server.attachment_files_become(1);
}
