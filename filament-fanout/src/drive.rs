//! The tasks that make time pass: the relay's loop over the journal, the ticker, and one [flush loop](crate::flush) per shard.
//!
//! Nothing is decided here. Each loop waits for something, takes the hub's lock for one step or some mailboxes' for one flush, and
//! waits again.

use std::{convert::Infallible, future::Future, num::NonZeroU16, pin::pin, sync::Arc, time::Duration};

use filament_core::{AccessChange, Entry, Seq, permission::GuildGraph};
use filament_protocol::GuildId;
use tokio::{
    task::{JoinSet, yield_now},
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    clock::Now,
    failpoint,
    fanout::{Fanout, Shared},
    flush::flush_loop,
    limits::{
        LOOKAHEAD_ENTRIES_MAX, PUTS_PER_PUBLISH_MAX, RELAY_BATCH_ENTRIES, RELAY_RETRY_MAX, RELAY_RETRY_MIN, TICK_MS,
    },
    transport::TransportWrite,
    upstream::UpstreamError,
    voice,
};

const US_PER_SEC: u64 = 1_000_000;

impl<W: TransportWrite> Fanout<W> {
    /// Delivers until `shutdown` completes. To be called once, on a tokio runtime with time enabled.
    ///
    /// When the journal or the access source fails, every connection is closed with 4009 and new ones are refused until it works
    /// again (FEN-6).
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let mut tasks = JoinSet::new();
            tasks.spawn(relay_loop(Arc::clone(&self.0)));
            tasks.spawn(tick_loop(Arc::clone(&self.0)));
            for shard in 0..self.0.shards.len() {
                tasks.spawn(flush_loop(Arc::clone(&self.0), shard));
            }
            tokio::select! {
                () = &mut shutdown => return tasks.shutdown().await,
                // None of them ends by itself: a defect made it panic, and what it left behind is not to be trusted.
                _ = tasks.join_next() => {
                    tracing::error!("a delivery task failed; every connection is closed");
                    tasks.shutdown().await;
                    self.0.step(|hub, now| hub.go_down(now));
                    sleep(RELAY_RETRY_MIN).await;
                }
            }
        }
    }
}

/// Relays for ever: after a failure everybody is closed, and once the journal can be read again it goes on at its head.
async fn relay_loop<W: TransportWrite>(shared: Arc<Shared<W>>) {
    if shared.hub().is_down {
        come_up(&shared).await;
    }
    loop {
        let error = relay_and_restore(&shared).await;
        tracing::error!(%error, "delivery stopped: the journal cannot be followed; every connection is closed");
        shared.step(|hub, now| hub.go_down(now));
        come_up(&shared).await;
        tracing::info!("delivery goes on");
    }
}

/// Relays until something fails. After an interruption, those who were in voice channels are brought back meanwhile.
async fn relay_and_restore<W: TransportWrite>(shared: &Shared<W>) -> UpstreamError {
    let mut relay = pin!(relay(shared));
    tokio::select! {
        Err(error) = &mut relay => return error,
        () = voice::restore(shared) => {}
    }
    let Err(error) = relay.await;
    error
}

/// Waits until the journal can be read, and starts at its head: nobody is connected, so nobody misses anything.
async fn come_up<W: TransportWrite>(shared: &Shared<W>) {
    let mut pause = RELAY_RETRY_MIN;
    loop {
        sleep(pause).await;
        pause = RELAY_RETRY_MAX.min(pause * 2);
        let head = shared.upstream.head();
        if shared.upstream.read_after(head.saturating_sub(1), NonZeroU16::MIN).await.is_ok() {
            shared.step(|hub, _| {
                hub.position = head;
                hub.is_down = false;
            });
            shared.position.send_replace(head);
            return;
        }
    }
}

