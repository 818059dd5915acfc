//! The two documents for people, in Markdown: what both say in the same words.

pub(super) mod api;
mod definition;
pub(super) mod events;

use crate::endpoint::{Access, RateClass};
use crate::shape::Shape;

/// Who may call an endpoint, as the beginning of a sentence.
pub(super) fn access(access: Access) -> String {
    match access {
        Access::Open => "For everybody, without a token".to_owned(),
        Access::Metrics => "For everybody, or for holders of the metrics token if one is set".to_owned(),
        Access::Session => "For every user".to_owned(),
        Access::Member => "For members of the guild".to_owned(),
        Access::Guild(permission) => format!("For members with `{}` in the guild", permission.name()),
        Access::Channel(permission) => format!("For members with `{}` in the channel", permission.name()),
        Access::Author => {
            "For members who see the channel and wrote the message, or hold `delete_message` in it".to_owned()
        }
        Access::Owner => "For the owner of the guild and the owner of the server".to_owned(),
        Access::MediaServer => "For the media server, which signs the body".to_owned(),
    }
}

/// What a request is charged to beside the global allowance.
pub(super) const fn rate(rate: RateClass) -> Option<&'static str> {
    match rate {
        RateClass::Global => None,
        RateClass::Auth => Some("60 requests in 60 s for the route and the address"),
        RateClass::Join => Some("60 requests in 60 s for the address and 30 for the user"),
        RateClass::VoiceToken => Some("60 requests in 60 s for the user and the channel"),
    }
}

/// Returns the documentation of a type.
pub(super) const fn doc(shape: Shape) -> &'static str {
    match shape {
        Shape::Text(text) => text.doc,
        Shape::Words(words) => words.doc,
        Shape::Object(object) => object.doc,
        Shape::Tagged(tagged) => tagged.doc,
        Shape::Integer(_) | Shape::Flag | Shape::True | Shape::List(_) | Shape::Nullable(_) | Shape::Envelope => "",
    }
}

/// Returns a paragraph as one cell of a table.
fn cell(text: &str) -> String {
    text.replace("\n\n", " ").replace('\n', " ").replace('|', "\\|")
}

/// Writes a table: its head and its rows, cells as they are.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

/// Returns the anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept =
        heading.to_lowercase().chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_')).collect();
    let kept: String = kept;
    kept.replace(' ', "-")
}
