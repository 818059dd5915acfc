//! An independent reading of the event catalogue (§4): every frame a test receives is held against it.
//!
//! Members that are not listed are refused here, although clients must ignore them (ENV-10): what is published in
//! version 1 is exactly this, and a member that must be absent (an actor, a null for a missing value) must not slip in.

mod catalogue;
mod guild;
mod people;
mod unique;

use std::collections::HashSet;

use serde_json::Value;

use catalogue::Need::{Always, Optional};
use catalogue::Type::{
    Bool, Changes, Color, Emoji, Int, List, Name, OrNull, Permissions, Record, Set, Sha256, Text, Time, Tokens, True,
    Ulid, Word,
};
use catalogue::{CATALOGUE, MESSAGE, Member, Type};
use guild::{GUILD_EVENTS, ROLE_EVENTS};
use people::PEOPLE_EVENTS;
use unique::Unique;

use super::schemas;

/// ENV-7 bounds a message, ENV-12 a sealed event; plain connections get sealed events and nothing longer.
const SEALED_BYTES_MAX: usize = 64_512;

/// §8.1, in bit order.
const PERMISSIONS: [&str; 12] = [
    "manage_roles",
    "manage_member_roles",
    "manage_workspace_roles",
    "manage_channel_overrides",
    "delete_message",
    "ban_member",
    "view_audit_log",
    "manage_ip_bans",
    "create_message",
    "publish_video",
    "publish_screen_share",
    "subscribe_streams",
];

/// Checks one text frame of the server from the envelope down to the last bound, and returns the envelope.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn check_frame(text: &str) -> Result<Value, String> {
    if text.len() > SEALED_BYTES_MAX {
        return Err(format!("ENV-12: {} bytes", text.len()));
    }
    let envelope = parse(text)?;
    check_envelope(&envelope)?;
    Ok(envelope)
}

/// Parses a text in which no member stands twice.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let Unique(envelope) = serde_json::from_str(text).map_err(|error| format!("ENV-6, ENV-8: {error}"))?;
    Ok(envelope)
}

/// Checks one envelope down to the last bound.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn check_envelope(envelope: &Value) -> Result<(), String> {
    let members = envelope.as_object().ok_or("ENV-1: no object")?;
    if members.len() != 3 || envelope["v"].as_u64() != Some(1) {
        return Err("ENV-1, ENV-2: members or version".to_owned());
    }
    let t = envelope["t"].as_str().ok_or("ENV-3: no name")?;
    if !envelope["d"].is_object() {
        return Err("ENV-4: no payload object".to_owned());
    }
    let mut catalogue = [CATALOGUE, GUILD_EVENTS, ROLE_EVENTS, PEOPLE_EVENTS].into_iter().flatten();
    let (_, members) = catalogue.find(|(name, _)| *name == t).ok_or_else(|| format!("unknown event `{t}`"))?;
    check_members(members, &envelope["d"], t)?;
    check_rules(t, &envelope["d"])?;
    schemas::check_if_asked(envelope).map_err(|why| format!("scenario 85: {why}"))
}

/// Checks a REST record of the same shape as in events.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn check_message(message: &Value) -> Result<(), String> {
    check(&MESSAGE, message, "message")
}

fn check_rules(t: &str, d: &Value) -> Result<(), String> {
    let broken = match t {
        "message_create" if d["reactions"] != Value::Array(Vec::new()) => "§4.3: reactions at creation",
        "message_create" if d.get("edited_at_unix").is_some() => "§4.1: edited at creation",
        "workspace_member_remove" if d["reason"] == "leave" && d.get("actor_user_id").is_some() => "§3: an actor",
        "workspace_channel_override_update" if d["target_kind"] == "member" && d.get("role").is_some() => {
            "§4.7: a word"
        }
        "workspace_role_create" if d["role"]["is_system"] != false => "§4.7: a system role",
        "profile_update"
            if d["updated_fields"].get("about_markdown").is_some()
                != d["updated_fields"].get("about_markdown_tokens").is_some() =>
        {
            "§4.9: the text without its tokens"
        }
        "presence_sync" if d.get("truncated").is_some() && d.get("online_count").is_none() => "PRE-5: no count",
        _ => return Ok(()),
    };
    Err(broken.to_owned())
}

fn check_members(members: &[Member], value: &Value, at: &str) -> Result<(), String> {
    let object = value.as_object().ok_or_else(|| format!("{at}: no object"))?;
    for Member(name, need, kind) in members {
        match (object.get(*name), need) {
            (Some(member), _) => check(kind, member, &format!("{at}.{name}"))?,
            (None, Optional) => {}
            (None, Always) => return Err(format!("{at}.{name} is missing")),
        }
    }
    match object.keys().find(|key| !members.iter().any(|Member(name, ..)| name == key)) {
        Some(key) => Err(format!("{at}.{key} is not in the catalogue")),
        None => Ok(()),
    }
}

