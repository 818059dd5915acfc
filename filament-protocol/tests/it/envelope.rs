//! §1 on the way in: what is no envelope closes with 4500, whatever its payload says.

use filament_protocol::DecodeErrorKind::{
    Duplicate, MissingField, Name, NotEnvelope, Syntax, TooDeep, UnknownField, Version,
};
use filament_protocol::limits::{EVENT_BYTES_MAX, MESSAGE_BYTES_MAX};
use filament_protocol::{CloseCode, Command, CommandError, DecodeErrorKind, Event, EventKind, Id, Received};
use filament_protocol::{decode_command, decode_event};

/// Checks that a text is refused as an envelope, by the reader of commands and by that of events alike.
#[track_caller]
fn check_refused(text: &str, kind: DecodeErrorKind, path: &str) {
    match decode_command(text.as_bytes()) {
        Err(CommandError::Envelope(error)) => {
            assert_eq!((error.kind(), error.path()), (kind, path), "{text}");
            assert!(error.is_envelope(), "{text}");
            assert_eq!(CommandError::Envelope(error).close_code(), CloseCode::InvalidEnvelope, "{text}");
        }
        other => panic!("{text}: {other:?}"),
    }
    let error = decode_event(text.as_bytes()).expect_err(text);
    assert_eq!((error.kind(), error.path(), error.event_kind()), (kind, path, None), "{text}");
}

#[track_caller]
fn check_accepted(text: &str) {
    match decode_command(text.as_bytes()) {
        Ok(Command::Heartbeat(heartbeat)) => assert_eq!(heartbeat.s, 7, "{text}"),
        other => panic!("{text}: {other:?}"),
    }
}

/// Proves ENV-1: three members in any order, whatever white space and escapes the text uses.
#[test]
fn an_envelope_has_its_three_members_in_any_order() {
    for text in [
        r#"{"v":1,"t":"heartbeat","d":{"s":7}}"#,
        r#"{"v":1,"d":{"s":7},"t":"heartbeat"}"#,
        r#"{"d":{"s":7},"t":"heartbeat","v":1}"#,
        r#"{"t":"heartbeat","v":1,"d":{"s":7}}"#,
        "\t{ \"v\" : 1 ,\r\n \"t\":\"heartbeat\", \"d\" : { \"s\" : 7 } } \n",
        r#"{"\u0076":1,"t":"\u0068eartbeat","d":{"\u0073":7}}"#,
    ] {
        check_accepted(text);
    }
}

