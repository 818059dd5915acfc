//! One example per event, command, body and answer: plausible, always the same, and held to the schema by a test.

use serde_json::{Map, Value, json};

use crate::shape::{Integer, List, Member, Object, Presence, Rule, Shape, Tagged, Text};

/// Optional members that an everyday message does not have.
const RARE: &[&str] = &["truncated", "online_count", "edited_at_unix", "resume", "captcha_token", "visible"];

/// The first moment of the year 2026.
const TIME: u64 = 1_767_225_600;

/// What all ids of examples begin with; the last two characters say what they name.
const ULID_HEAD: &str = "01JZ8Q4M5N6P7Q8R9S0T1V2W";

/// Makes an example of a type.
pub(super) fn of(shape: Shape) -> Value {
    value(shape, "")
}

/// Makes an example of a whole message.
pub(super) fn envelope(name: &str, payload: Shape) -> Value {
    let mut payload = of(payload);
    if name == "message_create" && payload.get("reactions").is_some() {
        // Nobody has reacted to a message that was just stored.
        payload["reactions"] = json!([]);
    }
    json!({ "v": 1, "t": name, "d": payload })
}

fn value(shape: Shape, member: &str) -> Value {
    match shape {
        Shape::Text(text) => json!(text_value(&text, member)),
        Shape::Integer(integer) => json!(integer_value(&integer, member)),
        Shape::Flag => json!(matches!(member, "current" | "allowed" | "after" | "can_publish" | "is_muted")),
        Shape::True => json!(true),
        Shape::Words(words) => {
            let fitting = words.words.iter().find(|word| FITTING.contains(&word.name)).or(words.words.first());
            json!(fitting.map(|word| word.name))
        }
        Shape::List(list) => list_value(&list, member),
        Shape::Object(object) => object_value(object),
        Shape::Tagged(tagged) => tagged.variants.first().map_or(Value::Null, |it| variant_value(tagged, it.word)),
        Shape::Nullable(inner) => value(*inner, member),
        Shape::Envelope => json!({ "v": 1, "t": "message_delete", "d": {
            "guild_id": format!("{ULID_HEAD}3G"),
            "channel_id": format!("{ULID_HEAD}3C"),
            "message_id": format!("{ULID_HEAD}3M"),
            "deleted_at_unix": TIME,
        } }),
    }
}

/// Words that are more telling than the first of their list.
const FITTING: &[&str] = &["kick", "joined", "create_message", "moderator", "camera"];

/// The id of what a member names: by the type of the id, and by who it is where several stand side by side.
fn id(text: &Text, member: &str) -> String {
    let tail = match member {
        _ if member.starts_with("actor_") => "3W",
        _ if member.starts_with("friend_") || member.starts_with("recipient_") => "3F",
        _ if member.starts_with("previous_") => "3P",
        _ => match text.name.unwrap_or_default() {
            "GuildId" => "3G",
            "ChannelId" => "3C",
            "MessageId" => "3M",
            "UserId" => "3V",
            "RoleId" => "3R",
            "AttachmentId" => "3A",
            "SessionId" => "3S",
            "ConnectionId" => "3N",
            _ => "3X",
        },
    };
    format!("{ULID_HEAD}{tail}")
}

fn text_value(text: &Text, member: &str) -> String {
    let plain = match (text.name.unwrap_or_default(), member) {
        _ if text.form.name == "ulid" => return id(text, member),
        ("Sha256Hex", _) => return "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        ("Identity", _) | (_, "identity") => return format!("u.{ULID_HEAD}3V.{ULID_HEAD}3G.{ULID_HEAD}3C"),
        (_, "room") => return format!("filament.voice.{ULID_HEAD}3G.{ULID_HEAD}3C"),
        ("Username", "recipient_username" | "friend_username") => "noor",
        ("Username", _) | (_, "username") => "mira.k",
        ("GuildName", _) => "Harbour",
        ("ChannelName", _) => "general",
        ("RoleName", _) => "Pilots",
        ("MessageContent", _) => "The *Aurora* is in.",
        ("About", _) => "Keeps the lighthouse.",
        ("Emoji", _) => "⚓",
        ("Filename", _) => "tides.pdf",
        ("MimeType", _) => "application/pdf",
        ("ColorHex" | "ColorInput", _) => "#2E86AB",
        ("Ref", _) => "c-17",
        ("FeatureName", _) => "batch",
        ("CloseName", _) => "going_away",
        ("ErrorMessage", _) => "you do not see this channel",
        ("Password" | "Secret", _) if member.contains("password") => "correct horse battery",
        ("AuditAction", _) => "member.kick",
        ("BanReason", _) => "spam",
        (_, "livekit_url") => "wss://voice.example.org",
        ("ResumeCursor" | "PageCursor", _) => "eyJwIjoxNzI4fQ",
        ("", "text" | "code") => "The tide is high.",
        ("", "href") => "https://example.org/tides",
        ("", "language") => "rust",
        _ => "example",
    };
    plain.to_owned()
}

fn integer_value(integer: &Integer, member: &str) -> u64 {
    let wanted = match (integer.name.unwrap_or_default(), member) {
        ("Timestamp", _) => TIME,
        ("PermissionBits", _) => 2_304,
        (_, "heartbeat_interval_ms") => 30_000,
        (_, "retry_after_ms") => 1_500,
        (_, "code") => 1_001,
        (_, "size_bytes") => 20_480,
        (_, "expires_in_secs") => 900,
        (_, "avatar_version" | "banner_version") => TIME,
        (_, "s" | "access_rev") => 17,
        _ => 1,
    };
    wanted.clamp(integer.min, integer.max)
}

fn list_value(list: &List, member: &str) -> Value {
    match *list.item {
        Shape::Tagged(tagged) if tagged.name == "Token" => {
            let words = ["paragraph_start", "text", "paragraph_end"];
            words.into_iter().map(|word| variant_value(tagged, word)).collect()
        }
        item if list.max > 0 => json!([value(item, member)]),
        _ => json!([]),
    }
}

fn object_value(object: &Object) -> Value {
    let mut map = members(object.members);
    for rule in object.rules {
        match rule {
            // An example of an override denies nothing.
            Rule::Disjoint(_, other) => {
                map.insert((*other).to_owned(), json!([]));
            }
            Rule::AbsentIf { member, word, absent } => {
                if map.get(*member).is_some_and(|value| value == word) {
                    map.shift_remove(*absent);
                }
            }
            Rule::AnyOf(_) | Rule::Together(_) | Rule::NotBothEmpty { .. } | Rule::NotEmpty(_) => {}
        }
    }
    Value::Object(map)
}

fn members(members: &[Member]) -> Map<String, Value> {
    let shown = members.iter().filter(|it| it.presence == Presence::Required || !RARE.contains(&it.name));
    shown.map(|member| (member.name.to_owned(), value(*member.shape, member.name))).collect()
}

fn variant_value(tagged: &Tagged, word: &str) -> Value {
    let mut map = Map::new();
    map.insert(tagged.tag.to_owned(), json!(word));
    map.extend(members(tagged.variant(word).map_or(&[], |variant| variant.members)));
    Value::Object(map)
}
