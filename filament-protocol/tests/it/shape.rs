//! The shapes against the readers: what the data says a type takes or refuses, the type takes or refuses.

mod breaks;
mod form;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use filament_protocol::rest::{Purpose, RestType, TYPES};
use filament_protocol::shape::{Integer, Member, Shape, Tagged, lines};
use filament_protocol::{
    CommandError, CommandKind, DecodeError, DecodeErrorKind, EventKind, Received, decode_command, decode_event,
    decode_event_strict,
};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use breaks::{Break, breaks};

/// Random values of each type.
const VALUES: usize = 5;

type Verdict = Result<(), DecodeError>;

/// A document of one type, and what its reader says of it.
struct Reader {
    name: String,
    shape: Shape,
    /// Whether unknown members are refused.
    strict: bool,
    /// Path of the value in its document.
    root: &'static str,
    read: Box<dyn Fn(&Value) -> Verdict>,
}

fn envelope(name: &str, payload: &Value) -> Vec<u8> {
    format!(r#"{{"v":1,"t":"{name}","d":{payload}}}"#).into_bytes()
}

fn events(decode: fn(&[u8]) -> Result<Received, DecodeError>, strict: bool) -> impl Iterator<Item = Reader> {
    EventKind::ALL.iter().map(move |&kind| Reader {
        name: kind.to_string(),
        shape: kind.shape(),
        strict,
        root: "d",
        read: Box::new(move |payload| {
            let received = decode(&envelope(kind.name(), payload))?;
            assert!(matches!(received, Received::Event(event) if event.kind() == kind));
            Ok(())
        }),
    })
}

fn commands() -> impl Iterator<Item = Reader> {
    CommandKind::ALL.iter().map(|&kind| Reader {
        name: format!("command {kind}"),
        shape: kind.shape(),
        strict: true,
        root: "d",
        read: Box::new(move |payload| match decode_command(&envelope(kind.name(), payload)) {
            Ok(command) => {
                assert_eq!(command.kind(), kind);
                Ok(())
            }
            Err(CommandError::Payload { error, .. }) => Err(error),
            Err(other) => panic!("{payload}: {other}"),
        }),
    })
}

fn documents() -> impl Iterator<Item = Reader> {
    TYPES.iter().map(|known| Reader {
        name: known.name.to_owned(),
        shape: known.shape,
        strict: true,
        root: "",
        read: Box::new(|document| known.check(document.to_string().as_bytes())),
    })
}

/// Checks random values of a shape, and every way to break one of them in one place.
fn check(reader: &Reader) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = value::of(&reader.shape);
    let mut broken = 0;
    for _ in 0..VALUES {
        let value = strategy.new_tree(&mut runner).expect("a value").current();
        if let Err(error) = (reader.read)(&value) {
            panic!("{}: {error} in {value}", reader.name);
        }
        for Break { value, kind, path } in breaks(&reader.shape, &value, reader.root, reader.strict) {
            let error = match (reader.read)(&value) {
                Err(error) => error,
                Ok(()) => panic!("{}: no {kind} at {path} in {value}", reader.name),
            };
            // What was added to break it may make the document too long.
            if error.kind() != DecodeErrorKind::TooLarge {
                assert_eq!((error.kind(), error.path()), (kind, &*path), "{}: {value}", reader.name);
            }
            broken += 1;
        }
    }
    assert!(broken > VALUES, "{}: hardly anything can be wrong with it", reader.name);
}

/// Every event: read as a client reads it.
#[test]
fn events_are_what_their_shape_says() {
    events(decode_event, false).for_each(|reader| check(&reader));
}

/// Every event: read as its author reads it.
#[test]
fn events_read_strictly_are_what_their_shape_says() {
    events(decode_event_strict, true).for_each(|reader| check(&reader));
}

/// Every command.
#[test]
fn commands_are_what_their_shape_says() {
    commands().for_each(|reader| check(&reader));
}

/// Every body and every answer.
#[test]
fn bodies_and_answers_are_what_their_shape_says() {
    documents().for_each(|reader| check(&reader));
}

/// Calls `visit` for a shape and all shapes inside.
pub(crate) fn walk(shape: &Shape, visit: &mut dyn FnMut(&Shape)) {
    visit(shape);
    let members = |members: &[Member], visit: &mut dyn FnMut(&Shape)| {
        members.iter().for_each(|member| walk(member.shape, visit));
    };
    match shape {
        Shape::List(list) => walk(list.item, visit),
        Shape::Nullable(inner) => walk(inner, visit),
        Shape::Object(object) => members(object.members, visit),
        Shape::Tagged(Tagged { variants, .. }) => variants.iter().for_each(|variant| members(variant.members, visit)),
        Shape::Text(_) | Shape::Integer(_) | Shape::Flag | Shape::True | Shape::Words(_) | Shape::Envelope => {}
    }
}

