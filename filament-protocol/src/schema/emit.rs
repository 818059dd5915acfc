//! From a shape to JSON Schema 2020-12.
//!
//! What a schema refuses the decoder refuses too, never the other way round by accident: a bound that JSON Schema cannot
//! state exactly becomes the nearest weaker one it can, and an annotation beside it states the exact one.

use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::shape::{Integer, List, Member, Object, Presence, Rule, Shape, Tagged, Text, Unique, Variant, Words, lines};

/// Fewest UTF-16 units, where `minLength` cannot say it: it counts characters.
pub const UTF16_MIN: &str = "x-utf16-min";
/// Most UTF-16 units, where `maxLength` cannot say it: it counts characters.
pub const UTF16_MAX: &str = "x-utf16-max";
/// White space at both ends is removed before the length is counted.
pub const TRIMMED: &str = "x-trimmed";
/// No two items of the list agree in all members of any one of these keys.
pub const UNIQUE_BY: &str = "x-unique-by";
/// No item stands in both of these lists.
pub const DISJOINT: &str = "x-disjoint";

/// Every keyword of the schemas that JSON Schema does not know, and what it says.
pub const ANNOTATIONS: &[(&str, &str)] = &[
    (UTF16_MIN, "Fewest UTF-16 code units of the string; `minLength` beside it is weaker, since it counts characters."),
    (UTF16_MAX, "Most UTF-16 code units of the string; `maxLength` beside it is weaker, since it counts characters."),
    (TRIMMED, "White space at both ends is removed before the other bounds are tested."),
    (UNIQUE_BY, "No two items of the list agree in all members of any one of these keys."),
    (DISJOINT, "No item stands in both of the two lists named."),
];

/// How a schema points to the definition of a named type.
pub(super) trait References {
    /// Returns the target of a reference to a type, or `None` if the type is to be written out in place.
    fn to(&mut self, shape: Shape, name: &'static str) -> Option<String>;

    /// Returns the target of a reference to "any event that may stand in a batch".
    fn to_envelope(&mut self) -> String;
}

/// Writes a shape, by reference where it has a definition of its own.
pub(super) fn schema(shape: Shape, references: &mut impl References) -> Schema {
    match shape.name().and_then(|name| references.to(shape, name)) {
        Some(target) => schemars::json_schema!({ "$ref": target }),
        None => definition(shape, references),
    }
}

/// Writes a shape out, with references to what it is made of.
pub(super) fn definition(shape: Shape, references: &mut impl References) -> Schema {
    let map = match shape {
        Shape::Text(text) => text_map(&text),
        Shape::Integer(integer) => integer_map(&integer),
        Shape::Flag => object([("type", json!("boolean"))]),
        Shape::True => object([("const", json!(true))]),
        Shape::Words(words) => words_map(words),
        Shape::List(list) => list_map(&list, references),
        Shape::Object(it) => object_map(it, references),
        Shape::Tagged(tagged) => tagged_map(tagged, references),
        Shape::Nullable(inner) => object([("anyOf", json!([schema(*inner, references), { "type": "null" }]))]),
        Shape::Envelope => object([("$ref", json!(references.to_envelope()))]),
    };
    Schema::from(map)
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Begins a definition: its name as title, its documentation as description.
fn titled(name: Option<&str>, doc: &str) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some(name) = name {
        map.insert("title".to_owned(), json!(name));
    }
    describe(&mut map, doc);
    map
}

/// Adds a documentation text, if there is one.
fn describe(map: &mut Map<String, Value>, doc: &str) {
    let text = prose(doc);
    if !text.is_empty() {
        map.insert("description".to_owned(), json!(text));
    }
}

/// Returns a documentation text as Markdown for other readers than rustdoc: paragraphs in one line each, links to items
/// as their names.
pub(super) fn prose(doc: &str) -> String {
    let mut text = String::new();
    for line in lines(doc) {
        let line = line.trim_end();
        match (line.is_empty(), text.is_empty() || text.ends_with('\n')) {
            (true, true) => {}
            (true, false) => text.push_str("\n\n"),
            (false, starts) => {
                if !starts {
                    text.push(' ');
                }
                text.push_str(line);
            }
        }
    }
    // What follows are ranges as Rust writes them.
    without_links(text.trim_end()).replace("..=", "..")
}

/// Returns the first paragraph of a documentation text: further ones are about the Rust type.
pub(super) fn first_paragraph(doc: &str) -> String {
    prose(doc).lines().next().unwrap_or_default().to_owned()
}

/// Replaces `` [`Name`](target) `` and `` [`Name`] `` by `` `Name` ``.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("[`") {
        plain.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let Some(end) = after.find("`]") else {
            plain.push_str(&rest[start..]);
            return plain;
        };
        plain.push_str(&after[..=end]);
        rest = &after[end + 2..];
        if let Some(target) = rest.strip_prefix('(') {
            rest = target.split_once(')').map_or("", |(_, behind)| behind);
        }
    }
    plain.push_str(rest);
    plain
}

