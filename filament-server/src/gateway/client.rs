//! One client: what it sends is decoded and charged by [`Session`], carried out one command after another, and answered by events.

use std::sync::Arc;
use std::time::Instant;

use filament_core::session::{IngressFault, Session, SessionStep, refusal};
use filament_core::{Actor, Denial, Surface, TransactError, decide};
use filament_fanout::Connection;
use filament_protocol::{CloseCode, Command, CommandKind, CreateMessage, ErrorCode, Event, GuildId};

use super::outlet::Outlet;
use crate::app::App;
use crate::http::error::ApiError;
use crate::limits::NOTE_ADDRESS_HIT_MIN;
use crate::metrics::label::{ParseRejection, RateReason, RateSurface};
use crate::ws::{Ended, Flow, Handler, Incoming, ReadError, Reader, encode};

/// The read side of one connection, from the first byte after the upgrade to the last.
pub(super) struct Client {
    app: Arc<App>,
    actor: Actor,
    session: Session,
    connection: Connection<Outlet>,
    /// A command that was decoded and is to be carried out.
    pending: Option<Command>,
    /// Where the clock of its budgets starts.
    began: Instant,
    /// When a hit of the gate was last handed to core.
    noted: Option<Instant>,
}

impl Client {
    /// A client whose connection is registered.
    #[must_use]
    pub(super) fn new(app: Arc<App>, actor: Actor, session: Session, connection: Connection<Outlet>) -> Self {
        Self { app, actor, session, connection, pending: None, began: Instant::now(), noted: None }
    }

