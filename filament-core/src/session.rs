//! The protocol state of one gateway connection, without any I/O: text in, a step to take out. Time is an argument, in milliseconds.
//!
//! Order of work for one message: decode (fail closed), charge its budget, hand it on. What a step asks for is carried out by the embedder
//! before the next message is handed in (CMD-1).

use std::collections::VecDeque;

use filament_protocol::{
    CloseCode, Command, CommandError, CommandKind, ErrorCode, ErrorMessage, Event, decode_command, event::Error,
};

use crate::limits::{
    INGRESS_PER_WINDOW, INGRESS_WINDOW_MS, SUBSCRIBE_WINDOW_MS, SUBSCRIBES_CLOSE_PER_WINDOW, SUBSCRIBES_PER_WINDOW,
};

/// How much a connection may send (contract §16.1); the defaults are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngressLimits {
    /// Frames other than subscribe and unsubscribe per window.
    pub frames: u16,
    /// Length of their window, milliseconds.
    pub window_ms: u64,
    /// Subscribe and unsubscribe commands per ten seconds.
    pub subscribes: u16,
}

impl Default for IngressLimits {
    fn default() -> Self {
        Self { frames: INGRESS_PER_WINDOW, window_ms: INGRESS_WINDOW_MS, subscribes: SUBSCRIBES_PER_WINDOW }
    }
}

/// What to do about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStep {
    /// Carry out the command.
    Run(Command),
    /// Answer with this event; the connection stays open.
    Refuse(Event),
    /// Close the connection.
    Close {
        /// With this code.
        code: CloseCode,
        /// And this wait, if any.
        retry_after_ms: Option<u32>,
        /// What is counted.
        fault: IngressFault,
    },
}

/// Why a message closed its connection, for the counters of contract §15.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IngressFault {
    /// The envelope was broken.
    Envelope,
    /// The name is no command.
    UnknownCommand(Box<str>),
    /// A command's payload was broken.
    Payload(CommandKind),
    /// Too many frames.
    Budget,
}

/// One connection's decoder and budgets.
#[derive(Debug)]
pub struct Session {
    frames: SlidingWindow,
    subscribes: SlidingWindow,
    flood: TumblingWindow,
}

impl Session {
    /// A fresh connection.
    #[must_use]
    pub const fn new(limits: IngressLimits) -> Self {
        Self {
            frames: SlidingWindow::new(limits.frames, limits.window_ms),
            subscribes: SlidingWindow::new(limits.subscribes, SUBSCRIBE_WINDOW_MS),
            flood: TumblingWindow { started_at_ms: 0, count: 0 },
        }
    }

    /// Takes one complete text message of at most 65,536 bytes.
    pub fn receive(&mut self, text: &[u8], now_ms: u64) -> SessionStep {
        match decode_command(text) {
            Ok(command) => self.charge(command, now_ms),
            Err(error) => refused_message(error),
        }
    }

    fn charge(&mut self, command: Command, now_ms: u64) -> SessionStep {
        let (guild_id, channel_id) = match &command {
            Command::Subscribe(subscribe) => (subscribe.guild_id, subscribe.channel_id),
            Command::Unsubscribe(unsubscribe) => (unsubscribe.guild_id, unsubscribe.channel_id),
            Command::MessageCreate(_) | Command::Heartbeat(_) => {
                return match self.frames.take(now_ms) {
                    Ok(()) => SessionStep::Run(command),
                    Err(wait_ms) => over_budget(wait_ms),
                };
            }
        };
        if self.flood.count(now_ms) > SUBSCRIBES_CLOSE_PER_WINDOW {
            return over_budget(u32::try_from(SUBSCRIBE_WINDOW_MS).unwrap_or(u32::MAX));
        }
        match self.subscribes.take(now_ms) {
            Ok(()) => SessionStep::Run(command),
            Err(wait_ms) => {
                let mut error = refusal(ErrorCode::RateLimited, "too many subscribes", &command);
                (error.guild_id, error.channel_id, error.retry_after_ms) =
                    (Some(guild_id), Some(channel_id), Some(wait_ms));
                SessionStep::Refuse(Event::Error(error))
            }
        }
    }
}

