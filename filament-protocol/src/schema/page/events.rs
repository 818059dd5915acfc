//! `docs/GATEWAY_EVENTS.md`.

use super::definition::Types;
use super::table;
use crate::command::CommandKind;
use crate::endpoint::{self, Effect, Endpoint, State};
use crate::event::{EventKind, Lifecycle, PLANNED, PlannedEvent};
use crate::schema::emit::prose;
use crate::schema::example;
use crate::shape::Shape;

/// The words around the tables.
const TEMPLATE: &str = include_str!("events.md");

/// Where the sections of the contract become sections of the page.
const FAMILIES: &[(&str, &str, &[&str])] = &[
    ("The connection", "What the server says to one connection.", &["4.2"]),
    ("Messages", "For those who subscribed to the channel.", &["4.3"]),
    ("Channels and presence", "For the members of a guild.", &["4.4", "13"]),
    ("Voice", "For those who subscribed to the channel.", &["4.5"]),
    ("Guilds and members", "For the members of a guild.", &["4.6"]),
    ("Roles and overrides", "For the members of a guild.", &["4.7", "4.11"]),
    ("A user's guilds", "For all connections of one user.", &["4.8"]),
    ("Profiles and friends", "For all connections of a user and of those who know them.", &["4.9"]),
];

/// Writes the page.
pub(in crate::schema) fn page() -> String {
    let types = types();
    TEMPLATE
        .replace("{{overview}}", &overview())
        .replace("{{commands}}", &commands(&types))
        .replace("{{events}}", &events(&types))
        .replace("{{records}}", &types.record_sections())
        .replace("{{values}}", &types.value_sections())
        .replace("{{mapping}}", &mapping())
}

/// Everything that the payloads of the gateway are made of.
pub(super) fn types() -> Types {
    let mut types = Types::default();
    for kind in EventKind::ALL {
        visit_payload(&mut types, kind.shape());
    }
    for kind in CommandKind::ALL {
        visit_payload(&mut types, kind.shape());
    }
    for event in PLANNED {
        visit_payload(&mut types, event.shape);
    }
    // A record that is a whole payload is shown with its event, and linked from there once it has a section.
    for kind in EventKind::ALL.iter().filter(|kind| is_record(**kind)) {
        types.visit(kind.shape());
        types.visit(kind.shape());
    }
    types
}

fn visit_payload(types: &mut Types, shape: Shape) {
    if let Some(object) = shape.object() {
        types.visit_members(object.members);
    }
}

/// Whether the payload is a record of its own, such as `Message`, rather than one made for the event.
fn is_record(kind: EventKind) -> bool {
    kind.shape().name().is_some_and(|name| crate::schema::file::snake(name) != kind.name())
}

fn families() -> impl Iterator<Item = (&'static str, &'static str, Vec<EventKind>)> {
    FAMILIES.iter().map(|(title, about, sections)| {
        let kinds = EventKind::ALL.iter().copied().filter(|kind| sections.contains(&kind.emission().section));
        (*title, *about, kinds.collect())
    })
}

fn overview() -> String {
    let mut text = String::new();
    for (title, _, kinds) in families().filter(|(_, _, kinds)| !kinds.is_empty()) {
        let rows = kinds.into_iter().map(|kind| {
            let emission = kind.emission();
            let known = if emission.is_known_to_v1 { "●" } else { "" };
            [
                format!("[`{0}`](#{0})", kind.name()),
                known.to_owned(),
                kind.class().name().to_owned(),
                kind.audience().to_owned(),
                kind.actor_policy().name().to_owned(),
                emission.when.to_owned(),
            ]
        });
        let table = table(["event", "v1", "class", "audience", "actor", "sent when"], rows);
        text.push_str(&format!("**{title}**\n\n{table}\n"));
    }
    text
}

fn commands(types: &Types) -> String {
    let mut text = String::new();
    for kind in CommandKind::ALL {
        let shape = kind.shape();
        let Some(object) = shape.object() else { continue };
        text.push_str(&format!(
            "### Command `{}`\n\n{}\n\n{}\n{}\n{}",
            kind.name(),
            prose(object.doc),
            types.members(object),
            answers(*kind),
            example(kind.name(), shape)
        ));
    }
    text
}