/// Every shape of the contract.
pub(crate) fn roots() -> Vec<Shape> {
    let events = EventKind::ALL.iter().map(|kind| kind.shape());
    let commands = CommandKind::ALL.iter().map(|kind| kind.shape());
    let planned = filament_protocol::event::PLANNED.iter().map(|event| event.shape);
    events.chain(commands).chain(planned).chain(TYPES.iter().map(|known| known.shape)).collect()
}

/// One name, one definition: whoever generates definitions by name loses nothing.
#[test]
fn types_of_one_name_are_equal() {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for root in roots() {
        walk(&root, &mut |shape| {
            if let Some(name) = shape.name() {
                let text = format!("{shape:?}");
                assert_eq!(*known.entry(name).or_insert_with(|| text.clone()), text, "{name}");
            }
        });
    }
    assert!(known.len() > 150, "{}", known.len());
}

/// Everything that has a name says what it is, in plain lines; so does every member and every word.
#[test]
fn everything_is_documented() {
    let check = |owner: &str, doc: &str| {
        let first = lines(doc).next().unwrap_or_default();
        assert!(!first.is_empty() && !first.starts_with(' '), "{owner}: {doc:?}");
        assert!(lines(doc).last().is_some_and(|line| line.ends_with(['.', '`', ')'])), "{owner}: {doc:?}");
        assert!(!doc.contains("](") && !doc.contains("[`"), "{owner} links to code: {doc:?}");
    };
    for root in roots() {
        walk(&root, &mut |shape| match shape {
            Shape::Object(object) => {
                check(object.name, object.doc);
                object.members.iter().for_each(|member| check(&format!("{}.{}", object.name, member.name), member.doc));
            }
            Shape::Words(words) => {
                check(words.name, words.doc);
                words.words.iter().for_each(|word| check(&format!("{}.{}", words.name, word.name), word.doc));
            }
            Shape::Tagged(tagged) => {
                check(tagged.name, tagged.doc);
                tagged.variants.iter().for_each(|variant| check(variant.word, variant.doc));
            }
            Shape::Text(text) => {
                if let Some(name) = text.name {
                    check(name, text.doc);
                }
            }
            Shape::Integer(_) | Shape::Flag | Shape::True | Shape::List(_) | Shape::Nullable(_) | Shape::Envelope => {}
        });
    }
}

/// Numbers stay within what a browser holds exactly, and bounds are not the wrong way round.
#[test]
fn bounds_are_bounds() {
    for root in roots() {
        walk(&root, &mut |shape| match *shape {
            Shape::Integer(Integer { min, max, .. }) => assert!(min <= max && max <= 9_007_199_254_740_991),
            Shape::Text(text) => assert!(text.min <= text.max && text.max > 0, "{:?}", text.name),
            Shape::List(list) => assert!(list.min <= list.max && list.max > 0),
            _ => {}
        });
    }
}

/// A name finds one body or answer; bodies and answers are told apart.
#[test]
fn bodies_and_answers_are_found_by_name() {
    let names: BTreeSet<&str> = TYPES.iter().map(|known| known.name).collect();
    assert_eq!(names.len(), TYPES.len());
    assert_eq!(RestType::find("CreateRole").map(|known| known.purpose), Some(Purpose::Body));
    assert_eq!(RestType::find("RoleList").map(|known| known.purpose), Some(Purpose::Answer));
    assert!(RestType::find("Nothing").is_none());
    for known in TYPES {
        assert_eq!(known.shape.name(), Some(known.name));
    }
}

/// What a refused value should have been, in words, at the place the reader names.
#[test]
fn a_refusal_can_be_explained() {
    let at = |shape: Shape, path: &str| shape.at(path).map(|shape| shape.to_string());
    let message = EventKind::MessageCreate.shape();
    assert_eq!(at(message, "d.markdown_tokens[3].level").as_deref(), Some("an integer of 1 to 6"));
    assert_eq!(at(message, "d").as_deref(), Some("an object `Message`"));
    assert_eq!(at(message, "d.nothing"), None);
    let guild = RestType::find("UpdateGuild").unwrap().shape;
    let name = "a text of 1 to 64 UTF-16 units without the white space around it: characters that neither break a line \
                nor turn its direction";
    assert_eq!(at(guild, "name").as_deref(), Some(name));
    assert_eq!(at(guild, "visibility").as_deref(), Some("one of `private`, `public`"));
    let roles = EventKind::WorkspaceDefaultRoleUpdate.shape();
    assert!(at(roles, "d.role_id").is_some_and(|words| words.ends_with("base 32, the first at most `7`, or null")));
    let order = EventKind::WorkspaceRoleReorder.shape();
    assert_eq!(at(order, "d.role_ids").as_deref(), Some("a list of 0 to 62 different items"));
    assert_eq!(at(order, "d.roles[0].position").as_deref(), Some("an integer of 0 to 10000"));
}