    /// Reads until the connection has ended: after a close by either side only the peer's close frame still counts.
    ///
    /// A block and no `async fn`, which would hold both arguments twice for as long as the connection lives.
    pub(super) fn run<R>(self, reader: Reader<R>) -> impl Future<Output = ()> + Send
    where
        R: tokio::io::AsyncRead + Unpin + Send,
    {
        let (mut client, mut reader) = (self, reader);
        async move {
            loop {
                match reader.run(&mut client).await {
                    Ok(Ended::Stopped) => {}
                    Ok(Ended::PeerGone) | Err(ReadError::Io(_)) => return client.connection.lost(),
                    Err(ReadError::Protocol(error)) => {
                        client.refuse(error.close_code());
                        if error.ends_peer() {
                            client.connection.peer_closed(None);
                        }
                    }
                }
                reader.skip_to_close();
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Closes for what stands below the envelope. Its bytes, its length and the kind of its frame count as an envelope refused
    /// (contract §1); broken framing is no message at all.
    fn refuse(&self, code: CloseCode) {
        if code != CloseCode::WsProtocolError {
            self.app.metrics.parse_rejected.increment(ParseRejection::InvalidEnvelope);
        }
        self.connection.close(code, None);
    }

    fn text(&mut self, text: &str) -> Flow {
        match self.session.receive(text.as_bytes(), self.now_ms()) {
            SessionStep::Run(command) => {
                self.pending = Some(command);
                Flow::Wait
            }
            SessionStep::Refuse(event) => {
                self.app.metrics.rate_limit_hits.increment((RateSurface::Gateway, RateReason::Subscribe));
                self.connection.send(&event);
                Flow::Wait
            }
            SessionStep::Close { code, retry_after_ms, fault } => {
                self.count(&fault);
                self.connection.close(code, retry_after_ms);
                Flow::Stop
            }
        }
    }

    fn count(&self, fault: &IngressFault) {
        let metrics = &self.app.metrics;
        match fault {
            IngressFault::Envelope => metrics.parse_rejected.increment(ParseRejection::InvalidEnvelope),
            IngressFault::UnknownCommand(name) => metrics.unknown_received.increment(name),
            IngressFault::Payload(command) => metrics.parse_rejected.increment(match command {
                CommandKind::Subscribe => ParseRejection::InvalidSubscribePayload,
                CommandKind::Unsubscribe => ParseRejection::InvalidUnsubscribePayload,
                CommandKind::MessageCreate => ParseRejection::InvalidMessageCreatePayload,
                CommandKind::Heartbeat => ParseRejection::InvalidHeartbeatPayload,
            }),
            IngressFault::Budget => metrics.rate_limit_hits.increment((RateSurface::Gateway, RateReason::Ingress)),
        }
    }

    async fn carry_out(&mut self, command: Command) {
        let outcome = match &command {
            Command::Subscribe(subscribe) => {
                let echo = subscribe.r#ref.clone();
                let subscribed = self.connection.subscribe(subscribe.guild_id, subscribe.channel_id, echo).await;
                // Every refusal looks the same here; core notes the one that the gate made.
                if subscribed == Err(ErrorCode::Forbidden) {
                    self.note_hit(subscribe.guild_id, Surface::Subscribe);
                }
                subscribed
            }
            Command::Unsubscribe(unsubscribe) => {
                let echo = unsubscribe.r#ref.clone();
                self.connection.unsubscribe(unsubscribe.guild_id, unsubscribe.channel_id, echo);
                Ok(())
            }
            Command::MessageCreate(create) => self.post(create).await,
            Command::Heartbeat(_) => {
                self.connection.acknowledge_heartbeat();
                Ok(())
            }
        };
        if let Err(code) = outcome {
            self.connection.send(&Event::Error(refusal(code, message(code), &command)));
        }
    }

    /// As the REST endpoint does it; the answer is the event, to those who are subscribed.
    async fn post(&mut self, create: &CreateMessage) -> Result<(), ErrorCode> {
        let guild_id = create.guild_id;
        let create = decide::message::CreateMessage {
            guild_id: create.guild_id,
            channel_id: create.channel_id,
            content: create.content.clone(),
            attachment_ids: create.attachment_ids.clone(),
            idempotency_key: None,
        };
        match self.app.engine.execute(self.actor, create).await {
            Ok(_committed) => Ok(()),
            Err(TransactError::Denied { denial, .. }) => {
                if denial == Denial::AddressBanned {
                    self.note_hit(guild_id, Surface::MessageCommand);
                }
                Err(denial.code())
            }
            Err(error) => Err(ApiError::from(error).code()),
        }
    }
}

impl Client {
    /// Asks core to note that the gate kept the client out (IPB-3), at most once a second for what one connection tries.
    fn note_hit(&mut self, guild_id: GuildId, surface: Surface) {
        let now = Instant::now();
        if self.noted.is_some_and(|last| now.duration_since(last) < NOTE_ADDRESS_HIT_MIN) {
            return;
        }
        self.noted = Some(now);
        self.app.note_address_hit(self.actor, guild_id, surface);
    }
}

impl Handler for Client {
    fn heard(&mut self, _bytes: usize) {
        self.connection.touch();
    }

    fn incoming(&mut self, incoming: Incoming<'_>) -> Flow {
        match incoming {
            Incoming::Close { code, .. } => {
                self.connection.peer_closed(code);
                Flow::Stop
            }
            _ if self.connection.is_closed() => Flow::Continue,
            Incoming::Text(text) => self.text(&text),
            Incoming::Binary(_) => {
                self.refuse(CloseCode::UnsupportedFrame);
                Flow::Stop
            }
            Incoming::Ping(payload) => {
                self.connection.send_raw(encode::pong(&payload).into());
                Flow::Continue
            }
            Incoming::Pong => Flow::Continue,
        }
    }

    async fn proceed(&mut self) -> Flow {
        if let Some(command) = self.pending.take() {
            // On the heap while it runs, so that an idle connection has no room reserved for it.
            Box::pin(self.carry_out(command)).await;
        }
        self.connection.ready_for_input().await;
        Flow::Continue
    }
}

/// What an `error` says to people.
const fn message(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Forbidden => "not allowed",
        ErrorCode::NotFound => "not found",
        ErrorCode::InvalidRequest => "an attachment is not usable",
        ErrorCode::PayloadTooLarge => "the event would be too large",
        ErrorCode::QuotaExceeded => "too many subscriptions",
        ErrorCode::Overloaded => "try again shortly",
        _ => "refused",
    }
}
