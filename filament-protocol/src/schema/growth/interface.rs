//! The OpenAPI document against a published one. Bodies are compared where they are defined; here only which one an
//! endpoint takes and gives.

use serde_json::Value;

pub(super) fn refusals(old: &Value, new: &Value) -> Vec<String> {
    let mut refusals = Vec::new();
    for (path, item) in old["paths"].as_object().into_iter().flatten() {
        for (method, one) in item.as_object().into_iter().flatten() {
            let name = format!("openapi {} {path}", method.to_uppercase());
            match new["paths"].get(path).and_then(|item| item.get(method)) {
                Some(other) => compare(&name, (old, one), (new, other), &mut refusals),
                None => refusals.push(format!("{name}: is gone")),
            }
        }
    }
    refusals
}

/// Compares one operation; each comes with the document it stands in.
fn compare(name: &str, (whole, old): (&Value, &Value), (new_whole, new): (&Value, &Value), refusals: &mut Vec<String>) {
    let mut check = |what: &str, is_same: bool| {
        if !is_same {
            refusals.push(format!("{name}: {what}"));
        }
    };
    check("the operation has another name", old["operationId"] == new["operationId"]);
    check("asks for another kind of access", old["security"] == new["security"]);
    check("takes another body", bodies(&old["requestBody"]) == bodies(&new["requestBody"]));
    let answers = |operation: &Value| -> Vec<(String, Value)> {
        let all = operation["responses"].as_object().into_iter().flatten();
        let successes = all.filter(|(status, _)| !status.starts_with(['4', '5']));
        successes.map(|(status, answer)| (status.clone(), bodies(answer))).collect()
    };
    check("gives another answer", answers(old) == answers(new));
    for one in parameters(old) {
        let other = parameters(new).find(|other| other["name"] == one["name"] && other["in"] == one["in"]);
        let word = one["name"].as_str().unwrap_or_default();
        check(&format!("the parameter `{word}` is gone"), other.is_some());
        if let Some(other) = other {
            let became_required = other["required"] == true && one["required"] != true;
            check(&format!("the parameter `{word}` is required now"), !became_required);
            check(
                &format!("the parameter `{word}` is narrower"),
                is_as_wide(&resolved(whole, &one["schema"]), &resolved(new_whole, &other["schema"])),
            );
        }
    }
    for other in parameters(new).filter(|other| other["required"] == true) {
        let is_known = parameters(old).any(|one| one["name"] == other["name"] && other["in"] == one["in"]);
        check(&format!("the parameter `{}` is new and required", other["name"].as_str().unwrap_or_default()), is_known);
    }
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten()
}

/// Media types with the schemas they are of.
fn bodies(value: &Value) -> Value {
    let mut content = value.get("content").cloned().unwrap_or_default();
    super::strip(&mut content);
    content
}

/// A schema with the definition it refers to written out, also that of its items.
fn resolved(document: &Value, schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Some(map) = schema.as_object_mut() else { return schema };
    if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(reference.trim_start_matches('#')).cloned();
        map.remove("$ref");
        map.extend(target.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
    }
    if let Some(items) = map.get("items") {
        let items = resolved(document, items);
        map.insert("items".to_owned(), items);
    }
    schema
}

/// Parameters are simple: a bound may move outwards or go, words may come, everything else stays.
fn is_as_wide(old: &Value, new: &Value) -> bool {
    let number = |schema: &Value, name: &str| schema.get(name).and_then(Value::as_u64);
    let lower = ["minimum", "minLength", "minItems"];
    let upper = ["maximum", "maxLength", "maxItems", "x-utf16-max"];
    let words = |schema: &Value| -> Vec<Value> { schema["enum"].as_array().cloned().unwrap_or_default() };
    lower.iter().all(|name| number(new, name).is_none_or(|new| number(old, name).is_some_and(|old| new <= old)))
        && upper.iter().all(|name| number(new, name).is_none_or(|new| number(old, name).is_some_and(|old| new >= old)))
        && words(old).iter().all(|word| words(new).contains(word))
        && (old.get("enum").is_some() || new.get("enum").is_none())
        && (new.get("pattern").is_none() || new.get("pattern") == old.get("pattern"))
        && ["type", "default"].iter().all(|name| old.get(name) == new.get(name))
        && match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => is_as_wide(old, new),
            (None, None) => true,
            _ => false,
        }
}
