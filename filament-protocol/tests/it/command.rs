//! §5: the payloads of the four commands. What breaks them closes with 4502.

use filament_protocol::DecodeErrorKind::{MissingField, Null, OutOfBounds, UnknownField, WrongType};
use filament_protocol::{
    AttachmentId, ChannelId, CloseCode, Command, CommandError, CommandKind, DecodeErrorKind, GuildId, decode_command,
};

const GUILD: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W3X";
const CHANNEL: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W3Y";

fn envelope(kind: CommandKind, payload: &str) -> String {
    format!(r#"{{"v":1,"t":"{kind}","d":{{{payload}}}}}"#)
}

/// A `message_create` of both ids and `rest`.
fn post(rest: &str) -> String {
    envelope(CommandKind::MessageCreate, &format!(r#""guild_id":"{GUILD}","channel_id":"{CHANNEL}"{rest}"#))
}

#[track_caller]
fn check_refused(text: &str, command: CommandKind, kind: DecodeErrorKind, path: &str) {
    match decode_command(text.as_bytes()) {
        Err(CommandError::Payload { command: refused, error }) => {
            assert_eq!((refused, error.kind(), error.path()), (command, kind, path), "{text}");
            assert!(!error.is_envelope(), "{text}");
            let close = CommandError::Payload { command, error }.close_code();
            assert_eq!(close, CloseCode::InvalidPayload, "{text}");
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn accept(text: &str) -> Command {
    decode_command(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Proves CMD-3 for the four names there are: each is taken with its payload, the echo token included.
#[test]
fn every_command_is_taken() {
    let both = format!(r#""guild_id":"{GUILD}","channel_id":"{CHANNEL}","ref":"r-1""#);
    for kind in CommandKind::ALL {
        let payload = match kind {
            CommandKind::Subscribe | CommandKind::Unsubscribe => both.clone(),
            CommandKind::MessageCreate => format!(r#"{both},"content":"hi""#),
            CommandKind::Heartbeat => r#""s":0,"ref":"r-1""#.to_owned(),
        };
        let command = accept(&envelope(*kind, &payload));
        assert_eq!(command.kind(), *kind);
        assert_eq!(command.echo().map(|echo| echo.as_str()), Some("r-1"));
        assert_eq!(decode_command(&command.encode()), Ok(command));
    }
}

/// Proves ENV-9 and CMD-3: unknown members anywhere in `d` are refused, at the place where they stand.
#[test]
fn unknown_members_are_refused() {
    for kind in CommandKind::ALL {
        check_refused(&envelope(*kind, r#""evil":1"#), *kind, UnknownField, "d.evil");
    }
    check_refused(&post(r#","content":"hi","nonce":"1""#), CommandKind::MessageCreate, UnknownField, "d.nonce");
    check_refused(
        &envelope(CommandKind::Heartbeat, r#""s":1,"x":{"deep":[1,{"y":2}]}"#),
        CommandKind::Heartbeat,
        UnknownField,
        "d.x",
    );
}

/// Proves CMD-3 for every fault of one member.
#[test]
fn a_wrong_member_is_named() {
    let message = CommandKind::MessageCreate;
    for (rest, kind, path) in [
        ("", MissingField, "d.content"),
        (r#","content":null"#, Null, "d.content"),
        (r#","content":7"#, WrongType, "d.content"),
        (r#","content":["hi"]"#, WrongType, "d.content"),
        (r#","content":{"text":"hi"}"#, WrongType, "d.content"),
        (r#","content":"a\u0000b""#, OutOfBounds, "d.content"),
        (r#","content":"hi","ref":null"#, Null, "d.ref"),
        (r#","content":"hi","ref":"""#, OutOfBounds, "d.ref"),
        (r#","content":"hi","ref":1"#, WrongType, "d.ref"),
        (r#","content":"hi","attachment_ids":null"#, Null, "d.attachment_ids"),
        (r#","content":"hi","attachment_ids":"x""#, WrongType, "d.attachment_ids"),
        (r#","content":"hi","attachment_ids":{}"#, WrongType, "d.attachment_ids"),
        (r#","content":"hi","attachment_ids":[null]"#, Null, "d.attachment_ids[0]"),
        (r#","content":"hi","attachment_ids":[7]"#, WrongType, "d.attachment_ids[0]"),
        (r#","content":"hi","attachment_ids":["01JZ8Q4M5N6P7Q8R9S0T1V2W3Y","x"]"#, OutOfBounds, "d.attachment_ids[1]"),
    ] {
        check_refused(&post(rest), message, kind, path);
    }
}

/// Integers are literals: no fraction, no exponent, no sign; what a browser does not hold exactly is out of bounds.
#[test]
fn a_heartbeat_counts_in_integers() {
    for (value, kind) in [
        ("1.0", WrongType),
        ("1e3", WrongType),
        ("-0", WrongType),
        ("\"1\"", WrongType),
        ("true", WrongType),
        ("null", Null),
        ("-1", OutOfBounds),
        ("-99999999999999999999", OutOfBounds),
        ("9007199254740992", OutOfBounds),
        ("18446744073709551616", OutOfBounds),
    ] {
        check_refused(
            &envelope(CommandKind::Heartbeat, &format!(r#""s":{value}"#)),
            CommandKind::Heartbeat,
            kind,
            "d.s",
        );
    }
    for value in [0, 1, 9_007_199_254_740_991] {
        let command = accept(&envelope(CommandKind::Heartbeat, &format!(r#""s":{value}"#)));
        assert!(matches!(command, Command::Heartbeat(beat) if beat.s == value));
    }
}

/// Ids are canonical; existing clients compare them as text.
#[test]
fn ids_of_another_spelling_are_refused() {
    for id in [
        "01jz8q4m5n6p7q8r9s0t1v2w3x",
        "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "01JZ8Q4M5N6P7Q8R9S0T1V2W3",
        "",
        "01JZ8Q4M5N6P7Q8R9S0T1V2W3U",
    ] {
        let payload = format!(r#""guild_id":"{id}","channel_id":"{CHANNEL}""#);
        check_refused(&envelope(CommandKind::Subscribe, &payload), CommandKind::Subscribe, OutOfBounds, "d.guild_id");
    }
}

/// Proves CMD-2: 1 to 2,000 units, or none with an attachment.
#[test]
fn content_may_be_empty_only_with_an_attachment() {
    let message = CommandKind::MessageCreate;
    check_refused(&post(r#","content":"""#), message, OutOfBounds, "d");
    check_refused(&post(r#","content":"","attachment_ids":[]"#), message, OutOfBounds, "d");
    let Command::MessageCreate(with_file) = accept(&post(&format!(r#","content":"","attachment_ids":["{GUILD}"]"#)))
    else {
        panic!("another command");
    };
    assert!(with_file.content.is_empty());
    accept(&post(r#","content":" ""#));
    accept(&post(&format!(r#","content":"{}""#, "a".repeat(2_000))));
    accept(&post(&format!(r#","content":"{}""#, "\u{1F30A}".repeat(1_000))));
    accept(&post(&format!(r#","content":"{}""#, r"\ud83c\udf0a".repeat(1_000))));
    check_refused(&post(&format!(r#","content":"{}""#, "a".repeat(2_001))), message, OutOfBounds, "d.content");
    check_refused(&post(&format!(r#","content":"{}""#, "\u{1F30A}".repeat(1_001))), message, OutOfBounds, "d.content");
    check_refused(&post(&format!(r#","content":"{}a""#, "\u{1F30A}".repeat(1_000))), message, OutOfBounds, "d.content");
}

/// Proves CMD-2: at most 5 ids before duplicates are removed; then each once, in order. The decoder's part of s009.
#[test]
fn s009_six_attachment_ids_are_an_invalid_payload() {
    let ids = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("\"01JZ8Q4M5N6P7Q8R9S0T1V2W3{name}\"")).collect();
        post(&format!(r#","content":"","attachment_ids":[{}]"#, quoted.join(",")))
    };
    let id = |name: &str| format!("01JZ8Q4M5N6P7Q8R9S0T1V2W3{name}").parse::<AttachmentId>().unwrap();
    let Command::MessageCreate(command) = accept(&ids(&["C", "A", "C", "B", "A"])) else { panic!("another command") };
    assert_eq!(command.attachment_ids, [id("C"), id("A"), id("B")]);
    check_refused(&ids(&["A"; 6]), CommandKind::MessageCreate, OutOfBounds, "d.attachment_ids");
    check_refused(&ids(&["A", "B", "C", "D", "E", "F"]), CommandKind::MessageCreate, OutOfBounds, "d.attachment_ids");
}

/// The payload is read the same when it stands before the name.
#[test]
fn a_payload_before_its_name_is_read_alike() {
    let payload = format!(r#"{{"guild_id":"{GUILD}","channel_id":"{CHANNEL}","content":"h\u00e9 \ud83c\udf0a"}}"#);
    let usual = accept(&format!(r#"{{"v":1,"t":"message_create","d":{payload}}}"#));
    assert_eq!(accept(&format!(r#"{{"d":{payload},"t":"message_create","v":1}}"#)), usual);
    let Command::MessageCreate(command) = usual else { panic!("another command") };
    assert_eq!(command.guild_id, GUILD.parse::<GuildId>().unwrap());
    assert_eq!(command.channel_id, CHANNEL.parse::<ChannelId>().unwrap());
    assert_eq!(command.content, "h\u{e9} \u{1F30A}");
}

/// The name in the metric label of CMD-3 is that of the command.
#[test]
fn the_error_text_names_the_command_and_the_place_but_no_value() {
    let error = decode_command(post(r#","content":"secret\u0000""#).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "invalid payload of message_create: value out of bounds at `d.content`");
}