/// Whether only characters of ASCII can stand in the text, so that characters and UTF-16 units are the same.
fn is_ascii(text: &Text) -> bool {
    /// What forms of ASCII text have, see `Form::unit_bytes`; all others have more.
    const ASCII_UNIT_BYTES_MAX: usize = 2;
    text.form.unit_bytes <= ASCII_UNIT_BYTES_MAX
}

fn text_map(text: &Text) -> Map<String, Value> {
    let mut map = titled(text.name, &first_paragraph(text.doc));
    map.insert("type".to_owned(), json!("string"));
    let is_exact = is_ascii(text);
    match text.length() {
        // A character takes one unit or two, so a text of `n` units has at least n/2 characters and at most n.
        Some((min, max)) => {
            let fewest = if is_exact { min } else { min.div_ceil(2) };
            if fewest > 0 {
                map.insert("minLength".to_owned(), json!(fewest));
            }
            map.insert("maxLength".to_owned(), json!(max));
        }
        None => {
            map.insert(TRIMMED.to_owned(), json!(true));
        }
    }
    if let Some(pattern) = text.pattern() {
        map.insert("pattern".to_owned(), json!(pattern));
    }
    if !is_exact {
        if text.min > 1 || (text.trimmed && text.min > 0) {
            map.insert(UTF16_MIN.to_owned(), json!(text.min));
        }
        map.insert(UTF16_MAX.to_owned(), json!(text.max));
    }
    map
}

fn integer_map(integer: &Integer) -> Map<String, Value> {
    let mut map = titled(integer.name, integer_doc(integer));
    map.insert("type".to_owned(), json!("integer"));
    map.insert("minimum".to_owned(), json!(integer.min));
    map.insert("maximum".to_owned(), json!(integer.max));
    map
}

/// Returns what a named number is; empty for the others.
pub(super) fn integer_doc(integer: &Integer) -> &'static str {
    match integer.name {
        Some("Timestamp") => "Whole seconds since the unix epoch.",
        Some("PermissionBits") => "Permissions as the sum of their bit values (§8.1).",
        Some(_) | None => "",
    }
}

fn words_map(words: &Words) -> Map<String, Value> {
    let mut doc = prose(words.doc);
    for word in words.words {
        let meaning = prose(word.doc);
        doc.push_str(&format!("\n- `{}`: {meaning}", word.name));
    }
    let mut map = titled(Some(words.name), "");
    map.insert("description".to_owned(), json!(doc));
    map.insert("type".to_owned(), json!("string"));
    map.insert("enum".to_owned(), words.words.iter().map(|word| word.name).collect());
    map
}

fn list_map(list: &List, references: &mut impl References) -> Map<String, Value> {
    let mut map = titled(list.name, "");
    map.insert("type".to_owned(), json!("array"));
    map.insert("items".to_owned(), schema(*list.item, references).to_value());
    if list.min > 0 {
        map.insert("minItems".to_owned(), json!(list.min));
    }
    map.insert("maxItems".to_owned(), json!(list.max));
    match list.unique {
        Unique::No => {}
        Unique::Items => {
            map.insert("uniqueItems".to_owned(), json!(true));
        }
        Unique::By(keys) => {
            map.insert(UNIQUE_BY.to_owned(), json!(keys));
        }
    }
    map
}

