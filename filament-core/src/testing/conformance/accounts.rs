//! Accounts and sessions.

use filament_protocol::{SessionId, UserId, Username};

use super::{account, denial, done_anonymously, entries};
use crate::{
    AccessChange, AccessSource, Actor, Anonymous, Denial, Engine, Journal, Store,
    decide::account::{EndSession, OpenSession, RefreshSession, Register, SessionGrant},
    read::LookUpUsers,
};

pub(super) async fn accounts_are_unique_by_name<S: Store + Journal>(engine: &Engine<S>) {
    let name = |text: &str| Username::new(text).expect("a user name");
    let head = engine.store().head().seq;
    done_anonymously(engine, Register { username: name("Ada"), password_hash: "first".into() }).await;
    done_anonymously(engine, Register { username: name("aDA"), password_hash: "second".into() }).await;
    let credentials = engine.credentials(name("ADA")).await.expect("readable").expect("registered");
    assert_eq!(credentials.password_hash, "first", "names are unique ignoring ASCII case, the first one stays");
    assert!(engine.credentials(name("nobody")).await.expect("readable").is_none());
    assert_eq!(engine.store().head().seq, head, "registering is silent");
    let caller = Actor {
        user_id: credentials.user_id,
        session_id: SessionId::from_u128(0),
        is_server_owner: false,
        address: None,
    };
    let unknown = UserId::from_u128(7);
    let users = engine
        .read(caller, LookUpUsers { user_ids: vec![unknown, caller.user_id, caller.user_id] })
        .await
        .expect("readable");
    assert_eq!(
        users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(),
        ["Ada"],
        "unknown ones and repeats are left out"
    );
}

pub(super) async fn sessions_rotate_once_and_die_by_replay<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let actor = account(engine, "sessions").await;
    let open = OpenSession { user_id: actor.user_id, access_token_secs: 900 };
    let SessionGrant { session_id, generation, .. } = done_anonymously(engine, open).await.reply;
    assert_eq!(generation, 1);
    let refresh = |generation| RefreshSession { session_id, generation, access_token_secs: 900 };
    assert_eq!(done_anonymously(engine, refresh(1)).await.reply.generation, 2);
    assert_eq!(
        done_anonymously(engine, refresh(1)).await.reply.generation,
        2,
        "AUT-22: in grace the current one is given again"
    );
    assert_eq!(denial(engine.execute(Anonymous, refresh(9)).await), Denial::InvalidCredentials);
    assert_eq!(done_anonymously(engine, refresh(2)).await.reply.generation, 3, "an unknown generation has no effect");
    let live = engine.store().load_user(actor.user_id, session_id, vec![]).await.expect("readable");
    assert!(live.token_expires_at.is_some());
    let head = engine.store().head().seq;
    let ended = done_anonymously(engine, EndSession { session_id, generation: 3 }).await;
    assert!(ended.narrows && ended.seq == Some(head + 1));
    let entry = entries(engine.store(), head).await.remove(0);
    assert_eq!(entry.access, [AccessChange::SessionEnded { user_id: actor.user_id, session_id }]);
    assert_eq!(denial(engine.execute(Anonymous, refresh(3)).await), Denial::InvalidCredentials, "ended is ended");
    let gone = engine.store().load_user(actor.user_id, session_id, vec![]).await.expect("readable");
    assert_eq!(gone.token_expires_at, None);
}
