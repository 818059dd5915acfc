//! What is wrong with a single value, by its form. Each rule states the code it must give; nothing is asked of a decoder.

use super::form::{Extent, Form, INTEGER_MAX, TextRule};
use super::json::{Json, object, raw, text};

/// A wrong value, and what has to be said about it.
pub(crate) struct Fault {
    pub(crate) rule: &'static str,
    pub(crate) value: Json,
    pub(crate) code: &'static str,
}

/// Goes round in a list of alternatives, so that all are used though each place gets only some.
pub(crate) struct Turn(usize);

impl Turn {
    /// Begins at a place of its own for each document, so that documents with one member differ too.
    pub(crate) fn starting_at(start: usize) -> Self {
        Self(start)
    }

    pub(crate) fn some<T: Clone>(&mut self, count: usize, of: &[T]) -> Vec<T> {
        let first = self.0;
        self.0 += count;
        (first..first + count.min(of.len())).map(|index| of[index % of.len()].clone()).collect()
    }
}

fn fault(rule: &'static str, value: Json, code: &'static str) -> Fault {
    Fault { rule, value, code }
}

const OUT: &str = "out_of_bounds";

/// Wrong values for one place.
pub(crate) fn faults(form: &Form, turn: &mut Turn) -> Vec<Fault> {
    let mut faults = match form {
        Form::Nullable(inner) => {
            return faults(inner, turn).into_iter().filter(|fault| fault.rule != "null").collect();
        }
        Form::Id(id) => ids(id, turn),
        Form::Integer { min, max, .. } => integers(*min, *max, turn),
        Form::Flag(_) => wrong_types(&[raw("0"), text("true"), raw("1"), object([]), raw("[true]")], 2, turn),
        Form::True => {
            let mut faults = wrong_types(&[raw("1"), text("true")], 1, turn);
            faults.push(fault("constant", raw("false"), OUT));
            faults
        }
        Form::Text { rule, min, max, sample } => texts(*rule, *min, *max, sample, turn),
        Form::Word(words) => words_of(words, turn),
        Form::Tag(_) => words_of(&["Text", "html"], turn),
        Form::Permissions(_) => permissions(turn),
        Form::List { min, max, unique, items } => lists(*min, *max, *unique, items, turn),
        Form::Opaque { max, items } => lists(1, Some(*max), false, items, turn),
        Form::Object { at_least_one, .. } => objects(*at_least_one, form, turn),
    };
    faults.push(fault("null", raw("null"), "null"));
    faults
}

fn wrong_types(values: &[Json], count: usize, turn: &mut Turn) -> Vec<Fault> {
    turn.some(count, values).into_iter().map(|value| fault("wrong-type", value, "wrong_type")).collect()
}

fn not_text(sample: &str) -> Vec<Json> {
    vec![raw("7"), raw("true"), Json::List(vec![text(sample)]), object([("text", text(sample))]), raw("0.5")]
}

fn ids(id: &str, turn: &mut Turn) -> Vec<Fault> {
    let spelled = [
        ("ulid-lower-case", id.to_ascii_lowercase()),
        ("ulid-overflow", format!("8{}", &id[1..])),
        ("ulid-short", id[..25].to_owned()),
        ("ulid-long", format!("{id}0")),
        ("ulid-letter", format!("{}U", &id[..25])),
        ("ulid-letter", format!("{}I{}", &id[..12], &id[13..])),
        ("ulid-overflow", "Z".repeat(26)),
        ("ulid-space", format!(" {}", &id[..25])),
        ("ulid-empty", String::new()),
        ("ulid-wide", format!("{}\u{FF10}", &id[..25])),
        ("ulid-uuid", "0197d170-5286-7a1c-8f3b-4c5d6e7f8091".to_owned()),
    ];
    let mut faults: Vec<Fault> =
        turn.some(2, &spelled).into_iter().map(|(rule, value)| fault(rule, text(value), OUT)).collect();
    faults.extend(wrong_types(&not_text(id), 1, turn));
    faults
}

