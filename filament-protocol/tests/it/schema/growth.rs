//! A published version 1 only grows: the comparison, shown to be able to fail, and the tree compared with what was
//! published.

use filament_protocol::schema::growth::{self, Documents};
use serde_json::{Value, json};

use super::{document, text};

/// The documents of the tree.
fn tree() -> Documents {
    let names = std::fs::read_dir(super::root().join("schema/v1")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| (name.clone(), document(&name))).collect()
}

/// Proves ROL-3: what this tree says is what was published, and more.
#[test]
fn this_tree_only_adds_to_what_was_published() {
    let published: Documents = serde_json::from_str(&text("schema/published-v1.json")).unwrap();
    assert!(published.len() > 100);
    let refusals = growth::refusals(&published, &tree());
    assert!(refusals.is_empty(), "version 1 only grows:\n{}", refusals.join("\n"));
}

#[test]
fn a_tree_adds_to_itself_and_to_its_published_form() {
    let tree = tree();
    assert_eq!(growth::refusals(&tree, &tree), Vec::<String>::new());
    let published: Documents = serde_json::from_str(&growth::published(&tree)).unwrap();
    assert_eq!(growth::refusals(&published, &tree), Vec::<String>::new());
}

/// Changes one place of a copy of the documents.
fn changed(tree: &Documents, file: &str, pointer: &str, change: impl FnOnce(&mut Value)) -> Documents {
    let mut documents = tree.clone();
    let document = documents.get_mut(file).unwrap_or_else(|| panic!("{file}"));
    change(document.pointer_mut(pointer).unwrap_or_else(|| panic!("{file}#{pointer}")));
    documents
}

type Change = fn(&mut Value);

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().shift_remove(name).unwrap_or_else(|| panic!("{name} was not there"));
}

fn remove_word(list: &mut Value, word: &str) {
    let list = list.as_array_mut().unwrap();
    let before = list.len();
    list.retain(|it| it != word);
    assert_eq!(list.len() + 1, before, "{word} was not there");
}

fn push(list: &mut Value, value: Value) {
    list.as_array_mut().unwrap().push(value);
}

