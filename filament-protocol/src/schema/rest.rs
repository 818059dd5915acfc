//! Where the bodies and answers that endpoints name are described.

use super::file::snake;
use crate::event::EventKind;
use crate::rest::{Purpose, RestType, TYPES};
use crate::shape::Shape;

/// Returns the name of the schema file of a body or an answer.
///
/// An answer that is a record of its own has a file among the records, where other records refer to it.
pub(super) fn file(it: &RestType) -> String {
    let kind = match it.purpose {
        Purpose::Body => "body",
        Purpose::Answer if is_record(it) => "record",
        Purpose::Answer => "answer",
    };
    format!("{kind}.{}.json", snake(it.name))
}

/// Whether an answer is one of the nouns that lists and events hold too.
fn is_record(it: &RestType) -> bool {
    let in_answers = TYPES.iter().filter(|other| other.name != it.name).map(|other| other.shape);
    let in_events = EventKind::ALL.iter().map(|kind| kind.shape());
    let is_payload = EventKind::ALL.iter().any(|kind| kind.shape().name() == Some(it.name));
    is_payload || in_answers.chain(in_events).any(|shape| holds(shape, it.name))
}

/// Whether a type holds another one, at any depth.
fn holds(shape: Shape, name: &str) -> bool {
    let is_it = |inner: Shape| inner.name() == Some(name) || holds(inner, name);
    match shape {
        Shape::Text(_) | Shape::Integer(_) | Shape::Flag | Shape::True | Shape::Words(_) | Shape::Envelope => false,
        Shape::List(list) => is_it(*list.item),
        Shape::Nullable(inner) => is_it(*inner),
        Shape::Object(object) => object.members.iter().any(|member| is_it(*member.shape)),
        Shape::Tagged(tagged) => {
            tagged.variants.iter().flat_map(|variant| variant.members).any(|member| is_it(*member.shape))
        }
    }
}

/// Finds the type that an endpoint names.
///
/// # Panics
/// There is none: the table of endpoints names a type that does not exist, which a test of this crate finds.
pub(super) fn find(name: &str) -> &'static RestType {
    RestType::find(name)
        .unwrap_or_else(|| panic!("the table of endpoints names {name}, and rest::TYPES does not list it"))
}
