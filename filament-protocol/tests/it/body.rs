//! §9.1 HTTP-7 on request bodies: syntax, shape and bounds are told apart, for every body there is.

use filament_protocol::DecodeErrorKind::{
    Duplicate, MissingField, NotUtf8, Null, OutOfBounds, Syntax, TooDeep, TooLarge, UnknownField, UnknownWord,
    WrongType,
};
use filament_protocol::limits::BODY_BYTES_MAX;
use filament_protocol::rest::{
    Body, CreateChannel, CreateGuild, EditMessage, Login, Logout, Lookup, PostMessage, Refresh, Register,
    ReorderChannels, UpdateChannel, UpdateGuild, UpdateProfile,
};
use filament_protocol::{DecodeErrorKind, Visibility, decode_body};
use serde_json::{Map, Value, json};

const ID: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W3X";
const OTHER: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W3Y";

#[track_caller]
fn check_refused<T: Body + std::fmt::Debug>(body: &str, kind: DecodeErrorKind, path: &str) {
    let error = decode_body::<T>(body.as_bytes()).expect_err(body);
    assert_eq!((error.kind(), error.path()), (kind, path), "{body}");
    let syntax = matches!(kind, Syntax | TooDeep | TooLarge | NotUtf8);
    let bounds = kind == OutOfBounds;
    assert_eq!(
        (error.is_syntax(), error.is_shape(), error.is_bounds()),
        (syntax, !syntax && !bounds, bounds),
        "{body}"
    );
}