fn integers(min: u64, max: u64, turn: &mut Turn) -> Vec<Fault> {
    let mut faults = vec![fault("above-maximum", raw((u128::from(max) + 1).to_string()), OUT)];
    if min > 0 {
        faults.push(fault("below-minimum", raw((min - 1).to_string()), OUT));
    }
    let far = [
        ("negative", raw("-1")),
        ("past-2-to-the-53", raw("9007199254740993")),
        ("past-2-to-the-64", raw("18446744073709551616")),
        ("past-2-to-the-63-below-zero", raw("-9223372036854775809")),
        ("very-long-integer", raw("1".repeat(400))),
    ];
    debug_assert!(max <= INTEGER_MAX, "no bound is above what every reader can hold");
    faults.extend(turn.some(2, &far).into_iter().map(|(rule, value)| fault(rule, value, OUT)));
    let sample = min.max(1);
    let mut numbers = vec![
        ("fraction", raw(format!("{sample}.0"))),
        ("exponent", raw(format!("{sample}e0"))),
        ("huge-number", raw("1e400")),
        ("real-fraction", raw(format!("{sample}.5"))),
    ];
    if min > 0 {
        // A reader that rounds takes it for 0.
        numbers.push(("tiny-number", raw("1E-400")));
    }
    faults.extend(turn.some(2, &numbers).into_iter().map(|(rule, value)| fault(rule, value, "wrong_type")));
    if min == 0 {
        faults.push(fault("minus-zero", raw("-0"), "wrong_type"));
    }
    faults.extend(wrong_types(
        &[text(sample.to_string()), raw("true"), Json::List(vec![raw(sample.to_string())]), object([])],
        1,
        turn,
    ));
    faults
}

/// Strings of the right length that the rule forbids.
fn forbidden(rule: TextRule) -> Vec<&'static str> {
    match rule {
        TextRule::Plain
        | TextRule::Free
        | TextRule::Password
        | TextRule::Identity
        | TextRule::Trimmed
        | TextRule::MediaType => Vec::new(),
        TextRule::Name => vec![
            "tab\there",
            "del\u{7F}ete",
            "next\u{85}line",
            "line\u{2028}break",
            "paragraph\u{2029}break",
            "byte\u{FEFF}order",
            "left\u{200E}mark",
            "right\u{200F}mark",
            "over\u{202E}ride",
            "iso\u{2066}late",
            "   ",
            "\u{FEFF}",
            "\u{3000}\u{A0}",
        ],
        TextRule::Username => vec!["with space", "na\u{EF}ve", "with-hyphen", "semi;colon", "\u{FF41}bc", "abc\n"],
        TextRule::Emoji => {
            vec!["a b", "\u{FEFF}", "x\u{A0}", "\u{1F600}\u{2003}", "\u{7}", "\u{85}", "\n", "\u{3000}"]
        }
        TextRule::Filename => vec!["a/b.txt", "a\\b.txt", "a\u{1}b", "a\u{9F}b", "   ", "\u{FEFF}", "line\nbreak"],
        TextRule::Sha256 => vec![
            "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            " 3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ],
        TextRule::Color => vec!["#a1b2c3", "A1B2C3D", "#A1B2CG", "\u{FF03}A1B2C3"],
        TextRule::AnyColor => vec!["A1B2C3D", "#A1B2CG", "#12345 "],
        TextRule::Feature => vec!["Batch", "with-hyphen", "with space", "\u{E9}t\u{E9}"],
        TextRule::Cursor => vec!["a+b", "a/b", "a=", "a b", "\u{E9}"],
        TextRule::Link => {
            vec!["javascript:alert(1)", "/relative", "ftp://example.org/", "data:text/html,x", "//example.org"]
        }
        TextRule::Language => vec!["c sharp", "a\u{E9}", "a/b"],
    }
}

/// The character a string is filled up with.
pub(crate) fn filler(rule: TextRule) -> &'static str {
    match rule {
        TextRule::Sha256 | TextRule::Color | TextRule::AnyColor => "0",
        _ => "a",
    }
}

/// Whether the rule lets characters beyond U+FFFF pass.
pub(crate) fn takes_astral(rule: TextRule) -> bool {
    matches!(
        rule,
        TextRule::Plain
            | TextRule::Password
            | TextRule::Name
            | TextRule::Emoji
            | TextRule::Filename
            | TextRule::Identity
            | TextRule::Trimmed
    )
}

/// What stands before the filler where a string has to begin in a certain way.
pub(crate) fn prefix(rule: TextRule) -> &'static str {
    match rule {
        TextRule::Color | TextRule::AnyColor => "#",
        TextRule::Link => "https://example.org/",
        _ => "",
    }
}

/// A string of exactly `units` units that the rule takes.
pub(crate) fn filled(rule: TextRule, units: usize) -> String {
    let start = prefix(rule);
    if units < start.len() {
        start[..units].to_owned()
    } else {
        format!("{start}{}", filler(rule).repeat(units - start.len()))
    }
}

