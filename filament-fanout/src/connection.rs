//! One connection, as its read side holds it.

use std::{fmt, future::poll_fn, sync::Arc, task::Poll};

use bytes::Bytes;
use filament_protocol::{ChannelId, CloseCode, ErrorCode, Event, GuildId, text::Ref};
use tokio::time::timeout;

use crate::{
    access::loads::Loaded,
    close::Cause,
    fanout::{Fanout, PendingLoad},
    frame::{Frame, Reach},
    limits::{LOAD_ATTEMPTS_MAX, LOAD_MAX},
    link::Link,
    mailbox::Put,
    observe::DropReason,
    resume::refused_at_connect,
    subscribe::Subscribing,
    transport::TransportWrite,
    upstream::UpstreamError,
};

/// The read side's handle of a connection.
///
/// A connection that was closed takes every call silently. Whoever reads from the peer goes on after a close until the peer's
/// close arrives ([`peer_closed`](Self::peer_closed)) or its end ([`lost`](Self::lost)); the transport is shut down after two
/// seconds at most, so that reading ends. Dropping the handle is `lost`.
pub struct Connection<W: TransportWrite> {
    fanout: Fanout<W>,
    link: Arc<Link<W>>,
}

impl<W: TransportWrite> fmt::Debug for Connection<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").field("key", &self.link.key).finish_non_exhaustive()
    }
}

impl<W: TransportWrite> Connection<W> {
    pub(crate) const fn new(fanout: Fanout<W>, link: Arc<Link<W>>) -> Self {
        Self { fanout, link }
    }

