//! §6.5: the table of close codes, against a copy of the contract's.

use filament_protocol::{ClientAction, CloseCode, CloseReason};

const TABLE: [(u16, &str, ClientAction); 18] = [
    (1000, "normal", ClientAction::Nothing),
    (1001, "going_away", ClientAction::Resume),
    (1002, "ws_protocol_error", ClientAction::Stop),
    (1007, "invalid_utf8", ClientAction::Stop),
    (1011, "internal_error", ClientAction::Resume),
    (4001, "token_expired", ClientAction::RefreshThenResume),
    (4003, "idle_timeout", ClientAction::Resume),
    (4008, "slow_consumer", ClientAction::Resume),
    (4009, "continuity_lost", ClientAction::Resume),
    (4200, "state_lost", ClientAction::Reconnect),
    (4400, "rate_limited", ClientAction::WaitThenResume),
    (4401, "overloaded", ClientAction::WaitThenResume),
    (4500, "invalid_envelope", ClientAction::Stop),
    (4501, "unknown_event", ClientAction::Stop),
    (4502, "invalid_payload", ClientAction::Stop),
    (4503, "event_too_large", ClientAction::Stop),
    (4504, "unsupported_frame", ClientAction::Stop),
    (4510, "session_revoked", ClientAction::StopAndLogIn),
];

/// Every code of the contract, with its name and what the client does, and no other.
#[test]
fn the_table_is_that_of_the_contract() {
    let listed: Vec<_> = CloseCode::ALL.iter().map(|code| (code.code(), code.name(), code.action())).collect();
    assert_eq!(listed, TABLE);
    for (number, name, action) in TABLE {
        let code = CloseCode::from_code(number).unwrap();
        assert_eq!((code.name(), ClientAction::for_code(number)), (name, action));
    }
    for number in [0, 999, 1005, 1006, 1008, 4000, 4499, 4999, u16::MAX] {
        assert_eq!(CloseCode::from_code(number), None);
    }
}

/// An unknown code is judged by its range.
#[test]
fn unknown_codes_are_judged_by_range() {
    for (number, action) in [
        (1008, ClientAction::ResumeWithBackOff),
        (3999, ClientAction::ResumeWithBackOff),
        (4000, ClientAction::Resume),
        (4199, ClientAction::Resume),
        (4201, ClientAction::Reconnect),
        (4399, ClientAction::Reconnect),
        (4402, ClientAction::WaitThenResume),
        (4499, ClientAction::WaitThenResume),
        (4505, ClientAction::Stop),
        (4999, ClientAction::Stop),
        (5000, ClientAction::Stop),
    ] {
        assert_eq!(ClientAction::for_code(number), action, "{number}");
    }
}

/// The reason text carries the name and, where there is one, the pause; it fits a close frame.
#[test]
fn the_reason_text_is_name_and_pause() {
    assert_eq!(CloseCode::SlowConsumer.reason(None).to_string(), "slow_consumer");
    let going = CloseCode::GoingAway.reason(Some(4_321)).to_string();
    assert_eq!(going, "going_away;retry_after_ms=4321");
    assert_eq!(CloseReason::retry_after_ms_of(&going), Some(4_321));
    for text in ["going_away", "x;retry_after_ms=", "x;retry_after_ms=-1", "x;other=1", ""] {
        assert_eq!(CloseReason::retry_after_ms_of(text), None, "{text}");
    }
    for code in CloseCode::ALL {
        assert!(code.reason(Some(u32::MAX)).to_string().len() <= 123, "{code}");
    }
}
