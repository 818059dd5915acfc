//! Times: whole unix seconds from 1 to the largest integer of a browser.

use filament_protocol::Timestamp;

/// The bounds of `time` in §0.
#[test]
fn a_time_is_a_positive_safe_integer() {
    assert_eq!(Timestamp::new(0), None);
    assert_eq!(Timestamp::new(1), Some(Timestamp::MIN));
    assert_eq!(Timestamp::new(9_007_199_254_740_991), Some(Timestamp::MAX));
    assert_eq!(Timestamp::new(9_007_199_254_740_992), None);
    for text in ["0", "-1", "1.0", "1e3", "\"1\"", "null", "9007199254740992"] {
        assert!(serde_json::from_str::<Timestamp>(text).is_err(), "{text}");
    }
    assert_eq!(serde_json::from_str::<Timestamp>("1760000000").unwrap().as_secs(), 1_760_000_000);
    assert_eq!(serde_json::to_string(&Timestamp::MAX).unwrap(), "9007199254740991");
}

/// Adding stops at the end.
#[test]
fn adding_saturates() {
    assert_eq!(Timestamp::MIN.plus_secs(899).as_secs(), 900);
    assert_eq!(Timestamp::MIN.plus_secs(u64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.plus_secs(1), Timestamp::MAX);
}