    /// Subscribes to a channel and queues `presence_sync`, `subscribed` and `voice_participant_sync` (GW-20 to GW-23). Repeating
    /// it is harmless.
    ///
    /// A refusal takes into account everything that was committed before the call.
    ///
    /// # Errors
    /// [`ErrorCode::Forbidden`] for whatever is not visible or does not exist, [`ErrorCode::QuotaExceeded`] over 1,024
    /// subscriptions, [`ErrorCode::Overloaded`] when delivery does not keep up. Nothing has changed then.
    pub async fn subscribe(
        &self,
        guild_id: GuildId,
        channel_id: ChannelId,
        r#ref: Option<Ref>,
    ) -> Result<(), ErrorCode> {
        let mut is_caught_up = false;
        let mut subscribing = self.subscribe_now(guild_id, channel_id, r#ref.as_ref());
        for _ in 0..LOAD_ATTEMPTS_MAX {
            subscribing = match subscribing {
                Subscribing::Done => return Ok(()),
                Subscribing::Refused(ErrorCode::Forbidden) if !is_caught_up => {
                    is_caught_up = true;
                    if !self.fanout.0.catch_up().await? {
                        return Err(ErrorCode::Forbidden);
                    }
                    self.subscribe_now(guild_id, channel_id, r#ref.as_ref())
                }
                Subscribing::Refused(code) => return Err(code),
                Subscribing::UnknownGuild => {
                    is_caught_up = true; // the load holds everything committed before it
                    self.load_and_subscribe(guild_id, channel_id, r#ref.as_ref()).await?
                }
            };
        }
        match subscribing {
            Subscribing::Done => Ok(()),
            Subscribing::Refused(code) => Err(code),
            Subscribing::UnknownGuild => Err(ErrorCode::Overloaded),
        }
    }

    fn subscribe_now(&self, guild_id: GuildId, channel_id: ChannelId, r#ref: Option<&Ref>) -> Subscribing {
        self.fanout.0.step(|hub, now| hub.subscribe(&self.link, guild_id, channel_id, r#ref, now))
    }

    /// Subscribes to the channels a client named when it connected, one after another, as it would by commands (RES-11). Returns
    /// the guilds in which one was refused, each once.
    pub(crate) async fn subscribe_named(&self, named: &[(GuildId, ChannelId)]) -> Vec<GuildId> {
        let mut refused: Vec<GuildId> = Vec::new();
        for (guild_id, channel_id) in named.iter().copied() {
            self.ready_for_input().await;
            let Err(code) = self.subscribe(guild_id, channel_id, None).await else { continue };
            self.send(&refused_at_connect(guild_id, channel_id, code));
            if !refused.contains(&guild_id) {
                refused.push(guild_id);
            }
        }
        refused
    }

    /// Loads a guild nobody here is a member of, for a server owner, and subscribes in the same step.
    async fn load_and_subscribe(
        &self,
        guild_id: GuildId,
        channel_id: ChannelId,
        r#ref: Option<&Ref>,
    ) -> Result<Subscribing, ErrorCode> {
        let shared = &self.fanout.0;
        let (load, _) = shared.hub().begin_load();
        let mut pending = PendingLoad { shared, load: Some(load), reserved: None };
        let snapshot = async {
            let snapshot = shared.upstream.load_guild(guild_id).await?;
            shared.reached(snapshot.0).await;
            Ok::<_, UpstreamError>(snapshot)
        };
        let snapshot = match timeout(LOAD_MAX, snapshot).await {
            Ok(Ok(snapshot)) => snapshot,
            Ok(Err(error)) => {
                tracing::error!(%error, "a guild could not be loaded");
                return Err(ErrorCode::Overloaded);
            }
            Err(_) => return Err(ErrorCode::Overloaded),
        };
        let subscribing = shared.step(|hub, now| {
            let subscribing = match hub.finish_guild(load, guild_id, snapshot) {
                Loaded::Exact(true) => {
                    let subscribing = hub.subscribe(&self.link, guild_id, channel_id, r#ref, now);
                    hub.forget_unused_guild(guild_id);
                    subscribing
                }
                Loaded::Exact(false) => Subscribing::Refused(ErrorCode::Forbidden),
                Loaded::Again => Subscribing::UnknownGuild,
            };
            hub.loads.end(load);
            subscribing
        });
        pending.load = None;
        Ok(subscribing)
    }

    /// Ends a subscription, if there is one, and queues `unsubscribed{requested}` in any case (§6.4).
    pub fn unsubscribe(&self, guild_id: GuildId, channel_id: ChannelId, r#ref: Option<Ref>) {
        self.fanout.0.step(|hub, now| hub.unsubscribe(&self.link, guild_id, channel_id, r#ref, now));
    }

    /// Queues an event for this connection alone, behind everything queued before it. The `s` of a `heartbeat_ack` is filled in
    /// when it is written (GW-46, GW-47).
    pub fn send(&self, event: &Event) {
        let shared = &self.fanout.0;
        let kind = event.kind();
        let Ok(frame) = Frame::live(event, Reach::Connection, shared.clock.now().us) else {
            shared.stats.dropped(kind, DropReason::OversizedOutbound);
            return;
        };
        let put = self.link.lock().put(frame, &shared.bounds);
        match put {
            Put::Fresh | Put::Behind => shared.stats.emitted(kind, 1),
            Put::Overflow => {
                shared.stats.dropped(kind, DropReason::FullQueue);
                shared.step(|hub, now| hub.close_slow(&self.link, now));
            }
            Put::Closed => {}
        }
        self.mark(put);
    }

    /// Answers a heartbeat behind everything queued before it, with the access revision of the user as of that point of the stream
    /// (GW-47, RES-30).
    pub fn acknowledge_heartbeat(&self) {
        self.fanout.0.step(|hub, now| hub.acknowledge_heartbeat(&self.link, now));
    }

    /// Queues control bytes of the transport, such as a pong, behind everything queued before them. At most 4 wait; a newer one
    /// then takes the place of the last.
    pub fn send_raw(&self, bytes: Bytes) {
        let put = self.link.lock().put_control(bytes);
        self.mark(put);
    }

    fn mark(&self, put: Put) {
        if put == Put::Fresh {
            self.fanout.0.shards[usize::from(self.link.shard)].mark(Arc::clone(&self.link));
        }
    }

    /// Notes that something arrived from the peer, whatever it was (GW-40).
    pub fn touch(&self) {
        self.link.touch(self.fanout.0.clock.now());
    }

    /// Completes when there is room for the answers to another command (GW-26): at most 128 frames and 512 KiB are waiting. Also
    /// completes when the connection is closed. One task at a time may wait.
    pub async fn ready_for_input(&self) {
        let bounds = &self.fanout.0.bounds;
        poll_fn(|context| match self.link.lock().poll_room(bounds, context.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    /// Closes the connection: releases everything it holds now, finishes a frame that is partly written, then sends the close
    /// frame and sees to its deadlines (GW-35). The first close wins.
    pub fn close(&self, code: CloseCode, retry_after_ms: Option<u32>) {
        self.end(Cause::Server { code, retry_after_ms });
    }

    /// The peer's close frame arrived: it is answered if it came first, and the transport is shut down.
    pub fn peer_closed(&self, code: Option<u16>) {
        self.end(Cause::Client { code });
    }

    /// The peer's side ended without a close frame, or reading failed.
    pub fn lost(&self) {
        self.end(Cause::Lost);
    }

    /// Whether the close of the connection was decided: nothing is delivered to it any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.link.lock().is_open()
    }

    fn end(&self, cause: Cause) {
        self.fanout.0.step(|hub, now| hub.end(&self.link, cause, now));
    }
}

impl<W: TransportWrite> Drop for Connection<W> {
    fn drop(&mut self) {
        if !self.link.lock().is_ended() {
            self.lost();
        }
    }
}
