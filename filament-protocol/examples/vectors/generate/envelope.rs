//! What can be wrong with a document before anybody asks which one it is (§1).

use super::fault::Turn;
use super::json::{Json, object, path, raw, text};
use super::kind::Side;
use super::vector::{Document, Set, Verdict};

/// Most bytes of a document (ENV-7, HTTP-11).
const DOCUMENT_BYTES_MAX: usize = 65_536;
/// Deepest nesting (ENV-8).
const DEPTH_MAX: usize = 32;

/// An envelope.
pub(crate) fn around(name: &str, payload: Json) -> Json {
    object([("v", raw("1")), ("t", text(name)), ("d", payload)])
}

/// Faults of the document, some for each kind and all over all kinds.
pub(crate) fn document_faults(side: Side, full: &Json, turn: &mut Turn, set: &mut Set) {
    for (rule, wrong) in turn.some(4, &syntax(&full.written())) {
        set.reject(rule, "", wrong, "syntax", "");
    }
    for bytes in turn.some(1, &not_utf8(&full.written())) {
        let verdict = Verdict::Reject { code: "not_utf8", path: String::new() };
        set.push("not-utf-8", "", Document::Bytes(bytes), verdict);
    }
    sizes(full, set);
    depths(side, full, set);
    if side == Side::Rest {
        return;
    }
    for (rule, wrong, code, place) in turn.some(3, &envelopes(full)) {
        set.reject(rule, place, wrong, code, place);
    }
}

/// Texts that are no JSON, made of one that is.
fn syntax(right: &str) -> Vec<(&'static str, String)> {
    let inner = &right[1..right.len() - 1];
    let (first, rest) = inner.split_once(':').expect("no document is empty");
    let place = rest.find('"').map_or(0, |place| place + 1);
    let in_string = |what: &str| format!("{{{first}:{}{what}{}}}", &rest[..place], &rest[place..]);
    let mut wrong = vec![
        ("truncated", right[..right.len() - 1].to_owned()),
        ("trailing-bytes", format!("{right}{{}}")),
        ("trailing-comma", format!("{{{inner},}}")),
        ("leading-comma", format!("{{,{inner}}}")),
        ("single-quotes", right.replace('"', "'")),
        ("comment", format!("{{/* no */{inner}}}")),
        ("byte-order-mark", format!("\u{FEFF}{right}")),
        ("unquoted-name", right.replacen('"', "", 2)),
        ("equals-sign", right.replacen(':', "=", 1)),
        ("no-comma", right.replacen(',', " ", 1)),
        ("empty-document", String::new()),
        ("white-space-only", " \t\r\n".to_owned()),
        ("vertical-tab", format!("\u{B}{right}")),
        ("no-break-space", format!("{right}\u{A0}")),
        ("nul-behind", format!("{right}\0")),
        ("number-with-leading-zero", right.replacen(first, &format!("\"n\":01,{first}"), 1)),
        ("number-with-plus", right.replacen(first, &format!("\"n\":+1,{first}"), 1)),
        ("number-without-integer", right.replacen(first, &format!("\"n\":.5,{first}"), 1)),
        ("number-without-fraction", right.replacen(first, &format!("\"n\":1.,{first}"), 1)),
        ("hexadecimal-number", right.replacen(first, &format!("\"n\":0x1,{first}"), 1)),
        ("not-a-number", right.replacen(first, &format!("\"n\":NaN,{first}"), 1)),
        ("infinity", right.replacen(first, &format!("\"n\":-Infinity,{first}"), 1)),
        ("capital-literal", right.replacen(first, &format!("\"n\":True,{first}"), 1)),
        ("undefined", right.replacen(first, &format!("\"n\":undefined,{first}"), 1)),
    ];
    // An unterminated comma list makes `no-comma` right where there is only one member.
    wrong.retain(|(rule, text)| *rule != "no-comma" || text != right);
    if place > 0 {
        wrong.extend([
            ("raw-nul-in-string", in_string("\0")),
            ("raw-newline-in-string", in_string("\n")),
            ("raw-tab-in-string", in_string("\t")),
            ("unknown-escape", in_string("\\x41")),
            ("short-escape", in_string("\\u12g")),
            ("escape-with-sign", in_string("\\u+041")),
            ("lone-high-surrogate", in_string("\\ud83d")),
            ("lone-low-surrogate", in_string("\\ude00")),
            ("surrogates-in-wrong-order", in_string("\\ude00\\ud83d")),
        ]);
    }
    wrong
}