fn object_map(it: &Object, references: &mut impl References) -> Map<String, Value> {
    let mut map = titled(Some(it.name), it.doc);
    map.extend(members_map(it.members, None, references));
    for rule in it.rules {
        apply(rule, &mut map);
    }
    map
}

/// The keywords of a closed object: its members, after the one with a fixed word if there is one.
fn members_map(
    members: &'static [Member],
    tag: Option<(&str, &str)>,
    references: &mut impl References,
) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some((name, word)) = tag {
        properties.insert(name.to_owned(), json!({ "const": word }));
        required.push(json!(name));
    }
    for member in members {
        properties.insert(member.name.to_owned(), member_value(member, references));
        if member.presence == Presence::Required {
            required.push(json!(member.name));
        }
    }
    let mut map = object([("type", json!("object")), ("properties", Value::Object(properties))]);
    if !required.is_empty() {
        map.insert("required".to_owned(), Value::Array(required));
    }
    map.insert("additionalProperties".to_owned(), json!(false));
    map
}

fn member_value(member: &'static Member, references: &mut impl References) -> Value {
    let Value::Object(mut map) = schema(*member.shape, references).to_value() else { return Value::Bool(true) };
    // The name of a type written out in place would be a definition that nothing can refer to.
    map.shift_remove("title");
    let doc = prose(member.doc);
    if !doc.is_empty() {
        map.insert("description".to_owned(), json!(doc));
    }
    Value::Object(map)
}

fn tagged_map(tagged: &Tagged, references: &mut impl References) -> Map<String, Value> {
    let variants: Vec<Value> = tagged.variants.iter().map(|it| variant_value(tagged.tag, it, references)).collect();
    let mut map = titled(Some(tagged.name), tagged.doc);
    map.insert("type".to_owned(), json!("object"));
    map.insert("oneOf".to_owned(), Value::Array(variants));
    map
}

fn variant_value(tag: &str, variant: &Variant, references: &mut impl References) -> Value {
    let mut map = titled(Some(variant.word), variant.doc);
    map.extend(members_map(variant.members, Some((tag, variant.word)), references));
    Value::Object(map)
}

/// Adds what is asked of several members together.
fn apply(rule: &Rule, map: &mut Map<String, Value>) {
    match rule {
        Rule::AnyOf(names) => {
            all_of(map, json!({ "anyOf": names.iter().map(|name| present(name)).collect::<Vec<_>>() }));
        }
        Rule::Together(names) => {
            for name in *names {
                let others: Vec<&str> = names.iter().copied().filter(|other| other != name).collect();
                insert_into(map, "dependentRequired", name, json!(others));
            }
        }
        Rule::Disjoint(one, other) => {
            map.insert(DISJOINT.to_owned(), json!([one, other]));
        }
        Rule::NotBothEmpty { text, list } => all_of(
            map,
            json!({ "anyOf": [
                { "properties": { *text: { "type": "string", "minLength": 1 } } },
                { "properties": { *list: { "type": "array", "minItems": 1 } }, "required": [list] },
            ] }),
        ),
        Rule::NotEmpty(text) => all_of(map, json!({ "properties": { *text: { "type": "string", "minLength": 1 } } })),
        Rule::AbsentIf { member, word, absent } => all_of(
            map,
            json!({
                "if": { "properties": { *member: { "const": word } }, "required": [member] },
                "then": { "not": present(absent) },
            }),
        ),
    }
}

/// Asks that a member is there. It is named twice, because validators in strict mode want to know what they require.
fn present(name: &str) -> Value {
    json!({ "properties": { name: true }, "required": [name] })
}

fn all_of(map: &mut Map<String, Value>, schema: Value) {
    if let Value::Array(all) = map.entry("allOf").or_insert_with(|| json!([])) {
        all.push(schema);
    }
}

fn insert_into(map: &mut Map<String, Value>, keyword: &str, name: &str, value: Value) {
    if let Value::Object(inner) = map.entry(keyword).or_insert_with(|| json!({})) {
        inner.insert(name.to_owned(), value);
    }
}
