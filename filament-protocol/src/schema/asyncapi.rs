//! The AsyncAPI 3 document of the gateway.

use serde_json::{Map, Value, json};

use super::component::{Components, envelope};
use super::emit::prose;
use super::example;
use crate::command::CommandKind;
use crate::event::EventKind;
use crate::shape::Shape;

const INFO: &str = "Events and commands of a chat server, version 1 of the contract. Every message is one JSON object \
    `{\"v\":1,\"t\":…,\"d\":…}` of at most 65,536 bytes. The server refuses what it does not know; a client passes over \
    events and members it does not know. What a schema cannot say (lengths in UTF-16 units, duplicate members, integers \
    written with a fraction) is told in `catalog.json` and by keywords that begin with `x-`.";

/// Makes the document.
pub(super) fn document() -> Value {
    let mut components = Components::of_document();
    let mut messages = Map::new();
    for kind in events() {
        let payload = envelope(kind.name(), &components.reference(kind.shape()));
        messages.insert(event_key(kind), event_message(kind, &payload));
    }
    for kind in CommandKind::ALL {
        let payload = envelope(kind.name(), &components.reference(kind.shape()));
        messages.insert(command_key(*kind), message(kind.name(), "command", kind.shape(), &payload));
    }
    let mut schemas = Value::Object(components.definitions());
    for_draft_7(&mut schemas);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Filament gateway",
            "version": "1.0",
            "description": INFO,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8080",
                "protocol": "ws",
                "description": "A server started with no configuration.",
            },
        },
        "channels": { "gateway": gateway(), "stream": stream() },
        "operations": operations(),
        "components": { "schemas": schemas, "messages": messages, "securitySchemes": security() },
    })
}

fn events() -> impl Iterator<Item = EventKind> {
    EventKind::ALL.iter().copied()
}

fn event_key(kind: EventKind) -> String {
    format!("event.{}", kind.name())
}

fn command_key(kind: CommandKind) -> String {
    format!("command.{}", kind.name())
}

fn message(name: &str, tag: &str, payload: Shape, schema: &Value) -> Value {
    let (title, doc) = payload.object().map_or((name, ""), |object| (object.name, object.doc));
    let example = example::envelope(name, payload);
    json!({
        "name": name,
        "title": title,
        "summary": prose(doc),
        "tags": [{ "name": tag }],
        "payload": schema,
        "examples": [{ "payload": example }],
    })
}

fn event_message(kind: EventKind, schema: &Value) -> Value {
    let emission = kind.emission();
    let mut message = message(kind.name(), kind.scope().name(), kind.shape(), schema);
    let mut description = format!("Sent when {}.", emission.when);
    for text in [emission.notes, kind.migration().unwrap_or_default()] {
        if !text.is_empty() {
            description.push(' ');
            description.push_str(text);
        }
    }
    message["description"] = json!(description);
    message["x-audience"] = json!(kind.audience());
    message["x-class"] = json!(kind.class().name());
    message["x-actor-policy"] = json!(kind.actor_policy().name());
    message["x-lifecycle"] = json!(kind.lifecycle().name());
    message
}

fn references(keys: impl Iterator<Item = String>) -> Map<String, Value> {
    keys.map(|key| {
        let target = format!("#/components/messages/{key}");
        (key, json!({ "$ref": target }))
    })
    .collect()
}

fn gateway() -> Value {
    let mut messages = references(CommandKind::ALL.iter().copied().map(command_key));
    messages.extend(references(events().filter(|kind| *kind != EventKind::Closing).map(event_key)));
    json!({
        "address": "/gateway/ws",
        "title": "WebSocket",
        "description": "Text frames, one message each. The first one from the server is `ready`. See §6 of the contract \
            for connecting, subscribing, heartbeats and close codes.",
        "messages": messages,
        "bindings": { "ws": { "method": "GET", "query": {
            "type": "object",
            "properties": {
                "access_token": { "type": "string", "description": "The access token, where no header can carry it." },
                "features": { "type": "string", "description": "Features the client knows, separated by commas." },
                "cursor": { "type": "string", "description": "Where an earlier connection ended." },
                "subscribe": { "type": "string", "description": "`<guild_id>:<channel_id>`, up to 128 times." },
            },
        } } },
    })
}

fn stream() -> Value {
    // A stream negotiates nothing, so it never carries a batch.
    let carried = events().filter(|kind| !matches!(kind, EventKind::Batch | EventKind::HeartbeatAck));
    json!({
        "address": "/gateway/sse",
        "title": "Server-Sent Events",
        "description": "The same events, one envelope per `data:` line; the `id:` of an event is the cursor to resume \
            from. Takes no commands. See §7.3 of the contract.",
        "messages": references(carried.map(event_key)),
    })
}

fn operations() -> Value {
    let of = |channel: &str, keys: Vec<String>| -> Vec<Value> {
        keys.into_iter().map(|key| json!({ "$ref": format!("#/channels/{channel}/messages/{key}") })).collect()
    };
    let mut operations = Map::new();
    for kind in CommandKind::ALL {
        let answers: Vec<String> = kind.answers().iter().copied().map(event_key).collect();
        operations.insert(
            kind.name().to_owned(),
            json!({
                "action": "receive",
                "channel": { "$ref": "#/channels/gateway" },
                "summary": prose(kind.shape().object().map_or("", |object| object.doc)),
                "messages": of("gateway", vec![command_key(*kind)]),
                "reply": { "channel": { "$ref": "#/channels/gateway" }, "messages": of("gateway", answers) },
            }),
        );
    }
    let on_gateway = events().filter(|kind| *kind != EventKind::Closing).map(event_key).collect();
    let on_stream = events().filter(|kind| !matches!(kind, EventKind::Batch | EventKind::HeartbeatAck));
    for (name, channel, keys) in
        [("send_on_gateway", "gateway", on_gateway), ("send_on_stream", "stream", on_stream.map(event_key).collect())]
    {
        operations.insert(
            name.to_owned(),
            json!({
                "action": "send",
                "channel": { "$ref": format!("#/channels/{channel}") },
                "summary": "What the server says.",
                "messages": of(channel, keys),
            }),
        );
    }
    Value::Object(operations)
}

fn security() -> Value {
    json!({ "access_token": { "type": "http", "scheme": "bearer" } })
}

/// Says in draft 7, which AsyncAPI's own dialect extends, what later drafts say by another keyword.
fn for_draft_7(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // A member may be called like the keyword; the keyword's value is an object of lists.
            if let Some(lists) = map.shift_remove("dependentRequired") {
                map.insert("dependencies".to_owned(), lists);
            }
            map.values_mut().for_each(for_draft_7);
        }
        Value::Array(values) => values.iter_mut().for_each(for_draft_7),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