fn check(kind: &Type, value: &Value, at: &str) -> Result<(), String> {
    let fits = match kind {
        Ulid => value.as_str().is_some_and(is_ulid),
        Time => value.as_u64().is_some_and(|time| (1..=9_007_199_254_740_991).contains(&time)),
        Int(low, high) => value.as_u64().is_some_and(|number| (*low..=*high).contains(&number)),
        Bool => value.is_boolean(),
        Text(low, high) => value.as_str().is_some_and(|text| has_units(text, *low, *high) && !text.contains('\0')),
        Name(high) => value.as_str().is_some_and(|text| has_units(text, 1, *high) && is_line(text)),
        Emoji => value.as_str().is_some_and(|text| {
            has_units(text, 1, 32) && !text.chars().any(|unit| is_white_space(unit) || unit.is_control())
        }),
        Sha256 => value.as_str().is_some_and(|text| {
            text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        }),
        Color => value.as_str().is_some_and(|text| {
            text.len() == 7
                && text.starts_with('#')
                && text.bytes().skip(1).all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
        }),
        Permissions => is_permission_list(value),
        Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        True => *value == Value::Bool(true),
        List(item, most) | Set(item, most) => {
            let items = value.as_array().ok_or_else(|| format!("{at}: no list"))?;
            for (index, entry) in items.iter().enumerate() {
                check(item, entry, &format!("{at}[{index}]"))?;
            }
            let texts: HashSet<String> = items.iter().map(Value::to_string).collect();
            items.len() <= *most && (matches!(kind, List(..)) || texts.len() == items.len())
        }
        Record(members) => return check_members(members, value, at),
        Changes(members) => {
            check_members(members, value, at)?;
            value.as_object().is_some_and(|object| !object.is_empty())
        }
        Tokens => return check_tokens(value, at),
        OrNull(inner) => {
            return if value.is_null() { Ok(()) } else { check(inner, value, at) };
        }
    };
    if fits { Ok(()) } else { Err(format!("{at} is out of its type: {value}")) }
}

/// MD-1 and the closed list of §10.3: types, members, balance and the limits on tokens and bytes.
fn check_tokens(value: &Value, at: &str) -> Result<(), String> {
    let tokens = value.as_array().ok_or_else(|| format!("{at}: no list"))?;
    if tokens.len() > 4096 || value.to_string().len() > 24_576 {
        return Err(format!("MD-1: {at} has {} tokens", tokens.len()));
    }
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let kind = token["type"].as_str().ok_or_else(|| format!("{at}: no type"))?;
        let own: &[Member] = match kind {
            "heading_start" => &[Member("level", Always, Int(1, 6))],
            "list_start" => &[Member("ordered", Always, Bool)],
            "link_start" => &[Member("href", Always, Text(1, 4096))],
            "text" => &[Member("text", Always, Text(1, 4096))],
            "code" => &[Member("code", Always, Text(0, 4096))],
            "fenced_code" => {
                &[Member("language", Always, OrNull(&Text(1, 32))), Member("code", Always, Text(0, 16_384))]
            }
            "paragraph_start" | "paragraph_end" | "heading_end" | "emphasis_start" | "emphasis_end"
            | "strong_start" | "strong_end" | "list_end" | "list_item_start" | "list_item_end" | "link_end"
            | "soft_break" | "hard_break" => &[],
            _ => return Err(format!("{at}: unknown token {kind}")),
        };
        let mut without_type = token.clone();
        without_type.as_object_mut().ok_or_else(|| format!("{at}: no object"))?.remove("type");
        check_members(own, &without_type, &at)?;
        if let Some(name) = kind.strip_suffix("_start") {
            open.push(name);
        } else if kind.strip_suffix("_end").is_some_and(|name| open.pop() != Some(name)) {
            return Err(format!("MD-1: {at} is not balanced"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("MD-1: {at} leaves {open:?} open")) }
}

/// Whether this is an upper-case ULID of at most 128 bits.
pub(crate) fn is_ulid(text: &str) -> bool {
    text.len() == 26
        && text.starts_with(|first: char| ('0'..='7').contains(&first))
        && text.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte))
}

fn has_units(text: &str, low: usize, high: usize) -> bool {
    (low..=high).contains(&text.encode_utf16().count())
}

/// The set W of §10.1.
fn is_white_space(unit: char) -> bool {
    matches!(
        unit,
        '\u{9}'..='\u{d}' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}'
            | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

/// Trimmed line text of §10.1.
fn is_line(text: &str) -> bool {
    let refused = |unit: char| {
        matches!(
            unit,
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
    };
    !text.starts_with(is_white_space) && !text.ends_with(is_white_space) && !text.chars().any(refused)
}

fn is_permission_list(value: &Value) -> bool {
    let Some(names) = value.as_array() else {
        return false;
    };
    let bits: Option<Vec<usize>> =
        names.iter().map(|name| PERMISSIONS.iter().position(|known| name == known)).collect();
    bits.is_some_and(|bits| bits.is_sorted_by(|left, right| left < right))
}

#[cfg(test)]
mod tests {
    use super::check_frame;

    /// The checker itself must refuse: a table of frames that differ from a good one in one point.
    #[test]
    fn the_checker_refuses_what_the_contract_refuses() {
        const GUILD: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let good = format!(
            r#"{{"v":1,"t":"presence_update","d":{{"guild_id":"{GUILD}","user_id":"{GUILD}","status":"online"}}}}"#
        );
        check_frame(&good).expect("a good frame");
        for (find, replace) in [
            (r#""v":1"#, r#""v":1.0"#),
            (r#""v":1"#, r#""v":1,"v":1"#),
            (r#""v":1"#, r#""v":1,"s":1"#),
            ("presence_update", "presence_updated"),
            ("online", "away"),
            (r#","status":"online""#, ""),
            (r#""status":"online""#, r#""status":"online","actor_user_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV""#),
            (r#""status":"online""#, r#""status":null"#),
            (GUILD, "01arz3ndektsv4rrffq69g5fav"),
            (GUILD, "81ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ] {
            let bad = good.replacen(find, replace, 1);
            assert_ne!(bad, good);
            assert!(check_frame(&bad).is_err(), "accepted {bad}");
        }
    }
}
