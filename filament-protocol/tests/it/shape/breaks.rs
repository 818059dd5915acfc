//! Every way to break a value in one place, with the verdict that has to follow.

use std::cell::RefCell;
use std::collections::BTreeMap;

use filament_protocol::DecodeErrorKind::{self, MissingField, Null, OutOfBounds, UnknownField, UnknownWord, WrongType};
use filament_protocol::EventKind;
use filament_protocol::limits::BODY_BYTES_MAX;
use filament_protocol::shape::{Integer, List, Member, Object, Presence, Rule, Shape, Tagged, Text, Unique};
use regex::Regex;
use serde_json::{Map, Value, json};

/// A broken value.
pub(super) struct Break {
    pub(super) value: Value,
    pub(super) kind: DecodeErrorKind,
    /// Where the fault is.
    pub(super) path: String,
}

/// A fault that does not know yet what stands around it.
type Fault = (Value, DecodeErrorKind, String);

/// Breaks a value that has the shape.
pub(super) fn breaks(shape: &Shape, value: &Value, root: &str, strict: bool) -> Vec<Break> {
    let mut faults = inside(shape, value, strict);
    // What the whole document is, is not told by the shape of an envelope's payload.
    if root.is_empty() {
        faults.extend(outside(shape, value));
    }
    let located = |(value, kind, path): Fault| {
        let path = if root.is_empty() { path.trim_start_matches('.').to_owned() } else { format!("{root}{path}") };
        Break { value, kind, path }
    };
    faults.into_iter().map(located).collect()
}

/// Another JSON type in place of the value.
fn outside(shape: &Shape, value: &Value) -> Vec<Fault> {
    let mut faults = vec![(json!(1.5), WrongType, String::new()), (json!(1e300), WrongType, String::new())];
    if !matches!(shape, Shape::Nullable(_)) {
        faults.push((Value::Null, Null, String::new()));
    }
    let other = match value {
        Value::Object(members) => Value::from(members.values().cloned().collect::<Vec<_>>()),
        Value::Array(_) => json!({"0": 0}),
        Value::String(_) => json!([value]),
        Value::Bool(_) => json!("true"),
        Value::Number(_) => json!(value.to_string()),
        Value::Null => json!([]),
    };
    faults.push((other, WrongType, String::new()));
    faults
}

/// Faults of the value itself, and of everything in it.
fn inside(shape: &Shape, value: &Value, strict: bool) -> Vec<Fault> {
    match (shape, value) {
        (Shape::Nullable(_), Value::Null) | (Shape::Flag, _) => Vec::new(),
        (Shape::Nullable(inner), _) => inside(inner, value, strict),
        (Shape::True, _) => vec![(json!(false), OutOfBounds, String::new())],
        (Shape::Words(_), _) => {
            ["", "Nothing", "nothing "].map(|word| (json!(word), UnknownWord, String::new())).into()
        }
        (Shape::Text(text), _) => texts(text),
        (Shape::Integer(integer), _) => integers(integer),
        (Shape::List(list), Value::Array(items)) => lists(list, items, strict),
        (Shape::Object(object), Value::Object(members)) => {
            let mut faults = members_of(object.members, members, strict);
            faults.extend(rules(object, members));
            faults
        }
        (Shape::Tagged(tagged), Value::Object(members)) => variants(tagged, members, strict),
        (Shape::Envelope, Value::Object(members)) => envelopes(members, strict),
        (shape, value) => unreachable!("{shape:?} does not look like {value}"),
    }
}

fn out_of_bounds(value: Value) -> Fault {
    (value, OutOfBounds, String::new())
}

fn texts(text: &Text) -> Vec<Fault> {
    let mut candidates = vec!["x".repeat(text.max + 1), "\u{1F30A}".repeat(text.max / 2 + 1), "#".repeat(text.max + 1)];
    if text.min > 0 {
        candidates.push("x".repeat(text.min - 1));
        candidates.push(" ".repeat(text.min - 1));
    }
    // Only what the pattern refuses; a test of its own compares pattern and form.
    let pattern = compiled(text);
    let length = text.min.clamp(3, text.max.max(3));
    for odd in ["\0", "\u{7F}", "/", " ", "\u{202E}", "\n", "é", "ſ", "\u{FEFF}", "\""] {
        let candidate = format!("a{odd}{}", "a".repeat(length.saturating_sub(2)));
        if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&candidate)) {
            candidates.push(candidate);
        }
    }
    candidates.into_iter().map(|candidate| out_of_bounds(json!(candidate))).collect()
}

/// The pattern of a text, compiled once.
fn compiled(text: &Text) -> Option<Regex> {
    thread_local! {
        static KNOWN: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
    }
    let pattern = text.pattern()?;
    let compile = || Regex::new(&pattern).expect(&pattern);
    Some(KNOWN.with_borrow_mut(|known| known.entry(pattern.clone()).or_insert_with(compile).clone()))
}

