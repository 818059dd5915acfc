//! The table of §10.1 for what can be named now: guilds, channels, emoji (scenario 97).

use serde_json::{Value, json};

use crate::harness::{Answer, Cast, Room, Server, User};

/// What a name may not hold anywhere.
const REFUSED_IN_NAMES: [(u32, u32); 8] = [
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x2028, 0x2029),
    (0x200E, 0x200F),
    (0x202A, 0x202E),
    (0x2066, 0x2069),
    (0xFEFF, 0xFEFF),
    (0x85, 0x85),
];
/// The set W: what is trimmed.
const WHITE_SPACE: [(u32, u32); 10] = [
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
];
const PLENTY: (&str, &str) = ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000");

fn characters(ranges: &[(u32, u32)]) -> impl Iterator<Item = char> {
    ranges.iter().flat_map(|(first, last)| (*first..=*last).filter_map(char::from_u32))
}

/// Every way to give a name to a guild or a channel.
fn name_everywhere(cast: &Cast, name: &str) -> [Answer; 4] {
    let name = json!({"name": name});
    [
        cast.owner.post("/guilds", &name),
        cast.owner.patch(&format!("/guilds/{}", cast.guild), &name),
        cast.owner.post(&format!("/guilds/{}/channels", cast.guild), &name),
        cast.owner.patch(&cast.text.path(), &name),
    ]
}

/// What is named: the guilds of the owner and the channels of the guild.
fn everything_named(cast: &Cast) -> [Value; 2] {
    [cast.owner.get("/guilds").ok().json(), cast.owner.get(&format!("/guilds/{}/channels", cast.guild)).ok().json()]
}

/// Proves §10.1 for `name(64)` and TXT-1: every character that is refused, at every place a name is taken; nothing is
/// stored and the lists stay as they are.
#[test]
fn s097_names_refuse_what_would_break_the_lists_of_others() {
    let cast = Cast::on(Server::with_env(&[PLENTY]));
    let before = everything_named(&cast);
    let mut names: Vec<String> = characters(&REFUSED_IN_NAMES).map(|unit| format!("a{unit}b")).collect();
    names.extend(characters(&WHITE_SPACE).map(|unit| unit.to_string().repeat(3)));
    names.extend([
        String::new(),
        "\u{85}".to_owned(),
        "a".repeat(65),
        format!("{}a", "\u{1F30A}".repeat(32)),
        "\u{1F30A}".repeat(33),
        format!(" {} ", "中".repeat(65)),
    ]);
    for name in &names {
        for answer in name_everywhere(&cast, name) {
            assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{name:?}: {answer:?}");
        }
    }
    assert_eq!(everything_named(&cast), before);
}

/// Proves §10.1's other half: names are trimmed of W, counted in UTF-16 units after it, and may repeat.
#[test]
fn names_are_trimmed_and_counted_in_utf16_units() {
    let cast = Cast::on(Server::with_env(&[PLENTY]));
    let longest = ["a".repeat(64), "中".repeat(64), "\u{1F30A}".repeat(32), format!("a{}b", "\u{3000}".repeat(62))];
    let mut names: Vec<(String, String)> = longest.into_iter().map(|name| (name.clone(), name)).collect();
    for unit in characters(&WHITE_SPACE) {
        // For those that are refused inside too, the contract leaves open which rule comes first.
        if !characters(&REFUSED_IN_NAMES).any(|refused| refused == unit) {
            names.push((format!("{unit}{unit}a{unit}b{unit}"), format!("a{unit}b")));
            names.push((format!("{unit}{}{unit}", "x".repeat(64)), "x".repeat(64)));
        }
    }
    for (given, stored) in &names {
        for answer in name_everywhere(&cast, given) {
            assert_eq!(answer.ok().json()["name"], json!(stored), "{given:?}");
        }
        let channels = cast.owner.channel_ids(&cast.guild);
        let newest = Room { guild: cast.guild.clone(), id: channels.last().expect("a channel").clone() };
        cast.owner.delete(&newest.path()).is(204);
    }
    let named = everything_named(&cast);
    assert_eq!(named[0]["guilds"].as_array().map(Vec::len), Some(names.len() + 2));
    assert_eq!(named[1]["channels"][0]["name"], json!(names.last().expect("a name").1));
}

fn react(user: &User, room: &Room, message: &Value, emoji: &str) -> Answer {
    user.post_empty(&room.reaction(&message["message_id"], emoji))
}

/// Proves §10.1 for emoji: 1 to 32 units without white space and control characters.
#[test]
fn s097_emoji_refuse_white_space_and_control_characters() {
    let cast = Cast::on(Server::with_env(&[PLENTY]));
    let message = cast.owner.say(&cast.text, "m");
    let refused = characters(&WHITE_SPACE).chain(characters(&[(0x00, 0x1F), (0x7F, 0x9F)]));
    for emoji in refused.flat_map(|unit| [unit.to_string(), format!("a{unit}b"), format!("{unit}🎉")]) {
        react(&cast.p, &cast.text, &message, &emoji).refused(400, "invalid_request");
    }
    for emoji in ["x".repeat(33), "\u{1F30A}".repeat(17), format!("{}x", "\u{1F30A}".repeat(16))] {
        react(&cast.p, &cast.text, &message, &emoji).refused(400, "invalid_request");
    }
    assert_eq!(cast.q.history(&cast.text, 20)[0], message, "nothing is stored");

    let mut good = ["x".repeat(32), "\u{1F30A}".repeat(16), "中".repeat(32), "/".to_owned(), "%41".to_owned()].to_vec();
    good.extend(["👩‍👩‍👧‍👦", "🏳️‍🌈", "\u{200E}", "?a=b#c", "..", "\u{200b}"].map(str::to_owned));
    for emoji in &good {
        assert_eq!(react(&cast.p, &cast.text, &message, emoji).ok().json()["emoji"], json!(emoji));
    }
    good.sort();
    let listed = cast.q.history(&cast.text, 20)[0]["reactions"].as_array().expect("reactions").clone();
    let emoji: Vec<&str> = listed.iter().filter_map(|reaction| reaction["emoji"].as_str()).collect();
    assert_eq!(emoji, good);
}