/// Bytes that are no UTF-8, in a string and outside of one.
fn not_utf8(right: &str) -> Vec<Vec<u8>> {
    let place = right.find(":\"").map_or(1, |place| place + 2);
    let with = |bytes: &[u8]| {
        let mut all = right.as_bytes()[..place].to_vec();
        all.extend_from_slice(bytes);
        all.extend_from_slice(&right.as_bytes()[place..]);
        all
    };
    vec![
        with(&[0xFF]),
        // NUL in two bytes, a surrogate in three, a character beyond U+10FFFF, the first half of one, UTF-16.
        with(&[0xC0, 0x80]),
        with(&[0xED, 0xA0, 0x80]),
        with(&[0xF4, 0x90, 0x80, 0x80]),
        with(&[0xE2, 0x82]),
        right.encode_utf16().flat_map(u16::to_le_bytes).chain([0xFF, 0xFE]).collect(),
        [right.as_bytes(), &[0x80]].concat(),
    ]
}

fn sizes(full: &Json, set: &mut Set) {
    let right = full.written();
    let padded = |bytes: usize| format!("{{{}{}", " ".repeat(bytes - right.len()), &right[1..]);
    set.accept("largest-document", "", padded(DOCUMENT_BYTES_MAX));
    set.reject("document-too-large", "", padded(DOCUMENT_BYTES_MAX + 1), "too_large", "");
}

fn nested(levels: usize) -> Json {
    raw(format!("{}{}", "[".repeat(levels), "]".repeat(levels)))
}

fn depths(side: Side, full: &Json, set: &mut Set) {
    let payload = path(side.payload());
    // The containers around the new member.
    let around = if side == Side::Rest { 1 } else { 2 };
    let at = if side == Side::Rest { "extra" } else { "d.extra" };
    let deepest = full.with_member(&payload, "extra", nested(DEPTH_MAX - around)).written();
    if side == Side::Server {
        let verdict = Verdict::Accept { unknown: false, strict: Some(("unknown_field", at.to_owned())) };
        set.push("deepest", at, Document::Text(deepest), verdict);
    } else {
        set.reject("deepest", at, deepest, "unknown_field", at);
    }
    let deeper = full.with_member(&payload, "extra", nested(DEPTH_MAX + 1 - around)).written();
    set.reject("too-deep", at, deeper, "too_deep", "");
}

/// Envelopes that are wrong in one way each: rule, document, code, path.
fn envelopes(full: &Json) -> Vec<(&'static str, String, &'static str, &'static str)> {
    let with = |member: &str, value: Json| full.with(&path(member), value).written();
    let name = full.at(&path("t")).cloned().unwrap_or_else(|| text(""));
    let list = Json::List(["v", "t", "d"].iter().filter_map(|member| full.at(&path(member)).cloned()).collect());
    let mut wrong = vec![
        ("array-envelope", list.written(), "not_envelope", ""),
        ("string-envelope", text(full.written()).written(), "not_envelope", ""),
        ("list-of-envelopes", Json::List(vec![full.clone()]).written(), "not_envelope", ""),
        ("null-document", "null".to_owned(), "not_envelope", ""),
        ("number-document", "-0.0".to_owned(), "not_envelope", ""),
        ("extra-member", full.with_member(&[], "id", raw("7")).written(), "unknown_field", "id"),
        ("extra-member", full.with_member(&[], "V", raw("1")).written(), "unknown_field", "V"),
        ("duplicate-member", full.with_member(&[], "v", raw("1")).written(), "duplicate", "v"),
        ("duplicate-member", full.with_member(&[], "t", name.clone()).written(), "duplicate", "t"),
        ("duplicate-under-escape", full.written().replacen("{\"v\":1", "{\"v\":1,\"\\u0076\":1", 1), "duplicate", "v"),
    ];
    for member in ["v", "t", "d"] {
        wrong.push(("missing-member", full.without(&path(member)).written(), "missing_field", member));
    }
    for version in ["1.0", "1e0"] {
        wrong.push(("version-as-fraction", with("v", raw(version)), "version", "v"));
    }
    for version in ["2", "0", "-1", "\"1\"", "true", "null", "[1]", "{}", "18446744073709551617", "-0"] {
        wrong.push(("version", with("v", raw(version)), "version", "v"));
    }
    let names = [
        text(""),
        text("Subscribe"),
        text("message-create"),
        text("message create"),
        text("m\u{E9}ssage"),
        text("a".repeat(65)),
        text("subscribe\0"),
        raw("null"),
        raw("1"),
        Json::List(vec![name]),
    ];
    wrong.extend(names.into_iter().map(|name| ("name", with("t", name), "name", "t")));
    let payloads = [raw("null"), raw("[]"), text("{}"), raw("0"), raw("true"), raw("[{}]")];
    wrong.extend(payloads.into_iter().map(|payload| ("payload", with("d", payload), "not_envelope", "d")));
    wrong
}