/// The `error` that answers a refused command: names it, echoes its `ref`, and carries its ids (CMD-5).
#[must_use]
pub fn refusal(code: ErrorCode, message: &str, command: &Command) -> Error {
    let (guild_id, channel_id) = match command {
        Command::Subscribe(subscribe) => (Some(subscribe.guild_id), Some(subscribe.channel_id)),
        Command::Unsubscribe(unsubscribe) => (Some(unsubscribe.guild_id), Some(unsubscribe.channel_id)),
        Command::MessageCreate(create) => (Some(create.guild_id), Some(create.channel_id)),
        Command::Heartbeat(_) => (None, None),
    };
    Error {
        code,
        message: ErrorMessage::new_truncated(message),
        command: Some(command.kind()),
        guild_id,
        channel_id,
        r#ref: command.echo().cloned(),
        retry_after_ms: None,
    }
}

fn refused_message(error: CommandError) -> SessionStep {
    let (code, fault) = match error {
        CommandError::Envelope(_) => (CloseCode::InvalidEnvelope, IngressFault::Envelope),
        CommandError::NotUtf8 => (CloseCode::InvalidUtf8, IngressFault::Envelope),
        CommandError::TooLarge { .. } => (CloseCode::EventTooLarge, IngressFault::Envelope),
        CommandError::Unknown { name } => (CloseCode::UnknownEvent, IngressFault::UnknownCommand(name)),
        CommandError::Payload { command, .. } => (CloseCode::InvalidPayload, IngressFault::Payload(command)),
        _ => (CloseCode::InvalidEnvelope, IngressFault::Envelope),
    };
    SessionStep::Close { code, retry_after_ms: None, fault }
}

const fn over_budget(wait_ms: u32) -> SessionStep {
    SessionStep::Close { code: CloseCode::RateLimited, retry_after_ms: Some(wait_ms), fault: IngressFault::Budget }
}

/// At most `budget` takes in any stretch of `window_ms`. Remembers one time per take and nothing while idle.
#[derive(Debug)]
struct SlidingWindow {
    budget: u16,
    window_ms: u64,
    taken_at_ms: VecDeque<u64>,
}

impl SlidingWindow {
    const fn new(budget: u16, window_ms: u64) -> Self {
        Self { budget, window_ms, taken_at_ms: VecDeque::new() }
    }

    /// Takes one, or says how many milliseconds until one is free again, at least 1.
    fn take(&mut self, now_ms: u64) -> Result<(), u32> {
        while self.taken_at_ms.front().is_some_and(|at| at + self.window_ms <= now_ms) {
            self.taken_at_ms.pop_front();
        }
        if self.taken_at_ms.is_empty() {
            self.taken_at_ms.shrink_to(0);
        }
        if self.taken_at_ms.len() >= usize::from(self.budget) {
            let free_at = self.taken_at_ms.front().map_or(now_ms, |at| at + self.window_ms);
            return Err(u32::try_from(free_at.saturating_sub(now_ms).max(1)).unwrap_or(u32::MAX));
        }
        self.taken_at_ms.push_back(now_ms);
        Ok(())
    }
}

/// Counts per fixed ten seconds: enough to tell a flood from a burst, at two words a connection.
#[derive(Debug)]
struct TumblingWindow {
    started_at_ms: u64,
    count: u16,
}

