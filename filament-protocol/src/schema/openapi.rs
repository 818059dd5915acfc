//! The OpenAPI 3.1 document of the REST interface, from the table of endpoints.

use serde_json::{Map, Value, json};

use super::component::Components;
use super::emit;
use super::rest;
use crate::endpoint::{self, Access, Content, Endpoint, Family, Location, Method, Parameter, RequestBody, State};

const INFO: &str = "Version 1 of the contract. Every path exists at the root and, unless marked `x-root-only`, under \
    `/api` as well. Every refusal is `{\"error\": \"<code>\"}` with an optional `detail` for people. Operations marked \
    `x-planned` are part of the contract but not answered by this release of the reference server. What a schema cannot \
    say (lengths in UTF-16 units, duplicate members, integers written with a fraction) is told in `catalog.json` and by \
    keywords that begin with `x-`.";

const BEARER: &str = "access_token";
const METRICS: &str = "metrics_token";
const MEDIA_SERVER: &str = "media_server";

/// Makes the document.
pub(super) fn document() -> Value {
    let mut components = Components::of_document();
    let mut paths = Map::new();
    for endpoint in endpoint::all() {
        let item = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        item[endpoint.method.name().to_ascii_lowercase()] = operation(endpoint, &mut components);
    }
    components.reference(rest::find("ErrorBody").shape);
    let tags: Vec<Value> =
        Family::ALL.iter().map(|family| json!({ "name": family.title(), "description": family.about() })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Filament",
            "version": "1.0",
            "description": INFO,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "jsonSchemaDialect": super::file::DIALECT,
        "servers": [
            { "url": "/", "description": "The root." },
            { "url": "/api", "description": "The same under a prefix." },
        ],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": components.definitions(),
            "securitySchemes": {
                BEARER: { "type": "http", "scheme": "bearer", "description": "An access token of a live session." },
                METRICS: { "type": "http", "scheme": "bearer", "description": "The operator's token, if one is set." },
                MEDIA_SERVER: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "A token of the media server, signed over the body.",
                },
            },
        },
    })
}

fn operation(endpoint: &'static Endpoint, components: &mut Components) -> Value {
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| {
        operation.insert(name.to_owned(), value);
    };
    put("operationId", json!(endpoint.operation));
    put("tags", json!([endpoint.family.title()]));
    put("summary", json!(endpoint.summary));
    put("description", json!(description(endpoint)));
    put("security", security(endpoint.access));
    let parameters: Vec<Value> = endpoint.parameters().iter().map(|it| parameter(it, components)).collect();
    if !parameters.is_empty() {
        put("parameters", Value::Array(parameters));
    }
    if let Some(body) = request_body(endpoint.body, components) {
        put("requestBody", body);
    }
    put("responses", responses(endpoint, components));
    put("x-contract", json!(format!("§{}", endpoint.section)));
    let events: Vec<&str> = endpoint.effects.iter().map(|effect| effect.event).collect();
    if !events.is_empty() {
        put("x-events", json!(events));
    }
    for (name, is_set) in [
        ("x-planned", endpoint.state == State::Planned),
        ("x-optional", endpoint.is_optional),
        ("x-root-only", !endpoint.is_mirrored),
        ("x-ip-gated", endpoint.is_ip_gated),
        ("x-closed-query", endpoint.is_query_closed),
    ] {
        if is_set {
            put(name, json!(true));
        }
    }
    Value::Object(operation)
}

fn description(endpoint: &Endpoint) -> String {
    let mut text = format!("{}.", super::page::access(endpoint.access));
    if endpoint.is_ip_gated {
        text.push_str(" A ban by address keeps members out.");
    }
    if let Some(rate) = super::page::rate(endpoint.rate) {
        text.push_str(&format!(" Charged beside the global allowance: {rate}."));
    }
    if !endpoint.notes.is_empty() {
        text.push(' ');
        text.push_str(endpoint.notes);
    }
    text
}

fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([]),
        Access::Metrics => json!([{ METRICS: [] }, {}]),
        Access::MediaServer => json!([{ MEDIA_SERVER: [] }]),
        Access::Session | Access::Member | Access::Guild(_) | Access::Channel(_) | Access::Author | Access::Owner => {
            json!([{ BEARER: [] }])
        }
    }
}

fn parameter(parameter: &Parameter, components: &mut Components) -> Value {
    let location = match parameter.location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
    };
    let mut schema = components.reference(parameter.shape);
    if let Some(default) = parameter.default {
        schema["default"] = json!(default);
    }
    let is_list = parameter.times_max > 1;
    if is_list {
        schema = json!({ "type": "array", "items": schema, "maxItems": parameter.times_max });
    }
    let mut value = json!({
        "name": parameter.name,
        "in": location,
        "description": emit::prose(parameter.doc),
        "required": parameter.is_required,
        "schema": schema,
    });
    if is_list {
        value["explode"] = json!(true);
    }
    value
}

fn request_body(body: RequestBody, components: &mut Components) -> Option<Value> {
    let content = match body {
        RequestBody::None | RequestBody::Refused => return None,
        RequestBody::Json(name) => {
            json!({ "application/json": { "schema": components.reference(rest::find(name).shape) } })
        }
        RequestBody::Bytes { min, max, media } => {
            let about = format!("{min} to {max} bytes.");
            media.iter().map(|media| (*media, json!({ "schema": { "description": about } }))).collect()
        }
        RequestBody::Foreign { max } => {
            let about = format!("A note of the media server, at most {max} bytes.");
            json!({ "application/json": { "schema": { "type": "object", "description": about } } })
        }
    };
    Some(json!({ "required": true, "content": content }))
}

fn responses(endpoint: &Endpoint, components: &mut Components) -> Value {
    let mut responses = Map::new();
    for answer in endpoint.answers {
        let about = match (answer.about, answer.content) {
            ("", Content::Json(name)) => emit::first_paragraph(super::page::doc(rest::find(name).shape)),
            ("", _) => "Done.".to_owned(),
            (about, _) => about.to_owned(),
        };
        let mut value = json!({ "description": about });
        match answer.content {
            Content::Empty | Content::Upgrade => {}
            Content::Json(name) => {
                let schema = components.reference(rest::find(name).shape);
                value["content"] = json!({ "application/json": { "schema": schema } });
            }
            Content::Document(media) => {
                value["content"] = media.iter().map(|it| (*it, json!({ "schema": { "type": "object" } }))).collect();
            }
            Content::Bytes(media) => {
                value["content"] = media.iter().map(|media| (*media, json!({ "schema": {} }))).collect();
            }
        }
        responses.insert(answer.status.to_string(), value);
    }
    let mut refusals = endpoint.all_refusals();
    if endpoint.method != Method::Get && endpoint.body == RequestBody::None {
        refusals.retain(|refusal| refusal.status != 415);
    }
    let error = components.reference(rest::find("ErrorBody").shape);
    for refusal in refusals {
        let line = format!("- `{}`: {}", refusal.code.name(), refusal.why);
        let response = responses
            .entry(refusal.status.to_string())
            .or_insert_with(|| json!({ "description": "", "content": { "application/json": { "schema": error } } }));
        let text = response["description"].as_str().unwrap_or_default();
        let text = if text.is_empty() { line } else { format!("{text}\n{line}") };
        response["description"] = json!(text);
    }
    Value::Object(responses)
}
