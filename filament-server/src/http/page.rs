//! JSON lists bounded by bytes: existing v1 clients refuse any longer answer, so a page ends before the row that would
//! not fit, and its cursor is made from the last row that did (HTTP-3, HTTP-15).

use std::fmt::Display;

use filament_protocol::limits::ANSWER_BYTES_MAX;
use http::StatusCode;
use serde::Serialize;

use super::answer::{self, Answer};
use super::error::ApiError;
use crate::limits::CURSOR_BYTES_MAX;

/// `],"` `":"` `"}`: the punctuation that follows the last row when there is a cursor.
const TAIL_BYTES: usize = 8;

/// An id between quotes, and the comma before the next.
const ID_BYTES: usize = 29;

/// A JSON object of one list, written row by row.
#[derive(Debug)]
struct Page {
    bytes: Vec<u8>,
    rows: usize,
    bytes_max: usize,
}

impl Page {
    fn new(list: &str, tail_bytes: usize) -> Self {
        let mut bytes = Vec::with_capacity(1_024);
        bytes.extend_from_slice(b"{\"");
        bytes.extend_from_slice(list.as_bytes());
        bytes.extend_from_slice(b"\":[");
        Self { bytes, rows: 0, bytes_max: ANSWER_BYTES_MAX - tail_bytes }
    }

    /// Appends `row` unless it would exceed the bound; the first row is always taken.
    fn push(&mut self, row: &impl Serialize) -> Result<bool, ApiError> {
        let before = self.bytes.len();
        if self.rows > 0 {
            self.bytes.push(b',');
        }
        serde_json::to_writer(&mut self.bytes, row).map_err(|error| {
            tracing::error!(%error, "a row could not be serialised");
            ApiError::internal()
        })?;
        if self.bytes.len() > self.bytes_max {
            if self.rows > 0 {
                self.bytes.truncate(before);
                return Ok(false);
            }
            tracing::error!(bytes = self.bytes.len(), "one row alone exceeds the bound of an answer");
        }
        self.rows += 1;
        Ok(true)
    }

    /// Appends rows until one does not fit and returns how many did.
    fn fill<T: Serialize>(&mut self, rows: &[T]) -> Result<usize, ApiError> {
        for (index, row) in rows.iter().enumerate() {
            if !self.push(row)? {
                return Ok(index);
            }
        }
        Ok(rows.len())
    }
}

/// Answers `{"<list>":[…]}` with every row: for lists whose caps make them fit.
///
/// # Errors
/// `internal_error` when a row cannot be serialised.
pub fn complete<T: Serialize>(list: &'static str, rows: &[T]) -> Result<Answer, ApiError> {
    let mut page = Page::new(list, TAIL_BYTES);
    let taken = page.fill(rows)?;
    if taken < rows.len() {
        tracing::error!(list, rows = rows.len(), taken, "a complete list exceeds the bound of an answer");
    }
    page.bytes.extend_from_slice(b"]}");
    Ok(answer::json_bytes(StatusCode::OK, page.bytes))
}

/// Answers `{"<list>":[…],"<cursor>":…}`: as many rows as fit, and the cursor of the last of them iff rows follow it.
///
/// `more` says whether the source has rows after the last of `rows`; `cursor_of` names the position of a row in at most
/// 128 characters of `[A-Za-z0-9_-]`.
///
/// # Errors
/// `internal_error` when a row cannot be serialised.
pub fn with_cursor<T: Serialize, C: Display>(
    list: &'static str,
    cursor: &'static str,
    rows: &[T],
    more: bool,
    cursor_of: impl Fn(&T) -> C,
) -> Result<Answer, ApiError> {
    let mut page = Page::new(list, TAIL_BYTES + cursor.len() + CURSOR_BYTES_MAX);
    let taken = page.fill(rows)?;
    let next = if more || taken < rows.len() { rows[..taken].last().map(cursor_of) } else { None };
    page.bytes.extend_from_slice(b"],\"");
    page.bytes.extend_from_slice(cursor.as_bytes());
    match next {
        Some(position) => page.bytes.extend_from_slice(format!("\":\"{position}\"}}").as_bytes()),
        None => page.bytes.extend_from_slice(b"\":null}"),
    }
    Ok(answer::json_bytes(StatusCode::OK, page.bytes))
}