#[track_caller]
fn accept<T: Body>(body: &str) -> T {
    decode_body(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// One member of a body: a value it takes, one that is out of its bounds (if it has any), and whether it must be there.
struct Member {
    name: &'static str,
    good: Value,
    out_of_bounds: Option<Value>,
    required: bool,
}

fn required(name: &'static str, good: Value, out_of_bounds: Option<Value>) -> Member {
    Member { name, good, out_of_bounds, required: true }
}

fn optional(name: &'static str, good: Value, out_of_bounds: Option<Value>) -> Member {
    Member { name, good, out_of_bounds, required: false }
}

fn object(members: &[Member]) -> Map<String, Value> {
    members.iter().map(|member| (member.name.to_owned(), member.good.clone())).collect()
}

/// Breaks a body in every way one member can break, and in every pair of a bound and a shape.
fn check_members<T: Body + std::fmt::Debug>(members: &[Member]) {
    let whole = object(members);
    accept::<T>(&Value::from(whole.clone()).to_string());
    let with = |name: &str, value: Value| {
        let mut object = whole.clone();
        object.insert(name.to_owned(), value);
        object
    };
    let text = |object: Map<String, Value>| Value::from(object).to_string();
    check_refused::<T>(&text(with("zz", json!(1))), UnknownField, "zz");
    check_refused::<T>(&format!("[{}]", text(whole.clone())), WrongType, "");
    check_refused::<T>("null", Null, "");
    let items: Vec<Value> = members.iter().map(|member| member.good.clone()).collect();
    check_refused::<T>(&Value::from(items).to_string(), WrongType, "");
    for member in members {
        let name = member.name;
        let mut without = whole.clone();
        without.remove(name);
        if member.required {
            check_refused::<T>(&text(without), MissingField, name);
        } else if members.iter().any(|member| member.required) {
            accept::<T>(&text(without));
        }
        check_refused::<T>(&text(with(name, Value::Null)), Null, name);
        check_refused::<T>(&text(with(name, json!(1.0))), WrongType, name);
        check_refused::<T>(&text(with(name, json!({}))), WrongType, name);
        let twice = text(whole.clone()).replacen('{', &format!("{{\"{name}\":null,"), 1);
        check_refused::<T>(&twice, Duplicate, name);
        let Some(out_of_bounds) = &member.out_of_bounds else { continue };
        let bent = with(name, out_of_bounds.clone());
        let error = decode_body::<T>(text(bent.clone()).as_bytes()).expect_err(name);
        assert_eq!(error.kind(), OutOfBounds, "{name}");
        assert!(error.path().starts_with(name), "{name}: {}", error.path());
        for unknown in ["aa", "zz"] {
            let mut worse = bent.clone();
            worse.insert(unknown.to_owned(), json!(1));
            check_refused::<T>(&text(worse), UnknownField, unknown);
        }
        for other in members.iter().filter(|other| other.name != name) {
            let mut worse = bent.clone();
            worse.insert(other.name.to_owned(), Value::Null);
            check_refused::<T>(&text(worse.clone()), Null, other.name);
            worse.remove(other.name);
            if other.required {
                check_refused::<T>(&text(worse), MissingField, other.name);
            }
        }
    }
}

/// Proves HTTP-7, and the part of HTTP-8 that puts shape before bounds, for every request body.
#[test]
fn every_body_tells_shape_from_bounds() {
    let captcha = || optional("captcha_token", json!("t"), None);
    check_members::<Register>(&[
        required("username", json!("ann.b_1"), Some(json!("a b"))),
        required("password", json!("twelve chars"), Some(json!("eleven char"))),
        captcha(),
    ]);
    check_members::<Login>(&[required("username", json!(""), None), required("password", json!(""), None), captcha()]);
    check_members::<Refresh>(&[required("refresh_token", json!(""), None)]);
    check_members::<Logout>(&[required("refresh_token", json!("x y"), None)]);
    check_members::<Lookup>(&[required("user_ids", json!([ID]), Some(json!([])))]);
    check_members::<UpdateProfile>(&[
        optional("username", json!("ann"), Some(json!("an"))),
        optional("about_markdown", json!(""), Some(json!("\0"))),
    ]);
    check_members::<CreateGuild>(&[
        required("name", json!("G"), Some(json!("\u{FEFF}"))),
        optional("visibility", json!("public"), None),
    ]);
    check_members::<UpdateGuild>(&[
        optional("name", json!("G"), Some(json!(" "))),
        optional("visibility", json!("private"), None),
    ]);
    let overlap =
        json!([{"target_kind": "role", "target_id": ID, "allow": ["create_message"], "deny": ["create_message"]}]);
    check_members::<CreateChannel>(&[
        required("name", json!("general"), Some(json!(""))),
        optional("kind", json!("voice"), None),
        optional("overrides", json!([]), Some(overlap)),
    ]);
    check_members::<UpdateChannel>(&[required("name", json!("x"), Some(json!("a\u{202E}b")))]);
    check_members::<ReorderChannels>(&[required("channel_ids", json!([ID, OTHER]), Some(json!([ID, ID])))]);
    check_members::<PostMessage>(&[
        required("content", json!("hi"), Some(json!("\0"))),
        optional("attachment_ids", json!([ID]), Some(json!(["x"]))),
    ]);
    check_members::<EditMessage>(&[required("content", json!("hi"), Some(json!("a".repeat(2_001))))]);
}

/// Proves the 400 side of HTTP-7: bytes that are not JSON, before anything they would have meant.
#[test]
fn bytes_that_are_not_json_are_a_syntax_error() {
    for body in
        ["", "{", r#"{"name":"G"}}"#, r#"{"name":"G",}"#, r#"{"evil":1,"evil":1,"name":""#, r#"{"name":"\ud800"}"#]
    {
        check_refused::<CreateGuild>(body, Syntax, "");
    }
    check_refused::<CreateGuild>(&format!(r#"{{"name":{}{}}}"#, "[".repeat(32), "]".repeat(32)), TooDeep, "");
    let error = decode_body::<CreateGuild>(b"{\"name\":\"\xFF\"}").unwrap_err();
    assert_eq!(error.kind(), NotUtf8);
    assert!(error.is_syntax());
}

/// Proves the decoder's part of HTTP-11: 65,536 bytes are read, one more is not.
#[test]
fn a_body_is_at_most_65_536_bytes() {
    let text = r#"{"name":"G"}"#;
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    accept::<CreateGuild>(&padded(BODY_BYTES_MAX));
    check_refused::<CreateGuild>(&padded(BODY_BYTES_MAX + 1), TooLarge, "");
}

/// Proves HTTP-7 for words: an unknown one is a shape, permission names included; a repeated permission is a bound.
#[test]
fn unknown_words_are_a_shape() {
    check_refused::<CreateGuild>(r#"{"name":"G","visibility":"Public"}"#, UnknownWord, "visibility");
    check_refused::<CreateGuild>(r#"{"name":"","visibility":"secret"}"#, UnknownWord, "visibility");
    check_refused::<CreateGuild>(r#"{"name":"G","visibility":{"public":null}}"#, WrongType, "visibility");
    let channel = |allow: &str, deny: &str, target: &str| {
        format!(
            r#"{{"name":"c","overrides":[{{"target_kind":"{target}","target_id":"{ID}","allow":{allow},"deny":{deny}}}]}}"#
        )
    };
    accept::<CreateChannel>(&channel(r#"["subscribe_streams","manage_roles"]"#, r#"["create_message"]"#, "member"));
    check_refused::<CreateChannel>(&channel(r#"["fly"]"#, "[]", "role"), UnknownWord, "overrides[0].allow[0]");
    check_refused::<CreateChannel>(&channel("[]", "[1]", "role"), WrongType, "overrides[0].deny[0]");
    check_refused::<CreateChannel>(&channel("[]", "4", "role"), WrongType, "overrides[0].deny");
    check_refused::<CreateChannel>(&channel("[]", "[]", "everyone"), UnknownWord, "overrides[0].target_kind");
    let twice = channel(r#"["ban_member","ban_member"]"#, "[]", "role");
    check_refused::<CreateChannel>(&twice, OutOfBounds, "overrides[0].allow");
    let worse = channel(r#"["ban_member","ban_member"]"#, r#"["fly"]"#, "role");
    check_refused::<CreateChannel>(&worse, UnknownWord, "overrides[0].deny[0]");
}

/// A channel is born with at most 16 overrides, each complete, one per target.
#[test]
fn overrides_of_a_new_channel_are_bounded() {
    let overrides = |count: u128| {
        let items: Vec<Value> = (0..count)
            .map(|index| {
                let id = filament_protocol::OverrideTargetId::from_u128(index);
                json!({"target_kind": "role", "target_id": id, "allow": [], "deny": []})
            })
            .collect();
        json!({"name": "c", "overrides": items})
    };
    assert_eq!(accept::<CreateChannel>(&overrides(16).to_string()).overrides.len(), 16);
    check_refused::<CreateChannel>(&overrides(17).to_string(), OutOfBounds, "overrides");
    let mut repeated = overrides(2);
    repeated["overrides"][1] = repeated["overrides"][0].clone();
    check_refused::<CreateChannel>(&repeated.to_string(), OutOfBounds, "overrides");
    repeated["overrides"][1]["target_kind"] = json!("member");
    accept::<CreateChannel>(&repeated.to_string());
    let mut incomplete = overrides(1);
    incomplete["overrides"][0].as_object_mut().unwrap().remove("deny");
    check_refused::<CreateChannel>(&incomplete.to_string(), MissingField, "overrides[0].deny");
}

/// A change without any member changes nothing and is refused.
#[test]
fn a_change_of_nothing_is_refused() {
    check_refused::<UpdateGuild>("{}", OutOfBounds, "");
    check_refused::<UpdateProfile>("{}", OutOfBounds, "");
}

/// Defaults of absent members.
#[test]
fn absent_members_have_their_default() {
    assert_eq!(accept::<CreateGuild>(r#"{"name":" G "}"#).visibility, Visibility::Private);
    assert_eq!(accept::<CreateGuild>(r#"{"name":" G "}"#).name, "G");
    let channel = accept::<CreateChannel>(r#"{"name":"c"}"#);
    assert_eq!((channel.kind.name(), channel.overrides.len()), ("text", 0));
}

/// Proves the bounds of §9.9 on a posted and an edited message. The decoder's part of s006.
#[test]
fn s006_content_is_counted_in_utf_16_units() {
    let post = |content: &str, rest: &str| format!(r#"{{"content":"{content}"{rest}}}"#);
    accept::<PostMessage>(&post(&"\u{1F30A}".repeat(1_000), ""));
    check_refused::<PostMessage>(&post(&"\u{1F30A}".repeat(1_001), ""), OutOfBounds, "content");
    check_refused::<PostMessage>(&post("", ""), OutOfBounds, "");
    check_refused::<PostMessage>(&post("", r#","attachment_ids":[]"#), OutOfBounds, "");
    accept::<PostMessage>(&post("", &format!(r#","attachment_ids":["{ID}"]"#)));
    check_refused::<PostMessage>(&post(r"\u0000", ""), OutOfBounds, "content");
    let six = [ID; 6].map(|id| format!("\"{id}\"")).join(",");
    check_refused::<PostMessage>(&post("a", &format!(r#","attachment_ids":[{six}]"#)), OutOfBounds, "attachment_ids");
    check_refused::<EditMessage>(&post("", ""), OutOfBounds, "");
    accept::<EditMessage>(&post("a", ""));
}

/// Lists of ids: 1 to 64 users without duplicates, 1 to 200 channels with none.
#[test]
fn id_lists_are_bounded() {
    let list = |member: &str, count: u128| {
        let ids: Vec<_> = (0..count).map(filament_protocol::UserId::from_u128).collect();
        json!({ member: ids }).to_string()
    };
    assert_eq!(accept::<Lookup>(&list("user_ids", 64)).user_ids.len(), 64);
    check_refused::<Lookup>(&list("user_ids", 65), OutOfBounds, "user_ids");
    let lookup = accept::<Lookup>(&json!({"user_ids": [OTHER, ID, OTHER]}).to_string());
    assert_eq!(lookup.user_ids.iter().map(ToString::to_string).collect::<Vec<_>>(), [OTHER, ID]);
    assert_eq!(accept::<ReorderChannels>(&list("channel_ids", 200)).channel_ids.len(), 200);
    check_refused::<ReorderChannels>(&list("channel_ids", 201), OutOfBounds, "channel_ids");
    check_refused::<ReorderChannels>(&list("channel_ids", 0), OutOfBounds, "channel_ids");
}

/// Secrets do not show in debug output, and neither does the body that holds them.
#[test]
fn secrets_are_not_shown() {
    let register = accept::<Register>(r#"{"username":"ann","password":"correct horse battery"}"#);
    assert_eq!(register.password.as_str(), "correct horse battery");
    assert!(!format!("{register:?}").contains("horse"));
    let login = accept::<Login>(r#"{"username":"ann","password":"correct horse battery"}"#);
    assert!(!format!("{login:?}").contains("horse"));
    let refresh = accept::<Refresh>(r#"{"refresh_token":"correct.horse"}"#);
    assert!(!format!("{refresh:?}").contains("horse"));
}
