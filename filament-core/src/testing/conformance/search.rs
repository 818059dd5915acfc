//! Search: what is found, by whom, in which order, and that it follows every change.

use filament_protocol::{
    ChannelId, ErrorCode, MessageContent, MessageId, Permission, Permissions, SystemKey, rest::SearchReconciled,
    search::SearchTerms, text::SearchText,
};

use super::{Cast, channel, done};
use crate::{
    AccessSource, Actor, Engine, Journal, SearchIndex, TransactError,
    decide::{
        channel::{DeleteChannel, InitialOverride},
        message::{CreateMessage, DeleteMessage, EditMessage},
    },
    permission::OverrideTarget,
    read::SearchMessages,
};

/// Texts, and searches with the texts they find, by number. Every store agrees on these letters.
const TEXTS: [&str; 12] = [
    "Release notes for Orion",
    "the orion release was late",
    "notes: nothing to release",
    "Crème brûlée, déjà vu",
    "https://a.b:80/c?d=e",
    "AND or NOT near",
    "say \"hello\" (twice) ^now {col}: x*y -minus ~tilde",
    "snake_case and kebab-case words",
    "e\u{301}clair au cafe\u{301}",
    "98765 4321",
    "...",
    "tabs\tand\nlines",
];

const SEARCHES: &[(&str, &[usize])] = &[
    ("release", &[2, 1, 0]),
    ("RELEASE Orion", &[1, 0]),
    ("release orion late", &[1]),
    ("orion missing", &[]),
    ("rel*", &[2, 1, 0]),
    ("no* rel*", &[2, 0]),
    ("creme", &[3]),
    ("BRULEE déja", &[3]),
    ("crème", &[3]),
    ("eclair", &[8]),
    ("ÉCLAIR café", &[8]),
    ("caf*", &[8]),
    ("https://a.b:80/c", &[4]),
    ("a.b:80", &[4]),
    ("a.c", &[]),
    ("b:81", &[]),
    ("https://a.b:80/c?d*", &[4]),
    ("AND", &[11, 7, 5]),
    ("NOT", &[5]),
    ("and OR not", &[5]),
    ("\"hello\"", &[6]),
    ("\"hello", &[6]),
    ("hello)", &[6]),
    ("text:hello", &[]),
    ("{col}:", &[6]),
    ("^now", &[6]),
    ("-minus", &[6]),
    ("~tilde", &[6]),
    ("kebab-case", &[7]),
    ("case-kebab", &[]),
    ("snake", &[7]),
    ("snake_case", &[7]),
    ("98765", &[9]),
    ("98*", &[9]),
    ("765", &[]),
    ("-", &[]),
    ("... ::", &[]),
    ("orion - release", &[1, 0]),
    ("--*", &[]),
    ("';DROP*", &[]),
    ("lines tabs", &[11]),
];

pub(super) async fn messages_are_found_by_what_they_say<S: SearchIndex>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    let place = channel(engine, cast.owner, guild_id, "texts", vec![]).await;
    let other = channel(engine, cast.owner, guild_id, "others", vec![]).await;
    let mut ids = Vec::new();
    for (number, text) in TEXTS.iter().enumerate() {
        let channel_id = if number % 3 == 0 { other } else { place };
        let post = CreateMessage { channel_id, ..cast.message(text) };
        ids.push(done(engine, cast.member, post).await.reply.message.message_id);
    }
    for (text, expected) in SEARCHES {
        let wanted: Vec<MessageId> = expected.iter().map(|number| ids[*number]).collect();
        assert_eq!(found(engine, cast.member, search(cast, text)).await, wanted, "SEA-1: {text:?}");
        let in_one = SearchMessages { channel_id: Some(other), ..search(cast, text) };
        let wanted: Vec<MessageId> =
            expected.iter().filter(|number| *number % 3 == 0).map(|number| ids[*number]).collect();
        assert_eq!(found(engine, cast.member, in_one).await, wanted, "SEA-2: {text:?} in one channel");
    }
    done(engine, cast.owner, DeleteChannel { guild_id, channel_id: place }).await;
    assert_eq!(found(engine, cast.member, search(cast, "release")).await, [ids[0]], "gone with its channel");
    done(engine, cast.owner, DeleteChannel { guild_id, channel_id: other }).await;
}

pub(super) async fn searches_follow_every_change<S: SearchIndex>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    let first = cast.post(engine, cast.member, "quokka one").await;
    let second = cast.post(engine, cast.member, "quokka two").await;
    assert_eq!(found(engine, cast.owner, search(cast, "quokka")).await, [second.message_id, first.message_id], "SEA-4");
    let content = MessageContent::new("numbat one").expect("message text");
    let (channel_id, message_id) = (cast.channel_id, first.message_id);
    done(engine, cast.member, EditMessage { guild_id, channel_id, message_id, content }).await;
    assert_eq!(found(engine, cast.owner, search(cast, "quokka")).await, [second.message_id], "SEA-4: not its old text");
    assert_eq!(found(engine, cast.owner, search(cast, "numbat one")).await, [first.message_id]);
    done(engine, cast.member, DeleteMessage { guild_id, channel_id, message_id }).await;
    for text in ["numbat", "quokka one", "one numbat"] {
        assert_eq!(found(engine, cast.owner, search(cast, text)).await, [], "SEA-4: nothing after a delete");
    }
    let sound = engine.reconcile_search(cast.owner, guild_id).await.expect("reconciles");
    assert_eq!(sound, SearchReconciled { upserted: 0, deleted: 0 }, "SEA-6");
    engine.rebuild_search(cast.owner, guild_id).await.expect("rebuilds");
    assert_eq!(found(engine, cast.owner, search(cast, "quokka")).await, [second.message_id]);
    let sound = engine.reconcile_search(cast.owner, guild_id).await.expect("reconciles");
    assert_eq!(sound, SearchReconciled { upserted: 0, deleted: 0 }, "SEA-6");
    let refused = engine.reconcile_search(cast.member, guild_id).await.expect_err("refused");
    assert_eq!(code(&refused), Some(ErrorCode::Forbidden));
    let refused = engine.rebuild_search(cast.stranger, guild_id).await.expect_err("refused");
    assert_eq!(code(&refused), Some(ErrorCode::Forbidden));
    done(engine, cast.member, DeleteMessage { guild_id, channel_id, message_id: second.message_id }).await;
}

