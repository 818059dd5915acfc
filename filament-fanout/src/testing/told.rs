//! What one received message says, whatever its form.

/// The parts of a message: a plain event, a `batch`, or a block of an SSE stream.
///
/// Read from the text alone, without the types that wrote it, so that a fault of those does not hide itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Number of a batch.
    pub s: Option<u64>,
    /// Cursor of a batch or block, if it has one.
    pub cursor: Option<String>,
    /// The texts of its events, in order: none for a block that only moves the cursor.
    pub events: Vec<String>,
}

impl Told {
    /// Reads a message.
    ///
    /// # Panics
    /// When it is a batch or a block that is not formed as it has to be.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if let Some(rest) = text.strip_prefix(r#"{"v":1,"t":"batch","d":{"s":"#) {
            return Self::read_batch(rest);
        }
        if text.ends_with("\n\n") {
            return Self::read_block(text);
        }
        Self { s: None, cursor: None, events: vec![text.to_owned()] }
    }

    fn read_batch(rest: &str) -> Self {
        let (s, rest) = rest.split_once(',').expect("something follows the number");
        let (cursor, rest) = match rest.strip_prefix(r#""cursor":""#) {
            Some(rest) => {
                let (cursor, rest) = rest.split_once(r#"","#).expect("a cursor ends");
                (Some(cursor.to_owned()), rest)
            }
            None => (None, rest),
        };
        let events = rest.strip_prefix(r#""events":["#).and_then(|rest| rest.strip_suffix("]}}"));
        let events = split(events.expect("events are last"));
        Self { s: Some(s.parse().expect("a number")), cursor, events }
    }

    fn read_block(text: &str) -> Self {
        let (mut cursor, mut events) = (None, Vec::new());
        for line in text.trim_end_matches('\n').lines() {
            if let Some(id) = line.strip_prefix("id: ") {
                cursor = Some(id.to_owned());
            } else if let Some(data) = line.strip_prefix("data: ") {
                events.push(data.to_owned());
            } else {
                assert_eq!(line, "retry: 2000", "a line of a stream");
            }
        }
        assert!(events.len() <= 1, "one event a block");
        Self { s: None, cursor, events }
    }
}

/// Splits a list at the commas that are in no string and no bracket.
fn split(list: &str) -> Vec<String> {
    let (mut depth, mut in_string, mut is_escaped) = (0, false, false);
    let mut parts = vec![String::new()];
    for character in list.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if in_string => is_escaped = true,
            '"' => in_string = !in_string,
            '{' | '[' if !in_string => depth += 1,
            '}' | ']' if !in_string => depth -= 1,
            ',' if !in_string && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("never empty").push(character);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let batch = r#"{"v":1,"t":"batch","d":{"s":7,"cursor":"abc","events":[{"a":"x,]\"}","b":[1,2]},word]}}"#;
        let read = Told::read(batch);
        assert_eq!((read.s, read.cursor.as_deref()), (Some(7), Some("abc")));
        assert_eq!(read.events, [r#"{"a":"x,]\"}","b":[1,2]}"#, "word"]);
        let block = Told::read("retry: 2000\nid: abc\ndata: {}\n\n");
        assert_eq!(block, Told { s: None, cursor: Some("abc".to_owned()), events: vec!["{}".to_owned()] });
        assert_eq!(Told::read("id: abc\n\n").events, [""; 0]);
        assert_eq!(Told::read("plain").events, ["plain"]);
    }
}