/// One kind of harm each: where, what, and a part of what has to be said about it.
const HARM: &[(&str, &str, Change, &str)] = &[
    (
        "event.message_delete.json",
        "/properties/d/properties",
        |it| remove(it, "deleted_at_unix"),
        "deleted_at_unix: is gone",
    ),
    ("record.message.json", "/properties", |it| remove(it, "author_id"), "author_id: is gone"),
    ("event.presence_update.json", "/properties/d/required", |it| remove_word(it, "status"), "status: may be left out"),
    ("record.message.json", "/required", |it| push(it, json!("edited_at_unix")), "edited_at_unix: is required now"),
    ("command.subscribe.json", "/properties/d/required", |it| push(it, json!("ref")), "ref: is required now"),
    ("body.create_guild.json", "/required", |it| push(it, json!("visibility")), "visibility: is required now"),
    ("value.json", "/$defs/MessageContent", |it| it["maxLength"] = json!(1999), "`maxLength` is narrower"),
    ("value.json", "/$defs/MessageContent", |it| it["x-utf16-max"] = json!(1999), "`x-utf16-max` is narrower"),
    ("value.json", "/$defs/MessageContent", |it| it["minLength"] = json!(1), "`minLength` is narrower"),
    ("value.json", "/$defs/Username", |it| it["minLength"] = json!(4), "`minLength` is narrower"),
    ("value.json", "/$defs/Username", |it| it["pattern"] = json!("^[a-z]*$"), "`pattern` is new or another one"),
    ("value.json", "/$defs/Username", |it| it["format"] = json!("email"), "`format` is another one"),
    ("record.reaction.json", "/properties/count", |it| it["maximum"] = json!(10), "`maximum` is narrower"),
    ("record.reaction.json", "/properties/count", |it| it["minimum"] = json!(1), "`minimum` is narrower"),
    ("record.reaction.json", "/properties/count", |it| it["type"] = json!("string"), "`type` is another one"),
    ("record.message.json", "/properties/attachments", |it| it["maxItems"] = json!(4), "`maxItems` is narrower"),
    ("record.message.json", "/properties/attachments", |it| it["minItems"] = json!(1), "`minItems` is narrower"),
    ("record.message.json", "/properties/attachments", |it| it["uniqueItems"] = json!(true), "`uniqueItems` is new"),
    ("record.message.json", "/properties/attachments", |it| remove(it, "items"), "`items` came or went"),
    ("value.json", "/$defs/PresenceStatus/enum", |it| remove_word(it, "offline"), "the word `offline` is gone"),
    (
        "value.json",
        "/$defs/PresenceStatus/enum",
        |it| push(it, json!("away")),
        "the word `away` is new to those who read",
    ),
    ("value.json", "/$defs", |it| remove(it, "Emoji"), "$defs/Emoji: is gone"),
    ("value.json", "/$defs", |it| remove(it, "Emoji"), "leads nowhere"),
    ("event.ready.json", "/properties/t", |it| it["const"] = json!("hello"), "`const` is another one"),
    ("event.ready.json", "/properties/v", |it| it["const"] = json!(2), "`const` is another one"),
    (
        "event.ready.json",
        "/properties/d",
        |it| remove(it, "additionalProperties"),
        "`additionalProperties` is another one",
    ),
    ("event.ready.json", "/properties/d", |it| it["not"] = json!({}), "`not` is new or another one"),
    (
        "event.reset.json",
        "/properties/d",
        |it| it["dependentRequired"] = json!({ "guild_id": ["reason"] }),
        "`dependentRequired`",
    ),
    (
        "event.json",
        "/oneOf",
        |it| {
            it.as_array_mut().unwrap().remove(0);
        },
        "no longer leads to",
    ),
    (
        "record.token.json",
        "/oneOf",
        |it| {
            it.as_array_mut().unwrap().pop();
        },
        "another number of branches",
    ),
    ("record.token.json", "/oneOf", |it| push(it, json!({ "type": "object" })), "another number of branches"),
    (
        "record.role.json",
        "/properties/color_hex/anyOf",
        |it| {
            it.as_array_mut().unwrap().pop();
        },
        "another number of branches",
    ),
    (
        "catalog.json",
        "/events",
        |it| {
            it.as_array_mut().unwrap().remove(5);
        },
        ": is gone",
    ),
    (
        "catalog.json",
        "/commands",
        |it| {
            it.as_array_mut().unwrap().remove(0);
        },
        "subscribe: is gone",
    ),
    ("catalog.json", "/events/0", |it| it["class"] = json!("ephemeral"), "`class` is another one"),
    ("catalog.json", "/events/0", |it| it["scope"] = json!("user"), "`scope` is another one"),
    ("catalog.json", "/events/0", |it| it["audience"] = json!("GUILD(g)"), "`audience` is another one"),
    ("catalog.json", "/events/0", |it| it["actor_policy"] = json!("always"), "`actor_policy` is another one"),
    ("catalog.json", "/events/0", |it| it["lifecycle"] = json!("planned"), "goes from active to planned"),
    ("catalog.json", "/events/0", |it| it["lifecycle"] = json!("deprecated"), "without a note on migration"),
    ("openapi.json", "/paths", |it| remove(it, "/guilds/public"), "GET /guilds/public: is gone"),
    ("openapi.json", "/paths/~1guilds", |it| remove(it, "post"), "POST /guilds: is gone"),
    ("openapi.json", "/paths/~1guilds/post", |it| it["security"] = json!([]), "another kind of access"),
    ("openapi.json", "/paths/~1guilds/post", |it| remove(it, "requestBody"), "takes another body"),
    ("openapi.json", "/paths/~1guilds/post/responses", |it| remove(it, "200"), "gives another answer"),
    ("openapi.json", "/paths/~1guilds/post", |it| it["operationId"] = json!("make"), "another name"),
    ("openapi.json", "/components/schemas/DirectoryQuery", |it| it["maxLength"] = json!(63), "`q` is narrower"),
    (
        "openapi.json",
        "/paths/~1guilds~1public/get/parameters",
        |it| {
            it.as_array_mut().unwrap().remove(0);
        },
        "`q` is gone",
    ),
    (
        "openapi.json",
        "/paths/~1guilds~1public/get/parameters/0",
        |it| it["required"] = json!(true),
        "`q` is required now",
    ),
    (
        "openapi.json",
        "/paths/~1guilds~1public/get/parameters/1/schema",
        |it| it["maximum"] = json!(49),
        "`limit` is narrower",
    ),
    (
        "openapi.json",
        "/paths/~1guilds~1public/get/parameters/1/schema",
        |it| it["default"] = json!(10),
        "`limit` is narrower",
    ),
    (
        "openapi.json",
        "/paths/~1guilds~1public/get/parameters",
        |it| push(it, json!({ "name": "order", "in": "query", "required": true, "schema": {} })),
        "`order` is new and required",
    ),
];