/// The vectors of the envelope itself, with every fault there is.
pub(crate) fn vectors(side: Side, name: &'static str, payload: Json) -> Set {
    let full = around(name, payload);
    let mut set = Set::new(side, "envelope");
    set.accept("minimal", "", full.written());
    set.accept("members-reversed", "", full.reversed().written());
    set.accept("odd-spelling", "", full.written_oddly());
    set.accept("white-space", "", format!(" \t\r\n{} \t\r\n", full.written()));
    unknown_names(side, &full, &mut set);
    for (rule, wrong) in syntax(&full.written()) {
        set.reject(rule, "", wrong, "syntax", "");
    }
    for bytes in not_utf8(&full.written()) {
        let verdict = Verdict::Reject { code: "not_utf8", path: String::new() };
        set.push("not-utf-8", "", Document::Bytes(bytes), verdict);
    }
    sizes(&full, &mut set);
    depths(side, &full, &mut set);
    for (rule, wrong, code, place) in envelopes(&full) {
        set.reject(rule, place, wrong, code, place);
    }
    orders(side, &full, &mut set);
    set
}

/// Names that are well formed and not of the catalogue.
fn unknown_names(side: Side, full: &Json, set: &mut Set) {
    let longest = "a".repeat(64);
    let reserved = ["typing_start", "read_state_update", "workspace_channel_permission_override_update"];
    for name in ["no_such_name", "a", "0.9_z", "ready.", longest.as_str()].into_iter().chain(reserved) {
        let written = full.with(&path("t"), text(name)).with(&path("d"), object([("what", raw("1.5"))])).written();
        match side {
            Side::Server => {
                let strict = Some(("unknown_event", "t".to_owned()));
                let verdict = Verdict::Accept { unknown: true, strict };
                set.push("unknown-name", "t", Document::Text(written), verdict);
            }
            Side::Client | Side::Rest => set.reject("unknown-name", "t", written, "unknown_command", "t"),
        }
    }
}

/// Documents with two faults: the order of the verdicts is part of the contract.
fn orders(side: Side, full: &Json, set: &mut Set) {
    let written = full.written();
    let duplicate = full.with_member(&[], "v", raw("1"));
    let cut = duplicate.written();
    set.reject("syntax-before-duplicate", "", &cut[..cut.len() - 1], "syntax", "");
    let version = duplicate.with(&path("v"), raw("2")).with_member(&[], "x", raw("1"));
    set.reject("duplicate-before-envelope", "v", version.written(), "duplicate", "v");
    let unknown = full.with(&path("t"), text("no_such_name"));
    set.reject("envelope-before-name", "v", unknown.with(&path("v"), raw("2")).written(), "version", "v");
    let inner = full.with_member(&path("d"), "extra", object([]));
    let twice = inner.with_member(&path("d.extra"), "a", raw("1")).with_member(&path("d.extra"), "a", raw("2"));
    set.reject("duplicate-in-unknown-member", "d.extra.a", twice.written(), "duplicate", "d.extra.a");
    let escaped = inner.with_member(&path("d.extra"), "a", raw("1")).written();
    let escaped = escaped.replacen("\"a\":1", "\"a\":1,\"\\u0061\":2", 1);
    set.reject("duplicate-in-unknown-member", "d.extra.a", escaped, "duplicate", "d.extra.a");
    let padding = " ".repeat(DOCUMENT_BYTES_MAX);
    set.reject("size-before-syntax", "", format!("{padding}{written}}}"), "too_large", "");
    if side == Side::Client {
        let payload = unknown.with_member(&path("d"), "extra", raw("null"));
        set.reject("name-before-payload", "t", payload.written(), "unknown_command", "t");
        let odd = full.with_member(&path("d"), "\u{E4}-b c", raw("1"));
        set.reject("path-without-quotes", "d", odd.written(), "unknown_field", "d.??b?c");
        let long = "n".repeat(70);
        let cut = format!("d.{}", &long[..64]);
        set.reject("path-cut", "d", full.with_member(&path("d"), &long, raw("1")).written(), "unknown_field", cut);
    }
}
