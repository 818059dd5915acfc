//! The frames of a connection that negotiated `batch`, taken apart and held against §7.1 on every connection of every test.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::recorder::Event;
use super::{schemas, shape};

/// ENV-7.
const MESSAGE_BYTES_MAX: usize = 65_536;
/// RES-2.
const BATCH_EVENTS_MAX: usize = 64;

/// What a `batch` says besides its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) s: u64,
    pub(crate) cursor: Option<String>,
    /// How many events it holds.
    pub(crate) events: usize,
}

/// What was agreed on in `ready`.
#[derive(Clone, Copy, Debug)]
struct Agreed {
    batch: bool,
    resume: bool,
}

/// Takes the messages of one connection apart.
#[derive(Debug, Default)]
pub(crate) struct Unpacker {
    agreed: Option<Agreed>,
    /// Data frames after `ready` (GW-46).
    s: u64,
    cursor_chars: Option<usize>,
}

impl Unpacker {
    /// The events of the next message.
    ///
    /// # Errors
    /// What of it breaks the contract.
    pub(crate) fn unpack(&mut self, text: &str, at: Instant) -> Result<Vec<Event>, String> {
        let Some(agreed) = self.agreed else {
            let envelope = shape::check_frame(text)?;
            let has =
                |name: &str| envelope["d"]["features"].as_array().is_some_and(|all| all.iter().any(|f| f == name));
            let (batch, resume) = (has("batch"), has("resume"));
            if envelope["t"] != "ready" || resume && !batch {
                return Err("GW-10, §7: not the `ready` of a connection".to_owned());
            }
            self.agreed = Some(Agreed { batch, resume });
            return Ok(vec![Event::new(text.to_owned(), envelope, at, None)]);
        };
        self.s += 1;
        if !agreed.batch {
            let envelope = shape::check_frame(text)?;
            return Ok(vec![Event::new(text.to_owned(), envelope, at, None)]);
        }
        self.unpack_batch(text, agreed, at)
    }

    fn unpack_batch(&mut self, text: &str, agreed: Agreed, at: Instant) -> Result<Vec<Event>, String> {
        if text.len() > MESSAGE_BYTES_MAX {
            return Err(format!("RES-2: {} bytes", text.len()));
        }
        let envelope = shape::parse(text)?;
        let members = envelope.as_object().ok_or("ENV-1: no object")?;
        if members.len() != 3 || envelope["v"].as_u64() != Some(1) || envelope["t"] != "batch" {
            return Err("RES-1: every frame after `ready` is a `batch`".to_owned());
        }
        let d = envelope["d"].as_object().ok_or("ENV-4: no payload object")?;
        if d.keys().any(|key| !["s", "cursor", "events"].contains(&key.as_str())) {
            return Err("§4.2: a member that no `batch` has".to_owned());
        }
        if d.get("s").and_then(Value::as_u64) != Some(self.s) {
            return Err(format!("GW-46: this is frame {}", self.s));
        }
        let cursor = d.get("cursor").map(|cursor| cursor.as_str().unwrap_or_default().to_owned());
        self.check_cursor(cursor.as_deref(), agreed)?;
        let events = d.get("events").and_then(Value::as_array).ok_or("§4.2: a batch without events")?;
        if !(1..=BATCH_EVENTS_MAX).contains(&events.len()) {
            return Err(format!("RES-2: {} events", events.len()));
        }
        schemas::check_if_asked(&envelope).map_err(|why| format!("scenario 85: {why}"))?;
        let batch = Arc::new(Batch { s: self.s, cursor, events: events.len() });
        events.iter().map(|event| self.unpack_event(event, &batch, at)).collect()
    }

    fn unpack_event(&self, event: &Value, batch: &Arc<Batch>, at: Instant) -> Result<Event, String> {
        shape::check_envelope(event)?; // `batch` is not in its catalogue, so none is nested
        match event["t"].as_str().unwrap_or_default() {
            "ready" => Err("GW-10: a second `ready`".to_owned()),
            "workspace_channel_role_override_update" => Err("§4.11: a compatibility notice in a batch".to_owned()),
            "heartbeat_ack" if event["d"]["s"] != self.s => Err("GW-46: the ack has another number".to_owned()),
            _ => Ok(Event::new(event.to_string(), event.clone(), at, Some(Arc::clone(batch)))),
        }
    }

    fn check_cursor(&mut self, cursor: Option<&str>, agreed: Agreed) -> Result<(), String> {
        let Some(cursor) = cursor else {
            return if agreed.resume { Err("RES-3: a batch without cursor".to_owned()) } else { Ok(()) };
        };
        let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_formed = (1..=256).contains(&cursor.len()) && cursor.bytes().all(is_url_safe);
        let is_constant = *self.cursor_chars.get_or_insert(cursor.len()) == cursor.len();
        if agreed.resume && is_formed && is_constant { Ok(()) } else { Err("RES-3, RES-10: the cursor".to_owned()) }
    }
}