fn integers(integer: &Integer) -> Vec<Fault> {
    let mut faults = vec![
        out_of_bounds(json!(integer.max + 1)),
        out_of_bounds(json!(u64::MAX)),
        out_of_bounds(json!(-1)),
        out_of_bounds(json!(i64::MIN)),
    ];
    if integer.min > 0 {
        faults.push(out_of_bounds(json!(integer.min - 1)));
    }
    faults
}

fn lists(list: &List, items: &[Value], strict: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if list.min > 0 {
        faults.push(out_of_bounds(json!([])));
    }
    if let Some(first) = items.first() {
        // A list that makes the document too long is refused for that.
        if first.to_string().len() * list.max < BODY_BYTES_MAX {
            faults.push(out_of_bounds(Value::from(vec![first.clone(); list.max + 1])));
        }
        if list.unique != Unique::No && list.max > items.len() {
            let mut repeated = items.to_vec();
            repeated.push(first.clone());
            faults.push(out_of_bounds(Value::from(repeated)));
        }
    }
    for (index, item) in items.iter().enumerate() {
        for (broken, kind, path) in outside(list.item, item).into_iter().chain(inside(list.item, item, strict)) {
            let mut items = items.to_vec();
            items[index] = broken;
            faults.push((Value::from(items), kind, format!("[{index}]{path}")));
        }
    }
    faults
}

fn members_of(known: &[Member], members: &Map<String, Value>, strict: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let with = |name: &str, value: Value| {
        let mut members = members.clone();
        members.insert(name.to_owned(), value);
        Value::from(members)
    };
    if strict {
        faults.push((with("zz", json!({})), UnknownField, ".zz".to_owned()));
    }
    for member in known {
        let name = member.name;
        if member.presence == Presence::Required {
            let mut without = members.clone();
            without.remove(name);
            faults.push((Value::from(without), MissingField, format!(".{name}")));
        }
        let Some(value) = members.get(name) else { continue };
        for (broken, kind, path) in outside(member.shape, value).into_iter().chain(inside(member.shape, value, strict))
        {
            faults.push((with(name, broken), kind, format!(".{name}{path}")));
        }
    }
    faults
}

fn rules(object: &Object, members: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in object.rules {
        let mut broken = members.clone();
        match *rule {
            Rule::AnyOf(names) => names.iter().for_each(|name| drop(broken.remove(*name))),
            Rule::Together(names) => drop(broken.remove(names[0])),
            Rule::Disjoint(left, right) => {
                let all = json!(["create_message"]);
                broken.insert(left.to_owned(), all.clone());
                broken.insert(right.to_owned(), all);
            }
            Rule::NotBothEmpty { text, list } => {
                broken.insert(text.to_owned(), json!(""));
                broken.remove(list);
            }
            Rule::NotEmpty(text) => drop(broken.insert(text.to_owned(), json!(""))),
            Rule::AbsentIf { member, word, absent } => {
                if broken.contains_key(absent) {
                    broken.insert(member.to_owned(), json!(word));
                }
            }
        }
        if broken != *members {
            faults.push(out_of_bounds(Value::from(broken)));
        }
    }
    faults
}

fn variants(tagged: &Tagged, members: &Map<String, Value>, strict: bool) -> Vec<Fault> {
    let word = members[tagged.tag].as_str().unwrap_or_default();
    let variant = tagged.variant(word).expect("a word of the contract");
    let mut faults: Vec<Fault> = members_of(variant.members, members, strict);
    let mut with = |value: Option<Value>, kind| {
        let mut members = members.clone();
        match value {
            Some(value) => drop(members.insert(tagged.tag.to_owned(), value)),
            None => drop(members.remove(tagged.tag)),
        }
        faults.push((Value::from(members), kind, format!(".{}", tagged.tag)));
    };
    with(None, MissingField);
    with(Some(Value::Null), Null);
    with(Some(json!(1)), WrongType);
    with(Some(json!("table_start")), UnknownWord);
    faults
}

fn envelopes(members: &Map<String, Value>, strict: bool) -> Vec<Fault> {
    let kind = members["t"].as_str().and_then(EventKind::from_name).expect("a known event");
    let with = |name: &str, value: Value| {
        let mut members = members.clone();
        members.insert(name.to_owned(), value);
        Value::from(members)
    };
    let mut faults = vec![
        (with("zz", json!(1)), UnknownField, ".zz".to_owned()),
        (with("v", json!(2)), OutOfBounds, ".v".to_owned()),
        (with("t", json!("batch")), OutOfBounds, ".t".to_owned()),
        (with("t", json!("No")), OutOfBounds, ".t".to_owned()),
    ];
    for (broken, kind, path) in inside(&kind.shape(), &members["d"], strict) {
        faults.push((with("d", broken), kind, format!(".d{path}")));
    }
    faults
}
