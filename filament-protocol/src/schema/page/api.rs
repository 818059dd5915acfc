//! `docs/API.md`.

use std::collections::BTreeMap;

use super::definition::{Types, grouped};
use super::{access, cell, rate, table};
use crate::endpoint::{self, Answer, Content, Endpoint, Family, Location, Parameter, Refusal, RequestBody, State};
use crate::error::ErrorCode;
use crate::schema::emit::prose;
use crate::schema::rest;
use crate::shape::{Described, Shape};

/// The words around the tables.
const TEMPLATE: &str = include_str!("api.md");

/// Writes the page.
pub(in crate::schema) fn page() -> String {
    let types = types();
    TEMPLATE
        .replace("{{contents}}", &contents())
        .replace("{{codes}}", &codes())
        .replace("{{families}}", &families(&types))
        .replace("{{records}}", &types.record_sections())
        .replace("{{values}}", &types.value_sections())
}

/// Everything that bodies and answers are made of; what the page about events shows is linked there.
fn types() -> Types {
    let events = super::events::types();
    let mut types = Types::default();
    let link = |name: &str| format!("GATEWAY_EVENTS.md#{}", super::anchor(name));
    let records = events.records.keys().filter(|name| !events.is_in_place(name));
    types.elsewhere = records.chain(events.values.keys()).map(|name| (*name, link(name))).collect::<BTreeMap<_, _>>();
    // What several endpoints take or give has a section of its own.
    for name in endpoint::all().flat_map(named_types) {
        types.visit(rest::find(name).shape);
    }
    for parameter in endpoint::all().flat_map(Endpoint::parameters) {
        types.visit(parameter.shape);
    }
    types
}