/// Answers `{"<list>":[…],"<ids>":[…],"<cursor>":…}`: as [`with_cursor`], with the ids of the rows once more, in their order. The cursor is an
/// id.
///
/// # Errors
/// `internal_error` when a row cannot be serialised.
pub fn with_ids<T: Serialize, C: Display>(
    list: &'static str,
    ids: &'static str,
    cursor: &'static str,
    rows: &[T],
    more: bool,
    id_of: impl Fn(&T) -> C,
) -> Result<Answer, ApiError> {
    let ids_bytes = ids.len() + TAIL_BYTES + rows.len() * ID_BYTES;
    let mut page = Page::new(list, TAIL_BYTES + cursor.len() + ID_BYTES + ids_bytes);
    let taken = page.fill(rows)?;
    let shown: Vec<String> = rows[..taken].iter().map(|row| format!("\"{}\"", id_of(row))).collect();
    let next = shown.last().filter(|_| more || taken < rows.len()).map_or("null", String::as_str);
    let tail = format!("],\"{ids}\":[{}],\"{cursor}\":{next}}}", shown.join(","));
    page.bytes.extend_from_slice(tail.as_bytes());
    Ok(answer::json_bytes(StatusCode::OK, page.bytes))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::Value;

    use super::*;

    #[derive(Serialize)]
    struct Row {
        id: usize,
        text: String,
    }

    fn rows(count: usize, text_bytes: usize) -> Vec<Row> {
        (0..count).map(|id| Row { id, text: "x".repeat(text_bytes) }).collect()
    }

    async fn read(answer: Answer) -> (usize, Value) {
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (bytes.len(), serde_json::from_slice(&bytes).unwrap())
    }

    /// Proves HTTP-3 and HTTP-15: whatever the size of the rows, the walk stays within the bound and visits each once.
    #[tokio::test]
    async fn a_walk_visits_every_row_once_and_no_page_exceeds_the_bound() {
        for text_bytes in [0, 100, 3_000, 40_000] {
            let all = rows(200, text_bytes);
            let (mut start, mut seen) = (0, Vec::new());
            loop {
                let window = &all[start..(start + 100).min(all.len())];
                let more = start + window.len() < all.len();
                let answer = with_cursor("rows", "next_cursor", window, more, |row| row.id).unwrap();
                let (bytes, page) = read(answer).await;
                assert!(bytes <= ANSWER_BYTES_MAX, "{bytes}");
                let ids = page["rows"].as_array().unwrap();
                assert!(!ids.is_empty());
                seen.extend(ids.iter().map(|row| row["id"].as_u64().unwrap()));
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                assert_eq!(cursor, seen.last().unwrap().to_string());
                start = cursor.parse::<usize>().unwrap() + 1;
            }
            assert_eq!(seen, (0..200).collect::<Vec<u64>>());
        }
    }

    /// Proves HTTP-3 for answers that name the ids apart: they count, and they are those of the rows.
    #[tokio::test]
    async fn ids_fit_beside_their_rows() {
        let id = |row: &Row| format!("{:026}", row.id);
        for text_bytes in [0, 1_000, 1_250, 40_000] {
            let all = rows(50, text_bytes);
            let (bytes, page) = read(with_ids("rows", "ids", "next", &all, true, id).unwrap()).await;
            assert!(bytes <= ANSWER_BYTES_MAX, "{bytes}");
            let shown: Vec<usize> = page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| usize::try_from(row["id"].as_u64().unwrap()).unwrap())
                .collect();
            let named: Vec<String> =
                page["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
            assert_eq!(named, shown.iter().map(|row| id(&all[*row])).collect::<Vec<_>>());
            assert_eq!(page["next"].as_str(), named.last().map(String::as_str));
            assert_eq!(shown.len() == 50, text_bytes <= 1_250 && 50 * (text_bytes + 60) < ANSWER_BYTES_MAX);
        }
        let (_, page) = read(with_ids("rows", "ids", "next", &rows(0, 0), false, id).unwrap()).await;
        assert_eq!(page, serde_json::json!({"rows": [], "ids": [], "next": null}));
    }

    #[tokio::test]
    async fn an_empty_page_has_a_null_cursor() {
        let answer = with_cursor("rows", "next", &rows(0, 0), false, |row| row.id).unwrap();
        assert_eq!(read(answer).await.1, serde_json::json!({"rows": [], "next": null}));
        assert_eq!(read(complete("rows", &rows(0, 0)).unwrap()).await.1, serde_json::json!({"rows": []}));
    }

    /// Proves the "at least one record" of HTTP-3.
    #[tokio::test]
    async fn a_row_that_is_too_large_alone_is_still_returned() {
        let all = rows(2, 70_000);
        let (_, page) = read(with_cursor("rows", "next", &all, false, |row| row.id).unwrap()).await;
        assert_eq!(page["rows"].as_array().unwrap().len(), 1);
        assert_eq!(page["next"], "0");
    }

    #[tokio::test]
    async fn the_last_row_is_taken_up_to_the_exact_bound() {
        let frame = r#"{"rows":["",""]}"#.len() - 2 + TAIL_BYTES;
        let fitting = "x".repeat(ANSWER_BYTES_MAX - frame);
        let (_, page) = read(complete("rows", &["", fitting.as_str()]).unwrap()).await;
        assert_eq!(page["rows"].as_array().unwrap().len(), 2);
        let over = format!("{fitting}x");
        let (_, page) = read(complete("rows", &["", over.as_str()]).unwrap()).await;
        assert_eq!(page["rows"].as_array().unwrap().len(), 1);
    }
}