fn answers(kind: CommandKind) -> String {
    let link = |kind: &EventKind| format!("[`{0}`](#{0})", kind.name());
    let answers: Vec<String> = kind.answers().iter().filter(|kind| **kind != EventKind::Error).map(link).collect();
    let answered = match answers.is_empty() {
        true => "Has no answer of its own.".to_owned(),
        false => format!("Answered by {}, in this order.", answers.join(", ")),
    };
    let answered = if answers.len() == 1 { answered.replace(", in this order", "") } else { answered };
    match kind.answers().contains(&EventKind::Error) {
        true => format!("{answered} Refused with [`error`](#error)."),
        false => answered,
    }
}

fn events(types: &Types) -> String {
    let mut text = String::new();
    for (title, about, kinds) in families().filter(|(_, _, kinds)| !kinds.is_empty()) {
        text.push_str(&format!("### {title}\n\n{about}\n\n"));
        for kind in kinds {
            text.push_str(&event(kind, types));
        }
    }
    text.push_str("### Planned\n\nNames that are reserved. Nothing of this is sent by version 1.0.\n\n");
    PLANNED.iter().for_each(|event| text.push_str(&planned(event, types)));
    text
}

fn event(kind: EventKind, types: &Types) -> String {
    let emission = kind.emission();
    let mut text = format!("#### `{}`\n\n", kind.name());
    if kind.lifecycle() == Lifecycle::Deprecated {
        text.push_str(&format!("**Deprecated.** {}\n\n", kind.migration().unwrap_or_default()));
    }
    text.push_str(&format!("Sent when {}.", emission.when));
    if !emission.notes.is_empty() {
        text.push_str(&format!(" {}", emission.notes));
    }
    text.push_str(&format!("\n\n{} to {}", capitalised(kind.class().name()), kind.audience()));
    text.push_str(&merged(kind.coalescing_key()));
    text.push_str(&format!(
        " · actor: {} · since {} · §{} of the contract\n\n",
        kind.actor_policy().name(),
        kind.since(),
        emission.section
    ));
    let shape = kind.shape();
    match shape.object() {
        Some(object) if is_record(kind) => text.push_str(&format!("The payload is a {}.\n", types.link(object.name))),
        Some(object) => text.push_str(&types.members(object)),
        None => {}
    }
    text.push_str(&example(kind.name(), shape));
    text
}

/// An example of the whole message, in a fold: it is longer than what it explains.
fn example(name: &str, payload: Shape) -> String {
    let text = format!("{:#}", example::envelope(name, payload));
    format!("\n<details><summary>Example</summary>\n\n```json\n{text}\n```\n\n</details>\n\n")
}

fn merged(key: &[&str]) -> String {
    if key.is_empty() { String::new() } else { format!(", merged by `{}`", key.join("`, `")) }
}

fn planned(event: &PlannedEvent, types: &Types) -> String {
    let members = event.shape.object().map_or_else(String::new, |object| types.members(object));
    format!(
        "#### `{}`\n\n{} Behind the feature `{}`.\n\n{} to {}{} · actor: {} · §19 of the contract\n\n{members}\n",
        event.name,
        event.doc,
        event.feature,
        capitalised(event.class.name()),
        event.audience,
        merged(event.coalescing_key),
        event.actor_policy.name(),
    )
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn mapping() -> String {
    let causing = endpoint::all().filter(|endpoint| !endpoint.effects.is_empty());
    table(["request", "events, in order"], causing.map(|endpoint| [request(endpoint), effects(endpoint.effects)]))
}

fn request(endpoint: &Endpoint) -> String {
    let mark = if endpoint.state == State::Planned { "○ " } else { "" };
    let name = format!("{} {}", endpoint.method.name(), endpoint.path);
    format!("{mark}[`{name}`](API.md#{})", super::anchor(&name))
}

/// The events in one line, conditional ones in brackets.
pub(super) fn effects(effects: &[Effect]) -> String {
    let words = effects.iter().map(|effect| {
        let mut text = format!("[`{0}`](#{0})", effect.event);
        if !effect.detail.is_empty() {
            text.push_str(&format!(" ({})", effect.detail));
        }
        if effect.condition.is_empty() { text } else { format!("{text}, if {}", condition(effect.condition)) }
    });
    words.collect::<Vec<_>>().join("; ")
}

fn condition(condition: &str) -> String {
    match condition {
        "plain connections" => "the connection is plain".to_owned(),
        other => other.to_owned(),
    }
}