/// Applies entry after entry until something fails.
async fn relay<W: TransportWrite>(shared: &Shared<W>) -> Result<Infallible, UpstreamError> {
    let batch = NonZeroU16::new(RELAY_BATCH_ENTRIES).unwrap_or(NonZeroU16::MIN);
    let mut position = shared.hub().position;
    loop {
        shared.upstream.wait_past(position).await;
        let entries = shared.upstream.read_after(position, batch).await?;
        for entry in entries {
            if entry.seq != position + 1 {
                return Err(format!("entry {} follows {position}: the journal has a gap", entry.seq).into());
            }
            position = entry.seq;
            apply(shared, &entry).await?;
        }
        shared.hub().outbox.publish(&shared.shards);
        failpoint::reached("fanout.after_publish");
        yield_now().await;
    }
}

pub(crate) async fn apply<W: TransportWrite>(shared: &Shared<W>, entry: &Arc<Entry>) -> Result<(), UpstreamError> {
    let mut graphs = Vec::new();
    if !entry.access.is_empty() {
        let missing = shared.hub().missing_guilds(entry);
        for guild_id in missing {
            graphs.extend(graph_at(shared, guild_id, entry.seq).await?);
        }
    }
    let now = shared.clock.now();
    let origin_us = committed_us(entry, shared.upstream.age(entry.seq), now);
    failpoint::reached("fanout.before_apply");
    let mut hub = shared.hub();
    hub.apply(entry, graphs, origin_us, now);
    failpoint::reached("fanout.after_apply");
    if hub.outbox.puts() >= PUTS_PER_PUBLISH_MAX {
        hub.outbox.publish(&shared.shards);
    }
    drop(hub);
    if entry.access.iter().any(AccessChange::narrows) {
        shared.stats.revoked_after_us(shared.clock.now().us.saturating_sub(origin_us));
    }
    shared.position.send_replace(entry.seq);
    Ok(())
}

/// A guild's graph as of an entry, or `None` if it cannot be had: it was changed since, and a later state is not the state.
async fn graph_at<W>(
    shared: &Shared<W>,
    guild_id: GuildId,
    seq: Seq,
) -> Result<Option<Arc<GuildGraph>>, UpstreamError> {
    let (loaded_at, graph) = shared.upstream.load_guild(guild_id).await?;
    if loaded_at < seq || loaded_at - seq > u64::from(LOOKAHEAD_ENTRIES_MAX) {
        return Ok(None);
    }
    let changes_it = |change: &AccessChange| match change {
        AccessChange::GuildCreated(graph) => graph.guild_id == guild_id,
        AccessChange::Guild(changed, _) | AccessChange::GuildDeleted { guild_id: changed, .. } => *changed == guild_id,
        AccessChange::MemberJoined { .. }
        | AccessChange::MemberLeft { .. }
        | AccessChange::MemberRoles { .. }
        | AccessChange::SessionRenewed { .. }
        | AccessChange::SessionEnded { .. } => false,
    };
    let mut after = seq;
    while after < loaded_at {
        let left = u16::try_from(loaded_at - after).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN);
        let entries = shared.upstream.read_after(after, left).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        after = last.seq;
        if entries.iter().flat_map(|entry| &entry.access).any(changes_it) {
            return Ok(None);
        }
    }
    Ok(graph)
}

/// When an entry was committed. Its stamp is whole seconds, so that without an age it tells only delays of a second and more.
fn committed_us(entry: &Entry, age: Option<Duration>, now: Now) -> u64 {
    let whole_secs = now.wall.as_secs().saturating_sub(entry.at.as_secs()).saturating_sub(1);
    let age_us =
        age.map_or(whole_secs.saturating_mul(US_PER_SEC), |age| u64::try_from(age.as_micros()).unwrap_or(u64::MAX));
    now.us.saturating_sub(age_us)
}

/// Lets time have its effects.
async fn tick_loop<W: TransportWrite>(shared: Arc<Shared<W>>) {
    let mut ticks = interval(Duration::from_millis(TICK_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shared.step(|hub, now| hub.tick(now));
        while shared.step(|hub, now| hub.tell_shifts(now)) {
            yield_now().await;
        }
        while shared.step(|hub, now| hub.tell_presence(now)) {
            yield_now().await;
        }
    }
}