/// Names of what an endpoint takes and gives.
fn named_types(endpoint: &'static Endpoint) -> impl Iterator<Item = &'static str> {
    let body = match endpoint.body {
        RequestBody::Json(name) => Some(name),
        RequestBody::None | RequestBody::Refused | RequestBody::Bytes { .. } | RequestBody::Foreign { .. } => None,
    };
    let answers = endpoint.answers.iter().filter_map(|answer| match answer.content {
        Content::Json(name) => Some(name),
        Content::Empty | Content::Document(_) | Content::Bytes(_) | Content::Upgrade => None,
    });
    body.into_iter().chain(answers)
}

fn contents() -> String {
    let lines =
        Family::ALL.iter().map(|family| format!("- [{0}](#{1})\n", family.title(), super::anchor(family.title())));
    lines.collect()
}

fn codes() -> String {
    let Shape::Words(words) = ErrorCode::SHAPE else { return String::new() };
    let rows = ErrorCode::ALL.iter().zip(words.words).map(|(code, word)| {
        let in_event = if code.in_event() { "●" } else { "" };
        [format!("`{}`", code.name()), code.status().to_string(), in_event.to_owned(), cell(&prose(word.doc))]
    });
    let table = table(["code", "status", "in `error` events", "meaning"], rows);
    format!(
        "{table}\n`invalid_request` is also answered with 416 for a range of bytes that is not there, 422 for a wrong shape and 431 for a head that is too \
         large.\n"
    )
}

fn families(types: &Types) -> String {
    let mut text = String::new();
    for family in Family::ALL {
        text.push_str(&format!("## {}\n\n{}\n\n", family.title(), family.about()));
        let rows = family.endpoints().iter().map(|it| {
            let mark = if it.state == State::Planned { "○ " } else { "" };
            let name = format!("{} {}", it.method.name(), it.path);
            [format!("{mark}[`{name}`](#{})", super::anchor(&name)), cell(it.summary)]
        });
        text.push_str(&table(["request", "does"], rows));
        text.push('\n');
        for endpoint in family.endpoints() {
            text.push_str(&section(endpoint, types));
        }
    }
    text
}

fn section(endpoint: &Endpoint, types: &Types) -> String {
    let mut text = format!("### `{} {}`\n\n", endpoint.method.name(), endpoint.path);
    if endpoint.state == State::Planned {
        let optional = if endpoint.is_optional { " The contract leaves it to the server whether it does." } else { "" };
        text.push_str(&format!("○ *The reference server does not answer this yet.*{optional}\n\n"));
    }
    text.push_str(&format!("{} {}.", endpoint.summary, access(endpoint.access)));
    if !endpoint.is_mirrored {
        text.push_str(" At the root only.");
    }
    if endpoint.is_ip_gated {
        text.push_str(" A ban by address keeps members out.");
    }
    if let Some(rate) = rate(endpoint.rate) {
        text.push_str(&format!(" Allowance: {rate}."));
    }
    if !endpoint.notes.is_empty() {
        text.push_str(&format!(" {}", endpoint.notes));
    }
    text.push_str("\n\n");
    text.push_str(&parameters(endpoint, types));
    text.push_str(&body(endpoint.body, types));
    for answer in endpoint.answers {
        text.push_str(&self::answer(answer, types));
    }
    text.push_str(&refusals(endpoint));
    if !endpoint.effects.is_empty() {
        let effects = super::events::effects(endpoint.effects).replace("](#", "](GATEWAY_EVENTS.md#");
        text.push_str(&format!("**Causes** {effects}.\n\n"));
    }
    text.push_str(&format!("Operation `{}` · §{} of the contract\n\n", endpoint.operation, endpoint.section));
    text
}

fn parameters(endpoint: &Endpoint, types: &Types) -> String {
    // What stands in the path is plain; only the others need words.
    let all = endpoint.parameters();
    let shown: Vec<&Parameter> = all.iter().filter(|it| it.location != Location::Path).collect();
    if shown.is_empty() {
        return String::new();
    }
    let rows = shown.into_iter().map(|it| {
        let mark = if it.is_required { "" } else { "?" };
        let place = if it.location == Location::Header { "header" } else { "query" };
        let mut words = types.short(it.shape);
        if let Some(default) = it.default {
            words.push_str(&format!("; {default} if absent"));
        }
        if it.times_max > 1 {
            words.push_str(&format!("; up to {} times", it.times_max));
        }
        [format!("`{}{mark}`", it.name), place.to_owned(), words, cell(&prose(it.doc))]
    });
    let closed = if endpoint.is_query_closed { "Other members of the query are refused.\n\n" } else { "" };
    format!("{}\n{closed}", table(["parameter", "in", "form", "meaning"], rows))
}

fn body(body: RequestBody, types: &Types) -> String {
    match body {
        RequestBody::None => String::new(),
        RequestBody::Refused => "**Takes** no body; one that is not empty is refused.\n\n".to_owned(),
        RequestBody::Json(name) => format!("**Takes** {}\n", typed(name, types)),
        RequestBody::Bytes { min, max, media } => {
            let media: Vec<String> = media.iter().map(|media| format!("`{media}`")).collect();
            let media = match media.as_slice() {
                [any] if any == "`application/octet-stream`" => "any media type".to_owned(),
                media => media.join(", "),
            };
            format!("**Takes** {} to {} bytes of {media}.\n\n", grouped(min), grouped(max))
        }
        RequestBody::Foreign { max } => {
            format!("**Takes** JSON of the media server, at most {} bytes.\n\n", grouped(max))
        }
    }
}

fn answer(answer: &Answer, types: &Types) -> String {
    let about = if answer.about.is_empty() { String::new() } else { format!(" {}", answer.about) };
    let content = match answer.content {
        Content::Empty => format!("{}, empty.{about}\n\n", answer.status),
        Content::Upgrade => format!("{}.{about}\n\n", answer.status),
        Content::Document(media) | Content::Bytes(media) => {
            format!("{} with `{}`.{about}\n\n", answer.status, media.join("` or `"))
        }
        Content::Json(name) => format!("{} with {}{about}\n", answer.status, typed(name, types)),
    };
    format!("**Gives** {content}")
}

/// The members of a named type, or a link to where they are shown.
fn typed(name: &str, types: &Types) -> String {
    match rest::find(name).shape {
        Shape::Object(object) if types.is_in_place(object.name) => format!("`{name}`:\n\n{}", types.members(object)),
        shape => format!("{}.\n", types.short(shape)),
    }
}

fn refusals(endpoint: &Endpoint) -> String {
    if endpoint.refusals.is_empty() {
        return String::new();
    }
    let mut refusals: Vec<&Refusal> = endpoint.refusals.iter().collect();
    refusals.sort_by_key(|it| it.status);
    let lines: Vec<String> =
        refusals.iter().map(|it| format!("{} `{}`: {}", it.status, it.code.name(), it.why)).collect();
    match lines.as_slice() {
        [line] => format!("**Refuses** with {line}.\n\n"),
        lines => format!("**Refuses** with\n\n- {}\n\n", lines.join("\n- ")),
    }
}