/// Proves ENV-1: no other member, and none of the three missing or twice.
#[test]
fn an_envelope_with_other_members_is_refused() {
    check_refused(r#"{"v":1,"t":"heartbeat","d":{"s":7},"x":0}"#, UnknownField, "x");
    check_refused(r#"{"x":{"v":1},"v":1,"t":"heartbeat","d":{"s":7}}"#, UnknownField, "x");
    check_refused(r#"{"V":1,"t":"heartbeat","d":{"s":7}}"#, UnknownField, "V");
    check_refused(r#"{"t":"heartbeat","d":{"s":7}}"#, MissingField, "v");
    check_refused(r#"{"v":1,"d":{"s":7}}"#, MissingField, "t");
    check_refused(r#"{"v":1,"t":"heartbeat"}"#, MissingField, "d");
    check_refused("{}", MissingField, "v");
    check_refused(r#"{"v":1,"v":1,"t":"heartbeat","d":{"s":7}}"#, Duplicate, "v");
}

/// Proves ENV-2: `v` is the integer literal 1.
#[test]
fn any_other_version_is_refused() {
    for version in ["1.0", "1e0", "\"1\"", "true", "2", "0", "-1", "null", "[1]", "{}", "18446744073709551617"] {
        check_refused(&format!(r#"{{"v":{version},"t":"heartbeat","d":{{"s":7}}}}"#), Version, "v");
    }
}

/// Proves ENV-3: `t` is a string of 1 to 64 characters of `[a-z0-9_.]`.
#[test]
fn a_name_of_another_form_is_refused() {
    let too_long = format!("\"{}\"", "a".repeat(65));
    for name in [
        "\"\"",
        "\"Heartbeat\"",
        "\"heart beat\"",
        "\"heart-beat\"",
        "\"é\"",
        &too_long,
        "1",
        "null",
        "true",
        "[]",
        "{}",
    ] {
        check_refused(&format!(r#"{{"v":1,"t":{name},"d":{{"s":7}}}}"#), Name, "t");
    }
}

/// Proves ENV-3 and CMD-3: a well-formed name that is no command is another verdict, before the payload is looked at.
#[test]
fn a_well_formed_name_that_is_no_command_is_unknown() {
    let longest = "a".repeat(64);
    for name in ["ready", "typing_start", "a.b_c.1", "0", &longest] {
        let text = format!(r#"{{"v":1,"t":"{name}","d":{{"s":"no bounds here"}}}}"#);
        let error = decode_command(text.as_bytes()).expect_err(name);
        assert_eq!(error, CommandError::Unknown { name: name.into() });
        assert_eq!(error.close_code(), CloseCode::UnknownEvent);
    }
}

/// Proves ENV-4: `d` is an object.
#[test]
fn a_payload_that_is_no_object_is_refused() {
    for payload in ["null", "[]", "[7]", "7", "\"s\"", "true", "1.5"] {
        check_refused(&format!(r#"{{"v":1,"t":"heartbeat","d":{payload}}}"#), NotEnvelope, "d");
        check_refused(&format!(r#"{{"v":1,"t":"unheard_of","d":{payload}}}"#), NotEnvelope, "d");
    }
}

/// Proves ENV-5: an array, or anything else, is no envelope.
#[test]
fn a_message_that_is_no_object_is_refused() {
    for text in [r#"[1,"heartbeat",{"s":7}]"#, r#"[{"v":1,"t":"heartbeat","d":{"s":7}}]"#, "null", "1", "\"v\"", "true"]
    {
        check_refused(text, NotEnvelope, "");
    }
}

/// Proves ENV-6: no member name twice, at any depth, under any spelling, in unknown payloads too.
#[test]
fn a_duplicate_member_is_refused_at_any_depth() {
    check_refused(r#"{"v":1,"t":"heartbeat","d":{"s":7,"s":7}}"#, Duplicate, "d.s");
    check_refused(r#"{"v":1,"t":"heartbeat","d":{"s":7,"\u0073":7}}"#, Duplicate, "d.s");
    check_refused(r#"{"v":1,"t":"heartbeat","d":{"s":7,"x":{"a":1,"b":[0,{"c":1,"c":2}]}}}"#, Duplicate, "d.x.b[1].c");
    check_refused(r#"{"v":1,"t":"unheard_of","d":{"":0,"":0}}"#, Duplicate, "d.");
    check_refused(r#"{"v":1,"t":"heartbeat","t":"heartbeat","d":{"s":7}}"#, Duplicate, "t");
    check_refused(r#"{"v":2,"t":"HEARTBEAT","d":[{"a":0,"a":0}]}"#, Duplicate, "d[0].a");
    let wide: Vec<String> = (0..40).map(|index| format!("\"m{index}\":0")).collect();
    check_refused(&format!(r#"{{"v":1,"t":"x","d":{{{},"m17":1,"m3":1}}}}"#, wide.join(",")), Duplicate, "d.m17");
}

/// An object of nothing but names is decided in time that does not grow with their square.
#[test]
fn many_names_are_compared_quickly() {
    let names: Vec<String> = (0..7_000).map(|index| format!("\"{index:x}\":0")).collect();
    let text = format!(r#"{{"v":1,"t":"x","d":{{{}}}}}"#, names.join(","));
    assert!(text.len() <= MESSAGE_BYTES_MAX);
    assert_eq!(decode_command(text.as_bytes()), Err(CommandError::Unknown { name: "x".into() }));
}

/// Proves the decoder's part of ENV-7: 65,536 bytes are taken, one more is not, before anything else is looked at.
#[test]
fn a_message_is_at_most_65_536_bytes() {
    let text = r#"{"v":1,"t":"heartbeat","d":{"s":7}}"#;
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    check_accepted(&padded(65_536));
    let error = decode_command(padded(65_537).as_bytes()).unwrap_err();
    assert_eq!(error, CommandError::TooLarge { bytes: 65_537 });
    assert_eq!(error.close_code(), CloseCode::EventTooLarge);
    assert_eq!(decode_command(&[0xFF; 65_537]).unwrap_err().close_code(), CloseCode::EventTooLarge);
    assert_eq!(decode_event(&[b' '; 65_537]).unwrap_err().kind(), DecodeErrorKind::TooLarge);
}

/// Proves ENV-8: depth 32 is taken, 33 is not.
#[test]
fn nesting_is_at_most_32_deep() {
    let nested =
        |depth: usize| format!(r#"{{"v":1,"t":"x","d":{{"a":{}{}}}}}"#, "[".repeat(depth - 2), "]".repeat(depth - 2));
    assert_eq!(decode_command(nested(32).as_bytes()), Err(CommandError::Unknown { name: "x".into() }));
    check_refused(&nested(33), TooDeep, "");
    check_refused(&"[".repeat(60_000), TooDeep, "");
    check_refused(&"{\"a\":".repeat(10_000), TooDeep, "");
}

/// Proves ENV-8: text that is not UTF-8 is told apart from text that is not JSON.
#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for bytes in [
        &b"{\"v\":1,\"t\":\"heartbeat\",\"d\":{\"s\":\"\xFF\"}}"[..],
        b"\xC3",
        b"\xED\xA0\x80",
        b"\xF8\x88\x80\x80\x80",
    ] {
        let error = decode_command(bytes).unwrap_err();
        assert_eq!(error, CommandError::NotUtf8);
        assert_eq!(error.close_code(), CloseCode::InvalidUtf8);
        assert_eq!(decode_event(bytes).unwrap_err().kind(), DecodeErrorKind::NotUtf8);
    }
}

/// Proves ENV-8: anything that is not exactly one JSON document.
#[test]
fn text_that_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "\u{FEFF}{}",
        "{",
        "}",
        r#"{"v":1,"t":"heartbeat","d":{"s":7}}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7}} x"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7}}{"v":1,"t":"heartbeat","d":{"s":7}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7},}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":07}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":+7}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7.}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":.7}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7e}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":-}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":0x7}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":NaN}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":nul}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":[7,]}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":[7 7]}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s" 7}}"#,
        r#"{"v":1,"t":"heartbeat","d":{s:7}}"#,
        r#"{'v':1,"t":"heartbeat","d":{"s":7}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7,"ref":"\x41"}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7,"ref":"\u12"}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"s":7,"ref":"\u12G4"}}"#,
        "{\"v\":1,\"t\":\"heartbeat\",\"d\":{\"s\":7,\"ref\":\"a\nb\"}}",
        "{\"v\":1,\"t\":\"heartbeat\",\"d\":{\"s\":7,\"ref\":\"1234567890\u{1}234567890\"}}",
        "{\"v\":1,\"t\":\"heartbeat\",\"d\":{\"s\":7,\"ref\":\"a",
        "{\"v\":1,\"t\":\"heartbeat\",\"d\":{\"s\":7,\"ref\":\"a\\",
        "{\"v\":1,\"t\":\"heartbeat\",\"d\":{\"s\":7,\"ref\":\"\\ud83c\\udf",
        "{\"v\":1,\u{A0}\"t\":\"heartbeat\",\"d\":{\"s\":7}}",
        "{\"v\":1,/**/\"t\":\"heartbeat\",\"d\":{\"s\":7}}",
    ] {
        check_refused(text, Syntax, "");
    }
}

/// Proves ENV-8: an escape that names half a surrogate pair is no text.
#[test]
fn unpaired_surrogates_are_refused() {
    for escape in [r"\ud83c", r"\udf0a", r"\udf0a\ud83c", r"\ud83c\u0041", r"\ud83cx", r"\ud83c\n"] {
        check_refused(&format!(r#"{{"v":1,"t":"heartbeat","d":{{"s":7,"ref":"{escape}"}}}}"#), Syntax, "");
    }
    check_accepted(r#"{"v":1,"t":"heartbeat","d":{"s":7,"ref":"\ud83c\udf0a"}}"#);
}

/// The verdict of an earlier rule wins over that of a later one, wherever the two faults stand.
#[test]
fn verdicts_fall_in_the_order_of_the_rules() {
    check_refused(r#"{"x":0,"v":2,"t":"","d":[],"d":[]"#, Syntax, "");
    check_refused(r#"{"x":0,"v":2,"t":"","d":[],"d":[]}"#, Duplicate, "d");
    check_refused(r#"{"v":2,"t":"","x":0}"#, UnknownField, "x");
    check_refused(r#"{"v":2,"t":""}"#, MissingField, "d");
    check_refused(r#"{"d":[],"t":"","v":2}"#, Version, "v");
    check_refused(r#"{"d":[],"t":"","v":1}"#, Name, "t");
    check_refused(r#"{"d":[],"t":"x","v":1}"#, NotEnvelope, "d");
}

/// A path shows letters, digits and `_` of what the other side wrote, and no more than 64 of them.
#[test]
fn paths_carry_nothing_that_could_hurt_a_log() {
    check_refused("{\"a\\u0000\\nb\u{202E}<c\":0}", UnknownField, "a??b??c");
    check_refused(&format!(r#"{{"{}":0}}"#, "y".repeat(500)), UnknownField, &"y".repeat(64));
}

/// Proves ENV-12: an event of 64,512 bytes is sealed, one byte more is not, and the buffer is left as it was.
#[test]
fn an_event_is_at_most_64_512_bytes() {
    let update = |text: String| {
        Event::from(filament_protocol::event::MessageUpdate {
            guild_id: Id::from_u128(1),
            channel_id: Id::from_u128(2),
            message_id: Id::from_u128(3),
            updated_fields: filament_protocol::event::MessageUpdatedFields {
                content: filament_protocol::MessageContent::empty(),
                markdown_tokens: vec![filament_protocol::Token::Text { text: text.into() }],
                attachments: None,
            },
            updated_at_unix: filament_protocol::Timestamp::MIN,
        })
    };
    let shell = update(String::new()).encode().unwrap().len();
    let longest = update("a".repeat(EVENT_BYTES_MAX - shell));
    assert_eq!(longest.encode().unwrap().len(), EVENT_BYTES_MAX);
    let mut buffer = b"before".to_vec();
    let error = update("a".repeat(EVENT_BYTES_MAX - shell + 1)).encode_into(&mut buffer).unwrap_err();
    assert!(matches!(error, filament_protocol::EncodeError::TooLarge { bytes: 64_513, bytes_max: 64_512 }));
    assert_eq!(buffer, b"before");
}

/// Proves ENV-1, ENV-2 and ENV-3 on the way out.
#[test]
fn an_event_is_written_as_an_envelope() {
    let name = filament_protocol::CloseName::new("going_away").unwrap();
    let event = Event::from(filament_protocol::event::Closing { code: 1001, name, retry_after_ms: None });
    assert_eq!(event.kind(), EventKind::Closing);
    let text = event.encode().unwrap();
    assert_eq!(String::from_utf8_lossy(&text), r#"{"v":1,"t":"closing","d":{"code":1001,"name":"going_away"}}"#);
    assert_eq!(decode_event(&text), Ok(Received::Event(event)));
    for kind in EventKind::ALL {
        assert!(filament_protocol::envelope::is_name(kind.name()), "{kind}");
    }
}
