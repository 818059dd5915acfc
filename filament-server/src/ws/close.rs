//! How a connection ends: what the close frame says, and who still waits for what, as a pure state machine.
//!
//! ```text
//!          Close, Refused, PeerClosed        FrameTaken                PeerClosed, PeerGone
//!   open ───────────────────────────► sending ─────────► waiting ───────────────────────► ended (finish)
//!     │            Send               ≤ 1,000 ms    └──── ≤ 2,000 ms ── TimePassed ──────► ended (reset)
//!     └─ PeerGone ─► ended (finish)   TimePassed ─► ended (reset)
//! ```
//!
//! A peer that has closed already is not waited for: `FrameTaken` then ends at once.

use std::time::Instant;

use filament_protocol::CloseReason;

use super::{ProtocolError, encode};
use crate::limits::{CLOSE_ANSWER_MAX, CLOSE_TAKE_MAX};

/// Tells whether RFC 6455 §7.4 lets a close frame carry `code`: 1000–1003, 1007–1014 and 3000–4999.
#[must_use]
pub const fn is_allowed_on_wire(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Something that happened to a connection that is open or closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The server wants the connection closed.
    Close(CloseReason),
    /// The peer's bytes were refused.
    Refused(ProtocolError),
    /// The peer's close frame arrived, with this code.
    PeerClosed(Option<u16>),
    /// The socket has taken the last byte of the close frame.
    FrameTaken,
    /// The peer's half of the connection ended or failed without a close frame.
    PeerGone,
    /// Nothing happened, but [`Closing::deadline`] may have passed.
    TimePassed,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Send these bytes, a whole close frame, after any frame that is already partly written, and nothing after them.
    /// Given at most once in the life of a connection.
    Send(Vec<u8>),
    /// Close the TCP connection in good order.
    Finish,
    /// Reset the TCP connection: [`set_zero_linger`](tokio::net::TcpStream::set_zero_linger), then drop. An owned write
    /// half is to be forgotten ([`forget`](tokio::net::tcp::OwnedWriteHalf::forget)): dropped, it would end the stream in
    /// good order first, and the peer would never see the reset.
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Sending { peer_closed: bool },
    Waiting,
    Ended,
}

/// Closing handshake of one connection (GW-35). Feed every [`Input`] to [`step`](Self::step) and do what it says; while
/// [`deadline`](Self::deadline) is set, step with [`Input::TimePassed`] once it has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    state: State,
    deadline: Option<Instant>,
}

impl Default for Closing {
    fn default() -> Self {
        Self::new()
    }
}

