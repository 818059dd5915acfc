//! Random histories, and a resume from every place in them.

use std::{sync::Arc, time::SystemTime};

use filament_core::{Place, testing::MemoryStore};
use filament_fanout::{
    Fanout, FanoutConfig, Mode,
    testing::{ReadableCursors, Wire},
};
use filament_protocol::{ChannelId, GuildId};

use super::{BATCH, Resumed, Stream, cursor, hello, oracle::Past};

const SEEDS: u64 = 8;
const STEPS: usize = 160;

fn store() -> MemoryStore {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    MemoryStore::at(u64::try_from(now.as_millis()).expect("not that late"))
}

/// Proves RES-12, RES-13, RES-14 and RES-17: from wherever a client comes back, in the middle of an entry too, it is told exactly
/// what its user may know and may have known since, in commit order, once; what was hidden for a time is named, and so are the
/// guilds in which the user may do something else. Nobody remembered the connection.
#[tokio::test]
async fn a_resume_from_anywhere_tells_what_could_be_seen_all_the_time() {
    let (mut replayed, mut gaps, mut changed) = (0, 0, 0);
    for seed in 0..SEEDS {
        let past = Past::of(store(), seed, STEPS).await;
        let store = Arc::new(past.history.engine().store().clone());
        let fanout: Fanout<Wire> =
            Fanout::new(FanoutConfig::default(), Arc::clone(&store), store, Arc::new(ReadableCursors::default()));
        let running = fanout.clone();
        let task = tokio::spawn(async move { running.run(std::future::pending()).await });
        for user in past.history.users() {
            let account = past.account(user.user_id).await;
            let mut named = account.named.clone();
            named.truncate(100);
            let nowhere = (GuildId::from_u128(1), ChannelId::from_u128(1));
            named.push(nowhere);
            for seq in past.first()..=past.head() {
                let parts = if seq < past.head() { past.entry(seq + 1).await.events.len().max(1) } else { 1 };
                for part in 0..parts {
                    let place = Place { seq, part: u16::try_from(part).expect("few") };
                    let mode = if seq % 2 == 0 { BATCH } else { Mode::Stream };
                    let hello = hello(*user, mode, Some(cursor(user.user_id, place)), &named);
                    let resumed = Resumed::read(&mut Stream::open(&fanout, hello).await).await;

                    let why = format!("seed {seed}, {} from {place:?} of {}", user.user_id, past.head());
                    let expected = account.events.iter().filter(|(at, _)| *at >= place).map(|(_, text)| text);
                    assert!(resumed.replayed.iter().eq(expected), "{why}: {:#?}", resumed.replayed);
                    let base = seq + u64::from(part > 0);
                    assert_eq!(resumed.gaps, past.gaps(&account, base), "{why}");
                    assert_eq!(resumed.access, past.changed(user.user_id, base), "{why}");
                    assert!(resumed.subscribed.iter().eq(account.named.iter().map(|named| &named.1)), "{why}");
                    assert_eq!((&resumed.refused[..], resumed.reset), (&[nowhere.1][..], None), "{why}");
                    assert_eq!(
                        (resumed.voice, resumed.presence.is_empty()),
                        (resumed.subscribed, account.named.is_empty())
                    );
                    replayed += resumed.replayed.len();
                    gaps += resumed.gaps.len();
                    changed += resumed.access.len();
                }
            }
        }
        fanout.check_invariants();
        task.abort();
    }
    assert!(replayed > 2_000 && gaps > 20 && changed > 200, "{replayed} events, {gaps} gaps, {changed} changes");
}