impl TumblingWindow {
    /// Counts one and says how many there were in this window, it included.
    fn count(&mut self, now_ms: u64) -> u16 {
        if now_ms >= self.started_at_ms + SUBSCRIBE_WINDOW_MS {
            *self = Self { started_at_ms: now_ms, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: &[u8] = br#"{"v":1,"t":"heartbeat","d":{"s":0}}"#;
    const SUBSCRIBE: &[u8] = br#"{"v":1,"t":"subscribe","d":{"guild_id":"01JD9ZK3V4N5Q6R7S8T9VWXYZ1","channel_id":"01JD9ZK3V4N5Q6R7S8T9VWXYZ2","ref":"r"}}"#;

    fn close_of(step: SessionStep) -> Option<(CloseCode, IngressFault)> {
        match step {
            SessionStep::Close { code, fault, .. } => Some((code, fault)),
            SessionStep::Run(_) | SessionStep::Refuse(_) => None,
        }
    }

    /// Proves GW-25: the sixty-first frame within ten seconds closes, and says how long to wait.
    #[test]
    fn sixty_first_frame_of_a_window_closes_with_a_wait() {
        let mut session = Session::new(IngressLimits::default());
        for n in 0..60 {
            assert!(matches!(session.receive(HEARTBEAT, 1_000 + n * 100), SessionStep::Run(Command::Heartbeat(_))));
        }
        let step = session.receive(HEARTBEAT, 10_999);
        assert_eq!(
            step,
            SessionStep::Close { code: CloseCode::RateLimited, retry_after_ms: Some(1), fault: IngressFault::Budget }
        );
        assert!(matches!(session.receive(HEARTBEAT, 11_000), SessionStep::Run(_)), "the window slides");
    }

    /// Proves GW-24 and CMD-5: subscribes have a budget of their own, over it the socket stays open, far over it closes.
    #[test]
    fn subscribes_over_their_budget_are_refused_and_a_flood_closes() {
        let mut session = Session::new(IngressLimits::default());
        for _ in 0..512 {
            assert!(matches!(session.receive(SUBSCRIBE, 5_000), SessionStep::Run(Command::Subscribe(_))));
        }
        let SessionStep::Refuse(Event::Error(error)) = session.receive(SUBSCRIBE, 5_000) else {
            panic!("over the budget a subscribe is refused");
        };
        assert_eq!(error.code, ErrorCode::RateLimited);
        assert_eq!(error.retry_after_ms, Some(10_000));
        assert_eq!(error.command, Some(CommandKind::Subscribe));
        assert!(error.guild_id.is_some() && error.channel_id.is_some());
        assert_eq!(error.r#ref.as_deref(), Some("r"));
        assert!(matches!(session.receive(HEARTBEAT, 5_000), SessionStep::Run(_)), "other frames are charged apart");
        let closed = (514..=4_097).map(|_| session.receive(SUBSCRIBE, 5_000)).filter_map(close_of).count();
        assert_eq!(closed, 1, "only the 4,097th closes");
    }

    /// Proves CMD-3 and the refusals of ENV-1, ENV-2, ENV-5, ENV-6 as close codes.
    #[test]
    fn broken_messages_close_with_the_code_of_their_layer() {
        let table: [(&[u8], CloseCode, IngressFault); 6] = [
            (b"nonsense", CloseCode::InvalidEnvelope, IngressFault::Envelope),
            (br#"[1,"heartbeat",{"s":0}]"#, CloseCode::InvalidEnvelope, IngressFault::Envelope),
            (br#"{"v":1,"v":1,"t":"heartbeat","d":{"s":0}}"#, CloseCode::InvalidEnvelope, IngressFault::Envelope),
            (br#"{"v":2,"t":"heartbeat","d":{"s":0}}"#, CloseCode::InvalidEnvelope, IngressFault::Envelope),
            (br#"{"v":1,"t":"nobody","d":{}}"#, CloseCode::UnknownEvent, IngressFault::UnknownCommand("nobody".into())),
            (
                br#"{"v":1,"t":"heartbeat","d":{"s":0,"x":1}}"#,
                CloseCode::InvalidPayload,
                IngressFault::Payload(CommandKind::Heartbeat),
            ),
        ];
        for (text, code, fault) in table {
            let step = Session::new(IngressLimits::default()).receive(text, 0);
            assert_eq!(close_of(step), Some((code, fault)), "{}", String::from_utf8_lossy(text));
        }
    }
}