impl Closing {
    /// Starts with an open connection.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Open, deadline: None }
    }

    /// Tells whether nothing has been closed yet.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Tells whether the TCP connection is to be gone by now.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Gives the moment by which the peer must have done its part.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Moves on by one input. The first cause to close wins; later ones change nothing.
    pub fn step(&mut self, input: Input, now: Instant) -> Action {
        match (self.state, input) {
            (State::Open, Input::Close(reason)) => self.send(encode::close(reason), false, now),
            (State::Open, Input::Refused(error)) => {
                self.send(encode::close(error.close_code().reason(None)), error.ends_peer(), now)
            }
            (State::Open, Input::PeerClosed(code)) => self.send(encode::close_answer(code), true, now),
            (State::Open, Input::PeerGone) => self.end(Action::Finish),
            (State::Sending { peer_closed: false }, Input::PeerClosed(_)) => {
                self.state = State::Sending { peer_closed: true };
                Action::None
            }
            (State::Sending { peer_closed: true }, Input::FrameTaken) => self.end(Action::Finish),
            (State::Sending { peer_closed: false }, Input::FrameTaken) => {
                self.state = State::Waiting;
                self.deadline = Some(now + CLOSE_ANSWER_MAX);
                Action::None
            }
            (State::Sending { .. }, Input::PeerGone) | (State::Waiting, Input::PeerClosed(_) | Input::PeerGone) => {
                self.end(Action::Finish)
            }
            (State::Sending { .. } | State::Waiting, Input::TimePassed) => match self.deadline {
                Some(deadline) if now >= deadline => self.end(Action::Reset),
                Some(_) | None => Action::None,
            },
            (State::Open, Input::FrameTaken | Input::TimePassed)
            | (State::Sending { .. }, Input::Close(_) | Input::Refused(_) | Input::PeerClosed(_))
            | (State::Waiting, Input::Close(_) | Input::Refused(_) | Input::FrameTaken)
            | (State::Ended, _) => Action::None,
        }
    }

    fn send(&mut self, frame: Vec<u8>, peer_closed: bool, now: Instant) -> Action {
        self.state = State::Sending { peer_closed };
        self.deadline = Some(now + CLOSE_TAKE_MAX);
        Action::Send(frame)
    }

    fn end(&mut self, action: Action) -> Action {
        self.state = State::Ended;
        self.deadline = None;
        action
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use filament_protocol::CloseCode;

    use super::*;

    const EXPIRED: CloseReason = CloseReason { code: CloseCode::TokenExpired, retry_after_ms: None };

    /// Runs `(milliseconds, input)` pairs and gives the actions that were not `None`, with the moments they were given at.
    fn run(script: &[(u64, Input)]) -> (Closing, Vec<(u64, Action)>) {
        let start = Instant::now();
        let mut closing = Closing::new();
        let mut actions = Vec::new();
        for &(milliseconds, input) in script {
            match closing.step(input, start + Duration::from_millis(milliseconds)) {
                Action::None => {}
                action => actions.push((milliseconds, action)),
            }
        }
        (closing, actions)
    }

    /// Proves GW-35: a peer that takes and answers the close frame is closed in good order.
    #[test]
    fn an_answered_close_finishes() {
        let (closing, actions) =
            run(&[(0, Input::Close(EXPIRED)), (3, Input::FrameTaken), (2_002, Input::PeerClosed(Some(4001)))]);
        assert_eq!(actions, [(0, Action::Send(encode::close(EXPIRED))), (2_002, Action::Finish)]);
        assert!(closing.is_ended());
        assert_eq!(closing.deadline(), None);
    }

    /// Proves GW-35: 1,000 ms to take the close frame.
    #[test]
    fn a_close_frame_that_is_not_taken_resets() {
        let (_, actions) = run(&[(0, Input::Close(EXPIRED)), (999, Input::TimePassed), (1_000, Input::TimePassed)]);
        assert_eq!(actions, [(0, Action::Send(encode::close(EXPIRED))), (1_000, Action::Reset)]);
    }

    /// Proves GW-35: 2,000 ms to answer it.
    #[test]
    fn a_close_frame_that_is_not_answered_resets() {
        let (_, actions) = run(&[
            (0, Input::Close(EXPIRED)),
            (10, Input::FrameTaken),
            (2_009, Input::TimePassed),
            (2_010, Input::TimePassed),
        ]);
        assert_eq!(actions, [(0, Action::Send(encode::close(EXPIRED))), (2_010, Action::Reset)]);
    }

    #[test]
    fn the_peers_close_is_echoed_and_not_waited_for() {
        for code in [None, Some(1000), Some(4999)] {
            let (_, actions) = run(&[(0, Input::PeerClosed(code)), (1, Input::FrameTaken)]);
            assert_eq!(actions, [(0, Action::Send(encode::close_answer(code))), (1, Action::Finish)]);
        }
    }

    #[test]
    fn a_refused_close_frame_is_not_waited_for_but_other_refusals_are() {
        let (_, actions) = run(&[(0, Input::Refused(ProtocolError::CloseTooShort)), (1, Input::FrameTaken)]);
        assert_eq!(actions.last(), Some(&(1, Action::Finish)));
        let (closing, actions) = run(&[(0, Input::Refused(ProtocolError::Unmasked)), (1, Input::FrameTaken)]);
        let frame = encode::close(CloseCode::WsProtocolError.reason(None));
        assert_eq!(actions, [(0, Action::Send(frame))]);
        assert!(!closing.is_ended());
    }

    #[test]
    fn a_vanished_peer_gets_no_frame() {
        let (_, actions) = run(&[(0, Input::PeerGone), (1, Input::Close(EXPIRED)), (5_000, Input::TimePassed)]);
        assert_eq!(actions, [(0, Action::Finish)]);
    }

    #[test]
    fn row_07_a_close_frame_is_sent_once_whatever_happens() {
        let inputs = [
            Input::Close(EXPIRED),
            Input::Close(CloseCode::GoingAway.reason(Some(70))),
            Input::Refused(ProtocolError::ReservedBits),
            Input::Refused(ProtocolError::CloseTooShort),
            Input::PeerClosed(Some(1000)),
            Input::FrameTaken,
            Input::PeerGone,
            Input::TimePassed,
        ];
        // Every sequence of four inputs.
        for number in 0..inputs.len().pow(4) {
            let script: Vec<_> = (0..4u32)
                .map(|place| (u64::from(place) * 600, inputs[number / inputs.len().pow(place) % inputs.len()]))
                .collect();
            let (_, actions) = run(&script);
            let sent = actions.iter().filter(|(_, action)| matches!(action, Action::Send(_))).count();
            let ended = actions.iter().filter(|(_, action)| matches!(action, Action::Finish | Action::Reset)).count();
            assert!(sent <= 1 && ended <= 1, "{script:?} gave {actions:?}");
        }
    }

    #[test]
    fn codes_that_must_not_travel_are_known() {
        let allowed = |code: &u16| is_allowed_on_wire(*code);
        assert!(
            [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999]
                .iter()
                .all(allowed)
        );
        assert!(![0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].iter().any(allowed));
    }
}