fn texts(rule: TextRule, min: usize, max: usize, sample: &str, turn: &mut Turn) -> Vec<Fault> {
    let mut faults = wrong_types(&not_text(sample), 1, turn);
    faults.extend(
        turn.some(1, &["\\ud800", "\\udc00", "\\udbff\\u0041", "\\ud83d\\ud83d", "\\uDFFF\\uD800"])
            .into_iter()
            .map(|escape| fault("lone-surrogate", raw(format!("\"{escape}\"")), "syntax")),
    );
    if rule == TextRule::Free {
        return faults;
    }
    if rule != TextRule::Password {
        let mut nul = sample.to_owned();
        nul.push('\0');
        let nul = if nul.len() > max { format!("{}\0", &sample[..sample.len() - 1]) } else { nul };
        faults.push(fault("nul", text(nul), OUT));
    }
    faults.push(fault("too-long", text(filled(rule, max + 1)), OUT));
    if takes_astral(rule) {
        // One character beyond U+FFFF counts two units: half as many characters as units, and one unit more.
        let wide = "\u{1F525}".repeat(max / 2) + if max.is_multiple_of(2) { "a" } else { "ab" };
        faults.push(fault("too-long-in-utf-16", text(wide), OUT));
    }
    if min > 0 {
        faults.push(fault("too-short", text(filled(rule, min - 1)), OUT));
    }
    if rule == TextRule::Trimmed {
        faults.push(fault("blank", text("   "), OUT));
    }
    let forbidden = forbidden(rule);
    if !forbidden.is_empty() {
        faults.extend(turn.some(3, &forbidden).into_iter().map(|value| fault("forbidden-text", text(value), OUT)));
    }
    faults
}

fn words_of(words: &[&str], turn: &mut Turn) -> Vec<Fault> {
    let unknown = [words[0].to_ascii_uppercase(), format!("{} ", words[0]), String::new(), "unheard_of".to_owned()];
    let mut faults: Vec<Fault> =
        turn.some(2, &unknown).into_iter().map(|word| fault("unknown-word", text(word), "unknown_word")).collect();
    let mut values = not_text(words[0]);
    values.push(object([(words[0], raw("null"))]));
    faults.extend(wrong_types(&values, 1, turn));
    faults
}

/// Faults of the list itself; those of its items have paths of their own.
fn permissions(turn: &mut Turn) -> Vec<Fault> {
    let twice = Json::List(vec![text("create_message"), text("ban_member"), text("create_message")]);
    let mut faults = vec![fault("repeated-item", twice, OUT)];
    faults.extend(wrong_types(
        &[text("create_message"), object([("create_message", raw("true"))]), raw("256"), object([])],
        1,
        turn,
    ));
    faults
}

fn lists(min: usize, max: Option<usize>, unique: bool, items: &[Form], turn: &mut Turn) -> Vec<Fault> {
    let first = items[0].sample(Extent::Minimal);
    let mut faults = wrong_types(&[object([]), first.clone_if_scalar(), object([("0", first)]), raw("0")], 1, turn);
    if let Some(max) = max {
        faults.push(fault(
            "too-many-items",
            Json::List((0..=max).map(|number| items[0].numbered(number)).collect()),
            OUT,
        ));
    }
    if min > 0 {
        let few = (0..min - 1).map(|number| items[0].numbered(number)).collect();
        faults.push(fault("too-few-items", Json::List(few), OUT));
    }
    if unique {
        let (one, other) = (items[0].numbered(1), items[0].numbered(2));
        faults.push(fault("repeated-item", Json::List(vec![one.clone(), other, one]), OUT));
    }
    faults
}

impl Json {
    /// The value, or a string if it is a list or an object: never what a list could be.
    fn clone_if_scalar(&self) -> Self {
        match self {
            Self::Raw(_) | Self::Text(_) => self.clone(),
            Self::List(_) | Self::Object(_) => text("[]"),
        }
    }
}

fn objects(at_least_one: bool, form: &Form, turn: &mut Turn) -> Vec<Fault> {
    let values = match form.sample(Extent::Minimal) {
        Json::Object(members) => Json::List(members.into_iter().map(|(_, value)| value).collect()),
        other => other,
    };
    let mut faults = vec![fault("array-for-object", values, "wrong_type")];
    faults.extend(wrong_types(&[text("{}"), raw("true"), raw("7")], 1, turn));
    if at_least_one {
        faults.push(fault("nothing-given", object([]), OUT));
    }
    faults
}
