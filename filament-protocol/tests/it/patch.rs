//! Absent, null and a value are three things.

use filament_protocol::{ColorHex, Patch};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Change {
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    color_hex: Patch<ColorHex>,
}

/// Each form is read and written as itself.
#[test]
fn the_three_forms_are_told_apart() {
    let red = || ColorHex::new("#FF0000").unwrap();
    for (text, patch) in [
        ("{}", Patch::Keep),
        (r#"{"color_hex":null}"#, Patch::Clear),
        (r##"{"color_hex":"#FF0000"}"##, Patch::Set(red())),
    ] {
        let change: Change = serde_json::from_str(text).unwrap();
        assert_eq!(change.color_hex, patch);
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
    }
    assert!(serde_json::from_str::<Change>(r#"{"color_hex":"red"}"#).is_err());
}

/// Applying a change.
#[test]
fn applying_keeps_clears_or_sets() {
    assert_eq!(Patch::Keep.apply(Some(1)), Some(1));
    assert_eq!(Patch::Clear.apply(Some(1)), None);
    assert_eq!(Patch::Set(2).apply(None), Some(2));
    assert!(Patch::<u8>::default().is_keep());
    assert_eq!(Patch::Set(3).as_ref(), Patch::Set(&3));
}
