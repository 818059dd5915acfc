//! Random values of a shape.

use std::collections::BTreeSet;

use filament_protocol::EventKind;
use filament_protocol::shape::{List, Member, Object, Presence, Rule, Shape, Tagged, Text, Unique};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::{Map, Value, json};

/// Items of a random list, unless it has to be longer.
const ITEMS: usize = 3;

/// Characters of a random text, unless it has to be longer.
const CHARACTERS: usize = 12;

pub(super) fn of(shape: &Shape) -> BoxedStrategy<Value> {
    match *shape {
        Shape::Text(text) => string(text),
        Shape::Integer(integer) => {
            let (min, max) = (integer.min, integer.max);
            prop_oneof![1 => Just(min), 1 => Just(max), 2 => min..=max].prop_map(Value::from).boxed()
        }
        Shape::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Shape::True => Just(Value::Bool(true)).boxed(),
        Shape::Words(words) => select(words.words).prop_map(|word| Value::from(word.name)).boxed(),
        Shape::List(list) => items(list),
        Shape::Object(object) => (members_of(object.members), any::<usize>())
            .prop_map(|(members, pick)| settle(object, members, pick))
            .boxed(),
        Shape::Tagged(tagged) => variant(tagged),
        Shape::Nullable(inner) => prop_oneof![1 => Just(Value::Null), 3 => of(inner)].boxed(),
        Shape::Envelope => event(),
    }
}

/// An event of a batch: a few small ones, so that values stay small.
fn event() -> BoxedStrategy<Value> {
    const KINDS: &[EventKind] =
        &[EventKind::Subscribed, EventKind::PresenceUpdate, EventKind::WorkspaceRoleUpdate, EventKind::CaughtUp];
    select(KINDS)
        .prop_flat_map(|kind| {
            of(&kind.shape()).prop_map(move |payload| json!({"v": 1, "t": kind.name(), "d": payload}))
        })
        .boxed()
}

/// A text out of the characters the form names, with white space around it if that is removed.
fn string(text: Text) -> BoxedStrategy<Value> {
    let inner = match (text.form.whole, text.form.class) {
        (Some(whole), _) => string_regex(whole).expect(whole).boxed(),
        (None, class) => {
            // Characters beyond U+FFFF count twice.
            let (min, max) = (text.min, (text.max / 2).clamp(text.min, text.min + CHARACTERS));
            let class = class.map_or_else(|| r"[\s\S]".to_owned(), |class| format!("[{class}]"));
            string_regex(&format!("{class}{{{min},{max}}}")).expect(&class).boxed()
        }
    };
    let around = if text.trimmed { "[\u{9}\u{20}\u{FEFF}\u{3000}]{0,2}" } else { "" };
    (string_regex(around).expect(around), inner, string_regex(around).expect(around))
        .prop_map(|(before, inner, after)| format!("{before}{inner}{after}"))
        .prop_filter("long enough", move |candidate| {
            let text_of = if text.trimmed { filament_protocol::text::trim(candidate) } else { candidate };
            (text.min..=text.max).contains(&text_of.encode_utf16().count())
        })
        .prop_map(Value::from)
        .boxed()
}

fn items(list: List) -> BoxedStrategy<Value> {
    let max = list.max.min(list.min + ITEMS);
    prop::collection::vec(of(list.item), list.min..=max)
        .prop_map(move |items| {
            let mut seen = vec![BTreeSet::new(); keys(list.unique).len()];
            let differs = |item: &Value| {
                let texts: Vec<String> = keys(list.unique).iter().map(|key| text_of(item, key)).collect();
                let is_new = texts.iter().zip(&seen).all(|(text, seen)| !seen.contains(text));
                if is_new {
                    texts.into_iter().zip(&mut seen).for_each(|(text, seen)| {
                        seen.insert(text);
                    });
                }
                is_new
            };
            Value::from(items.into_iter().filter(differs).collect::<Vec<_>>())
        })
        .prop_filter("long enough", move |items| items.as_array().is_some_and(|items| items.len() >= list.min))
        .boxed()
}

/// The keys of which each may stand once; the empty one is the whole item.
fn keys(unique: Unique) -> &'static [&'static [&'static str]] {
    match unique {
        Unique::No => &[],
        Unique::Items => &[&[]],
        Unique::By(keys) => keys,
    }
}

fn text_of(item: &Value, key: &[&str]) -> String {
    if key.is_empty() { item.to_string() } else { key.iter().map(|member| item[*member].to_string()).collect() }
}

fn members_of(members: &'static [Member]) -> BoxedStrategy<Map<String, Value>> {
    let values: Vec<BoxedStrategy<Option<Value>>> = members
        .iter()
        .map(|member| match member.presence {
            Presence::Required => of(member.shape).prop_map(Some).boxed(),
            Presence::Optional => prop::option::of(of(member.shape)).boxed(),
        })
        .collect();
    values
        .prop_map(|values| {
            let named = members.iter().map(|member| member.name.to_owned()).zip(values);
            named.filter_map(|(name, value)| Some((name, value?))).collect()
        })
        .boxed()
}

/// Makes members keep the rules of their object; `pick` chooses where there is a choice.
fn settle(object: &Object, mut members: Map<String, Value>, pick: usize) -> Value {
    let example = |name: &str| example(object.member(name).expect(name).shape);
    for rule in object.rules {
        match *rule {
            Rule::AnyOf(names) => {
                if !names.iter().any(|name| members.contains_key(*name)) {
                    let name = names[pick % names.len()];
                    members.insert(name.to_owned(), example(name));
                }
            }
            Rule::Together(names) => {
                if names.iter().any(|name| members.contains_key(*name)) {
                    for name in names {
                        members.entry(*name).or_insert_with(|| example(name));
                    }
                }
            }
            Rule::Disjoint(left, right) => {
                let taken = members[left].as_array().cloned().unwrap_or_default();
                if let Some(items) = members[right].as_array_mut() {
                    items.retain(|item| !taken.contains(item));
                }
            }
            Rule::NotBothEmpty { text, list } => {
                let is_empty = members.get(list).and_then(Value::as_array).is_none_or(Vec::is_empty);
                if is_empty && members[text] == "" {
                    members.insert(text.to_owned(), json!("x"));
                }
            }
            Rule::NotEmpty(text) => {
                if members[text] == "" {
                    members.insert(text.to_owned(), json!("x"));
                }
            }
            Rule::AbsentIf { member, word, absent } => {
                if members[member] == word {
                    members.remove(absent);
                }
            }
        }
    }
    Value::Object(members)
}

/// One value of a simple shape.
fn example(shape: &Shape) -> Value {
    match *shape {
        Shape::Text(text) if text.form.name == "ulid" => json!("01JZ8Q4M5N6P7Q8R9S0T1V2W3X"),
        Shape::Text(text) => json!("x".repeat(text.min)),
        Shape::Integer(integer) => json!(integer.max),
        Shape::Flag | Shape::True => json!(true),
        Shape::Words(words) => json!(words.words[0].name),
        Shape::List(list) => {
            assert_eq!(list.min, 0);
            json!([])
        }
        Shape::Nullable(_) => Value::Null,
        Shape::Object(_) | Shape::Tagged(_) | Shape::Envelope => unreachable!("no rule is about such a member"),
    }
}

fn variant(tagged: &'static Tagged) -> BoxedStrategy<Value> {
    select(tagged.variants)
        .prop_flat_map(|variant| members_of(variant.members).prop_map(move |members| (variant.word, members)))
        .prop_map(|(word, mut members)| {
            members.insert(tagged.tag.to_owned(), Value::from(word));
            Value::Object(members)
        })
        .boxed()
}