/// Shows that the comparison can fail: each harm alone is found and named.
#[test]
fn every_kind_of_harm_is_refused() {
    let old = tree();
    for (index, (file, pointer, change, expected)) in HARM.iter().enumerate() {
        let refusals = growth::refusals(&old, &changed(&old, file, pointer, change));
        assert!(
            refusals.iter().any(|refusal| refusal.contains(expected)),
            "harm {index} at {file}#{pointer}: {expected:?} is not among {refusals:?}"
        );
    }
    let mut without = old.clone();
    without.remove("event.message_create.json");
    assert!(growth::refusals(&old, &without).iter().any(|it| it == "event.message_create.json: is gone"));
}

/// What version 1 may still become.
const GROWTH: &[(&str, &str, Change)] = &[
    ("record.message.json", "/properties", |it| it["pinned"] = json!({ "type": "boolean" })),
    ("command.subscribe.json", "/properties/d/properties", |it| it["since"] = json!({ "type": "integer" })),
    ("record.message.json", "/properties/attachments", |it| it["maxItems"] = json!(10)),
    ("value.json", "/$defs/Ref", |it| it["maxLength"] = json!(128)),
    ("value.json", "/$defs/Ref", |it| it["x-utf16-max"] = json!(128)),
    ("value.json", "/$defs/Password", |it| remove(it, "minLength")),
    ("value.json", "/$defs/CommandKind", |it| it["description"] = json!("Other words.")),
    ("value.json", "/$defs", |it| it["Mood"] = json!({ "type": "string" })),
    ("event.json", "/oneOf", |it| push(it, json!({ "$ref": "event.typing_start.json" }))),
    ("catalog.json", "/events", |it| push(it, json!({ "type": "mood_update", "lifecycle": "active" }))),
    ("catalog.json", "/events/0", |it| {
        it["lifecycle"] = json!("deprecated");
        it["migration_note"] = json!("Read `hello`.");
    }),
    ("openapi.json", "/paths", |it| it["/moods"] = json!({ "get": { "operationId": "list_moods" } })),
    ("openapi.json", "/paths/~1guilds~1public/get/parameters/1/schema", |it| it["maximum"] = json!(60)),
    ("openapi.json", "/paths/~1guilds/post", |it| it["summary"] = json!("Other words.")),
];

#[test]
fn growth_is_not_refused() {
    let old = tree();
    for (file, pointer, change) in GROWTH {
        assert_eq!(
            growth::refusals(&old, &changed(&old, file, pointer, change)),
            Vec::<String>::new(),
            "{file}#{pointer}"
        );
    }
    let mut more = old.clone();
    more.insert("event.mood_update.json".to_owned(), json!({ "type": "object" }));
    assert_eq!(growth::refusals(&old, &more), Vec::<String>::new());
}

/// A planned event holds no promise yet: it may still change until it is active, but its name stays reserved.
#[test]
fn a_planned_event_may_still_change() {
    let old = tree();
    let index = old["catalog.json"]["events"].as_array().unwrap().iter().position(|it| it["type"] == "typing_start");
    let pointer = format!("/events/{}", index.unwrap());
    let new = changed(&old, "catalog.json", &pointer, |it| {
        it["lifecycle"] = json!("active");
        it["audience"] = json!("GUILD(g)");
    });
    assert_eq!(growth::refusals(&old, &new), Vec::<String>::new());
}

/// What clients send may take new words; what they read may not.
#[test]
fn new_words_are_welcome_where_clients_write() {
    let old: Documents = [
        ("body.ask.json".to_owned(), json!({ "properties": { "kind": { "enum": ["a"] } } })),
        ("answer.say.json".to_owned(), json!({ "properties": { "kind": { "enum": ["a"] } } })),
    ]
    .into();
    let mut new = old.clone();
    new.get_mut("body.ask.json").unwrap()["properties"]["kind"]["enum"] = json!(["a", "b"]);
    assert_eq!(growth::refusals(&old, &new), Vec::<String>::new());
    new.get_mut("answer.say.json").unwrap()["properties"]["kind"]["enum"] = json!(["a", "b"]);
    assert_eq!(growth::refusals(&old, &new), ["answer.say.json.kind: the word `b` is new to those who read it"]);
}

/// Definitions that refer to themselves are compared once.
#[test]
fn circles_of_references_end() {
    let old: Documents =
        [("event.tree.json".to_owned(), json!({ "properties": { "inner": { "$ref": "event.tree.json" } } }))].into();
    assert_eq!(growth::refusals(&old, &old), Vec::<String>::new());
    let lost: Documents = [("event.a.json".to_owned(), json!({ "$ref": "event.a.json" }))].into();
    assert_eq!(growth::refusals(&lost, &lost), ["event.a.json: a reference leads nowhere"]);
}