pub(super) async fn searches_are_walked_newest_first<S: SearchIndex>(engine: &Engine<S>, cast: &Cast) {
    let place = channel(engine, cast.owner, cast.guild_id, "walked", vec![]).await;
    let mut ids = Vec::new();
    for number in 0..23 {
        let channel_id = if number % 2 == 0 { place } else { cast.channel_id };
        let post = CreateMessage { channel_id, ..cast.message(&format!("bilby {number}")) };
        ids.push(done(engine, cast.owner, post).await.reply.message.message_id);
    }
    ids.reverse();
    for limit in [1_u16, 7, 23, 50] {
        let mut walked = Vec::new();
        let mut before = None;
        loop {
            let page = engine.read(cast.member, SearchMessages { limit, before, ..search(cast, "bilby") }).await;
            let page = page.expect("readable");
            assert!(page.messages.len() <= usize::from(limit));
            assert!(!page.messages.is_empty() || !page.more, "HTTP-15: no cursor without a page");
            walked.extend(page.messages.iter().map(|message| message.message_id));
            before = page.messages.last().map(|message| message.message_id);
            if !page.more {
                break;
            }
        }
        assert_eq!(walked, ids, "SEA-3, HTTP-15: every match once, newest first, with limit {limit}");
    }
    done(engine, cast.owner, DeleteChannel { guild_id: cast.guild_id, channel_id: place }).await;
}

/// What a hidden channel says changes nothing for those who do not see it: neither matches nor pages.
pub(super) async fn hidden_words_are_not_found<S: SearchIndex + Journal + AccessSource>(
    engine: &Engine<S>,
    cast: &Cast,
) {
    let guild_id = cast.guild_id;
    let (_, graph) = engine.store().load_guild(guild_id).await.expect("readable");
    let everyone = graph.as_ref().and_then(|graph| graph.seeded(SystemKey::Everyone)).expect("seeded").role_id;
    let deny: Permissions = [Permission::CreateMessage].into_iter().collect();
    let hide = InitialOverride { target: OverrideTarget::Role(everyone), allow: Permissions::EMPTY, deny };
    let hidden = channel(engine, cast.owner, guild_id, "hidden", vec![hide]).await;
    let mut seen = Vec::new();
    for number in 0..9 {
        let secret = CreateMessage { channel_id: hidden, ..cast.message(&format!("wombat secret {number}")) };
        done(engine, cast.owner, secret).await;
        if number % 3 == 0 {
            seen.push(cast.post(engine, cast.owner, "wombat").await.message_id);
        }
    }
    seen.reverse();
    let page = engine.read(cast.member, SearchMessages { limit: 3, ..search(cast, "wombat") }).await.expect("readable");
    let ids: Vec<MessageId> = page.messages.iter().map(|message| message.message_id).collect();
    assert_eq!((ids, page.more), (seen, false), "SEA-3");
    assert_eq!(found(engine, cast.member, search(cast, "secret")).await, []);
    assert_eq!(found(engine, cast.owner, search(cast, "wombat secret")).await.len(), 9);
    let there = |channel_id| SearchMessages { channel_id: Some(channel_id), ..search(cast, "wombat") };
    let refusals = [
        (cast.member, hidden, ErrorCode::Forbidden),
        (cast.member, ChannelId::from_u128(9), ErrorCode::NotFound),
        (cast.stranger, hidden, ErrorCode::Forbidden),
        (cast.stranger, cast.channel_id, ErrorCode::Forbidden),
    ];
    for (actor, channel_id, expected) in refusals {
        let refused = engine.read(actor, there(channel_id)).await.expect_err("refused");
        assert_eq!(code(&refused), Some(expected), "SEA-2");
    }
    assert_eq!(found(engine, cast.owner, there(hidden)).await.len(), 9);
    done(engine, cast.owner, DeleteChannel { guild_id, channel_id: hidden }).await;
}

fn search(cast: &Cast, text: &str) -> SearchMessages {
    let text = SearchText::new(text).expect("a search text");
    let terms = SearchTerms::parse(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    SearchMessages { guild_id: cast.guild_id, channel_id: None, terms, before: None, limit: 50 }
}

async fn found<S: SearchIndex>(engine: &Engine<S>, actor: Actor, search: SearchMessages) -> Vec<MessageId> {
    let text = format!("{:?}", search.terms);
    let page = engine.read(actor, search).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    page.messages.iter().map(|message| message.message_id).collect()
}

fn code<E: std::error::Error>(error: &TransactError<E>) -> Option<ErrorCode> {
    if let TransactError::Denied { denial, .. } = error { Some(denial.code()) } else { None }
}
