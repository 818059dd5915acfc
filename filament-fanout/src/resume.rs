//! Resuming a stream (contract §7.2): what was missed is read from the journal, told, and followed by the present without a seam.
//!
//! ```text
//! one step      registered at entry P of the relay, its mailbox held, the channels it named subscribed to
//! survey        entries P … cursor, backwards: which events the user is to be told (RES-13); too many make a `reset`
//! told          `ready`, `subscribed`…, `reset{visibility_gap}`…, then the events, while there is room, by the access of that moment
//! healed        `presence_sync`…, `voice_participant_sync`…, `workspace_access_update`…
//! one step      `caught_up`, and what was held since P is let go behind it
//! ```
//!
//! Everything up to P comes from the journal and everything after it from the relay, so nothing is missed and nothing told twice,
//! and no process needs to have known the connection before (RES-17).

mod survey;
mod turns;

use std::{
    collections::{HashSet, VecDeque},
    future::poll_fn,
    num::NonZeroU16,
    sync::Arc,
    task::Poll,
};

use filament_core::{Audience, Entry, Place, SealedBody, SealedEvent, Seq, session::refusal};
use filament_protocol::{
    ChannelId, CloseCode, Command, ErrorCode, Event, EventKind, GuildId, Permission, UserId,
    command::Subscribe,
    event::{CaughtUp, Reset, ResetReason, ResumeState, Subscribed},
    limits::REPLAY_EVENTS_MAX,
};
use tokio::{task::yield_now, time::timeout};

use self::survey::{Missed, Survey};
pub(crate) use self::turns::{Turn, Turns};
use crate::{
    admission::Hello,
    clock::Now,
    close::Cause,
    cursor::Reached,
    fanout::Shared,
    frame::{Frame, Reach},
    gate::{self, Gate},
    hub::Hub,
    limits::{
        REPLAY_ENTRIES_MAX, REPLAY_EVENTS_PER_STEP_MAX, REPLAY_KEPT_BYTES_MAX, REPLAY_MAX, REPLAY_READ_ENTRIES_MAX,
    },
    link::Link,
    observe::{DropReason, ResumeOutcome, VoiceSync},
    transport::TransportWrite,
    upstream::UpstreamError,
};

/// Where a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Behind this place.
    From(Reached),
    /// At the present; the client learns why.
    Reset(ResetReason),
}

/// A connection that is registered and held, and not told of anything yet.
pub(crate) struct Resumption<W> {
    link: Arc<Link<W>>,
    start: Start,
    /// The relay's position when the connection was registered.
    until: Seq,
    survey: Survey,
    /// The channels named, with what became of them, in the order of the query.
    named: Vec<(GuildId, ChannelId, Option<ErrorCode>)>,
}

/// What the survey found.
#[derive(Debug, Default)]
struct Found {
    /// Ascending.
    missed: Vec<Missed>,
    gaps: Vec<(GuildId, ChannelId)>,
    changed: Vec<GuildId>,
}

/// What is told between the missed events and `caught_up`.
#[derive(Clone, Copy, Debug)]
enum Heal {
    Presence(GuildId),
    Voice(GuildId, ChannelId),
    Access(GuildId),
}

impl<W: TransportWrite> Shared<W> {
    /// Reads the cursor of a client, if it presents one where there are cursors.
    pub(crate) fn start(&self, hello: &Hello) -> Option<Start> {
        let cursor = hello.cursor.as_deref().filter(|_| hello.mode.has_cursor())?;
        Some(match self.cursors.open(cursor, hello.user_id, self.clock.now().wall) {
            Ok(reached) => Start::From(reached),
            Err(error) => Start::Reset(error.reset_reason()),
        })
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Holds a connection that was registered in this very step and subscribes it to the channels it named.
    pub(crate) fn begin_resume(
        &mut self,
        hello: &Hello,
        start: Start,
        oldest: Seq,
        link: &Arc<Link<W>>,
        now: Now,
    ) -> Resumption<W> {
        let start = self.judge(start, oldest);
        let reached = match start {
            Start::From(reached) => reached,
            // Until the client has the `reset`, its cursors lead to another one; then it asks for its access itself.
            Start::Reset(_) => Reached { place: Place::default(), access: self.position },
        };
        let mut mailbox = link.lock();
        mailbox.hold();
        mailbox.start_at(reached);
        drop(mailbox);
        let mut named = Vec::with_capacity(hello.subscribe.len());
        for (guild_id, channel_id) in hello.subscribe.iter().copied() {
            let refused = self.register_subscription(link, guild_id, channel_id, now).err();
            named.push((guild_id, channel_id, refused));
        }
        let subscribed = named.iter().filter(|named| named.2.is_none()).map(|named| named.1).collect();
        let registered = self.registry.get(link.key);
        let is_closed = |guild_id| {
            let gate = Gate::of(&self.access, guild_id, now.wall);
            gate.zip(registered).is_some_and(|(gate, registered)| gate.stops(registered))
        };
        let survey = Survey::at(&self.access, hello.user_id, subscribed, is_closed);
        Resumption { link: Arc::clone(link), start, until: self.position, survey, named }
    }

    /// Whether the journal can lead from there to the present (RES-15).
    fn judge(&self, start: Start, oldest: Seq) -> Start {
        let Start::From(reached) = start else { return start };
        if Reached::all(reached.place).access > self.position {
            return Start::Reset(ResetReason::EpochChanged);
        }
        match self.position - reached.after() {
            0 => start,
            _ if reached.after() + 1 < oldest => Start::Reset(ResetReason::CursorExpired),
            missed if missed > REPLAY_ENTRIES_MAX => Start::Reset(ResetReason::GapTooLarge),
            _ => start,
        }
    }

    /// Puts a frame before everything that is held.
    fn put_first(&mut self, link: &Arc<Link<W>>, frame: Frame) -> bool {
        let kind = frame.kind();
        let put = link.lock().put_replay(frame);
        let is_taken = self.outbox.note(link, put);
        self.stats.emitted(kind, u64::from(is_taken));
        is_taken
    }

    fn tell_first(&mut self, link: &Arc<Link<W>>, event: &Event, reach: Reach, now: Now) {
        match Frame::live(event, reach, now.us) {
            Ok(frame) => drop(self.put_first(link, frame)),
            Err(_) => self.stats.dropped(event.kind(), DropReason::OversizedOutbound),
        }
    }

    /// `ready`, the answers to what was named, and what has to be fetched anew.
    fn open_stream(&mut self, resumption: &Resumption<W>, hello: &Hello, found: Result<&Found, ResetReason>, now: Now) {
        let link = &resumption.link;
        let state = if found.is_ok() { ResumeState::Replaying } else { ResumeState::Reset };
        let ready = self.ready(hello, Some(state), now);
        self.tell_first(link, &Event::Ready(ready), Reach::Connection, now);
        for (guild_id, channel_id, refused) in resumption.named.iter().copied() {
            match refused {
                None => {
                    let subscribed = Event::Subscribed(Subscribed { guild_id, channel_id, r#ref: None });
                    self.tell_first(link, &subscribed, Reach::Channel(guild_id, channel_id), now);
                }
                Some(code) => {
                    let refused = refused_at_connect(guild_id, channel_id, code);
                    self.tell_first(link, &refused, Reach::Connection, now);
                }
            }
        }
        let gaps = found.map_or(&[][..], |found| &found.gaps);
        for (guild_id, channel_id) in gaps.iter().copied() {
            let (reason, guild, channel) = (ResetReason::VisibilityGap, Some(guild_id), Some(channel_id));
            let reset = Event::Reset(Reset { reason, guild_id: guild, channel_id: channel });
            self.tell_first(link, &reset, Reach::Channel(guild_id, channel_id), now);
        }
        if let Err(reason) = found {
            let reset = Event::Reset(Reset { reason, guild_id: None, channel_id: None });
            // Whoever has it needs nothing of before.
            let place = Place::after(resumption.until);
            if let Ok(frame) = Frame::rendered(&reset, Reach::Connection, now.us, place) {
                self.put_first(link, frame);
            }
        }
    }

    /// Tells some of the missed events, as far as the user may have them at this moment. Returns how many were told.
    fn replay(&mut self, link: &Arc<Link<W>>, user_id: UserId, part: &[(Arc<Entry>, &Missed)], now: Now) -> u32 {
        let mut told = 0;
        for (entry, missed) in part {
            for (index, rendered) in &missed.events {
                let Some(event) = entry.events.get(*index) else { continue };
                let place = Place::within(entry.seq, *index, entry.events.len());
                let frame = self.missed_frame(link, user_id, event, rendered.as_ref(), place, now);
                told += u32::from(frame.is_some_and(|frame| self.put_first(link, frame)));
            }
        }
        told
    }

    fn missed_frame(
        &self,
        link: &Arc<Link<W>>,
        user_id: UserId,
        event: &SealedEvent,
        rendered: Option<&Event>,
        place: Place,
        now: Now,
    ) -> Option<Frame> {
        let (audience, guild_id) = (event.audience, event.audience.guild_id());
        let registered = self.registry.get(link.key).filter(|known| Arc::ptr_eq(&known.handle, link))?;
        let may_have = match audience {
            Audience::Subscribers(_, channel_id) => self.registry.is_subscribed(link.key, channel_id),
            // They are known by what the entry says, as the survey found.
            Audience::FormerMembers(_) | Audience::Peers(_) => true,
            Audience::User(_)
            | Audience::Guild(_)
            | Audience::GuildAnd(..)
            | Audience::EdgeMember(..)
            | Audience::Permission(..)
            | Audience::View(..)
            | Audience::Manage(..)
            | Audience::Edge(..) => self.access.includes(&audience, user_id),
        };
        let is_gated = rendered.is_some() || gate::keeps_audience(&audience);
        let gate = guild_id.filter(|_| is_gated).and_then(|id| Gate::of(&self.access, id, now.wall));
        if !may_have || gate.is_some_and(|gate| gate.stops(registered)) {
            return None;
        }
        let reach = Reach::Audience(audience);
        match (&event.body, rendered) {
            (SealedBody::Shared(text) | SealedBody::Peers { text, .. }, _) => {
                Some(Frame::sealed(event.kind, reach, text, now.us, place))
            }
            (SealedBody::ByAudit { with_actor, without_actor }, _) => {
                let may_read = |id| self.access.member_holds(id, Permission::ViewAuditLog, user_id);
                let frame = |text: &[u8]| Frame::sealed(event.kind, reach, text, now.us, place);
                Some(Frame::by_audit(frame, with_actor, without_actor, guild_id.is_some_and(may_read)))
            }
            (SealedBody::ChannelOrder(order), Some(rendered)) => {
                Frame::rendered(rendered, Reach::Guild(order.guild_id), now.us, place).ok()
            }
            (SealedBody::ChannelOrder(_), None) | (SealedBody::OwnRemoval(_), _) => None,
        }
    }

    /// Tells one complete list of the present.
    fn heal(&mut self, link: &Arc<Link<W>>, user_id: UserId, heal: Heal, now: Now) {
        let kind = match heal {
            Heal::Presence(_) => EventKind::PresenceSync,
            Heal::Voice(..) => EventKind::VoiceParticipantSync,
            Heal::Access(_) => EventKind::WorkspaceAccessUpdate,
        };
        let frame = match heal {
            Heal::Presence(guild_id) if self.registry.is_subscribed_in(link.key, guild_id) => {
                self.presence_sync(guild_id, user_id, now)
            }
            Heal::Voice(guild_id, channel_id) if self.registry.is_subscribed(link.key, channel_id) => {
                self.stats.voice_synced(VoiceSync::Resume);
                let event = self.voice_sync(guild_id, channel_id, now);
                Frame::live(&event, Reach::Channel(guild_id, channel_id), now.us)
            }
            Heal::Access(guild_id) if self.is_let_in(guild_id, user_id, link, now) => {
                let Some(frame) = self.access_frame(guild_id, user_id, now) else { return };
                frame
            }
            Heal::Presence(_) | Heal::Voice(..) | Heal::Access(_) => return,
        };
        match frame {
            Ok(frame) => drop(self.put_first(link, frame)),
            Err(_) => self.stats.dropped(kind, DropReason::OversizedOutbound),
        }
    }

    /// The end of a resume: what was held follows.
    fn end_replay(&mut self, link: &Arc<Link<W>>, user_id: UserId, caught_up: CaughtUp, now: Now) {
        let Ok(frame) = Frame::live(&Event::CaughtUp(caught_up), Reach::Connection, now.us) else { return };
        // In one hold of the mailbox, so that the cursor behind `caught_up` is the present's.
        let mut mailbox = link.lock();
        let (put, released) = (mailbox.put_replay(frame), mailbox.release());
        if !self.shifts_due.has(user_id) {
            mailbox.put_all_access();
        }
        drop(mailbox);
        let is_taken = self.outbox.note(link, put);
        self.outbox.note(link, released);
        self.stats.emitted(EventKind::CaughtUp, u64::from(is_taken));
    }
}

/// The answer to a channel named at connect that is not given.
pub(crate) fn refused_at_connect(guild_id: GuildId, channel_id: ChannelId, code: ErrorCode) -> Event {
    let message = match code {
        ErrorCode::Forbidden => "not allowed",
        ErrorCode::QuotaExceeded => "too many subscriptions",
        _ => "try again shortly",
    };
    Event::Error(refusal(code, message, &Command::Subscribe(Subscribe { guild_id, channel_id, r#ref: None })))
}

/// Carries a resume through. Whatever goes wrong closes the connection with a code that says to come back.
pub(crate) async fn resume<W: TransportWrite>(
    shared: Arc<Shared<W>>,
    hello: Hello,
    mut resumption: Resumption<W>,
    turn: Option<Turn>,
) {
    let link = Arc::clone(&resumption.link);
    let code = match timeout(REPLAY_MAX, resumption.run(&shared, &hello)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::error!(%error, "the journal cannot be read for a resume");
            Some(CloseCode::ContinuityLost)
        }
        Err(_) => Some(CloseCode::SlowConsumer),
    };
    if let Some(code) = code {
        shared.step(|hub, now| hub.end(&link, Cause::Server { code, retry_after_ms: None }, now));
    }
    drop(turn);
}

impl<W: TransportWrite> Resumption<W> {
    /// The guilds in which a named channel was refused, each once.
    pub(crate) fn refused(&self) -> Vec<GuildId> {
        let refused = self.named.iter().filter(|named| named.2.is_some()).map(|named| named.0);
        let mut refused: Vec<GuildId> = refused.collect();
        refused.sort_unstable();
        refused.dedup();
        refused
    }

    async fn run(&mut self, shared: &Shared<W>, hello: &Hello) -> Result<(), UpstreamError> {
        let user_id = hello.user_id;
        let found = match self.start {
            Start::From(reached) => self.find(shared, reached).await?,
            Start::Reset(reason) => Err(reason),
        };
        shared.step(|hub, now| hub.open_stream(self, hello, found.as_ref().map_err(|reason| *reason), now));
        let (replayed, changed) = match &found {
            Ok(found) => (self.tell(shared, user_id, &found.missed).await?, found.changed.as_slice()),
            Err(_) => (0, &[][..]),
        };
        for heal in self.heals(changed) {
            self.room().await;
            shared.step(|hub, now| hub.heal(&self.link, user_id, heal, now));
        }
        self.room().await;
        let caught_up = CaughtUp { replayed, reset: found.is_err() };
        shared.stats.resumed(found.err().map_or(ResumeOutcome::Replayed, ResumeOutcome::Reset), replayed);
        shared.step(|hub, now| hub.end_replay(&self.link, user_id, caught_up, now));
        Ok(())
    }

    /// Looks through what was missed, the newest first.
    async fn find(
        &mut self,
        shared: &Shared<W>,
        reached: Reached,
    ) -> Result<Result<Found, ResetReason>, UpstreamError> {
        let place = reached.place;
        let mut found = Found::default();
        let (mut events, mut kept_bytes) = (0, 0);
        let mut until = self.until;
        while until > place.seq {
            let after = until.saturating_sub(Seq::from(REPLAY_READ_ENTRIES_MAX)).max(place.seq);
            let Some(page) = read_range(shared, after, until).await? else {
                return Ok(Err(ResetReason::CursorExpired));
            };
            for entry in page.into_iter().rev() {
                let told = if entry.seq == place.seq + 1 { usize::from(place.part) } else { 0 };
                let missed = self.survey.missed(&entry, told);
                // Of an entry that was told in part, the access was known already.
                if told == 0 {
                    self.survey.step_back(&entry);
                }
                events += missed.len();
                if events > REPLAY_EVENTS_MAX as usize {
                    return Ok(Err(ResetReason::GapTooLarge));
                }
                if !missed.is_empty() {
                    let seq = entry.seq;
                    kept_bytes += weight(&entry);
                    let entry = (kept_bytes <= REPLAY_KEPT_BYTES_MAX).then_some(entry);
                    found.missed.push(Missed { seq, events: missed, entry });
                }
            }
            until = after;
            yield_now().await;
        }
        found.missed.reverse();
        let accepted = self.named.iter().filter(|named| named.2.is_none());
        let gaps = accepted.filter(|named| self.survey.has_gap(named.1)).map(|named| (named.0, named.1));
        found.gaps = gaps.collect();
        // Events are told before the access they changed: the update of an entry up to `place` may be missing.
        let mut until = Reached::all(place).access;
        while until > reached.access {
            let after = until.saturating_sub(Seq::from(REPLAY_READ_ENTRIES_MAX)).max(reached.access);
            let Some(page) = read_range(shared, after, until).await? else {
                return Ok(Err(ResetReason::CursorExpired));
            };
            page.iter().rev().for_each(|entry| self.survey.step_back(entry));
            until = after;
            yield_now().await;
        }
        found.changed = self.survey.changed();
        Ok(Ok(found))
    }

    /// Tells the missed events, a bounded step at a time, while there is room.
    async fn tell(&self, shared: &Shared<W>, user_id: UserId, missed: &[Missed]) -> Result<u32, UpstreamError> {
        let mut replayed = 0;
        let mut page: VecDeque<Arc<Entry>> = VecDeque::new();
        let mut rest = missed;
        while !rest.is_empty() {
            let mut step: Vec<(Arc<Entry>, &Missed)> = Vec::new();
            let (mut events, mut bytes) = (0, 0);
            while let Some((next, others)) = rest.split_first()
                && events < REPLAY_EVENTS_PER_STEP_MAX
                && bytes < REPLAY_KEPT_BYTES_MAX
            {
                let entry = match &next.entry {
                    Some(entry) => Arc::clone(entry),
                    None => reread(shared, &mut page, rest).await?,
                };
                events += next.events.len();
                bytes += weight(&entry);
                step.push((entry, next));
                rest = others;
            }
            self.room().await;
            replayed += shared.step(|hub, now| hub.replay(&self.link, user_id, &step, now));
        }
        Ok(replayed)
    }

    fn heals(&self, changed: &[GuildId]) -> Vec<Heal> {
        let accepted = || self.named.iter().filter(|named| named.2.is_none());
        let mut known = HashSet::new();
        let presence = accepted().filter(|named| known.insert(named.0)).map(|named| Heal::Presence(named.0));
        let mut heals: Vec<Heal> = presence.collect();
        let mut known = HashSet::new();
        let voice = accepted().filter(|named| known.insert(named.1)).map(|named| Heal::Voice(named.0, named.1));
        heals.extend(voice);
        heals.extend(changed.iter().copied().map(Heal::Access));
        heals
    }

    /// Waits until the peer has taken most of what was put, or the connection is closed.
    async fn room(&self) {
        poll_fn(|context| match self.link.lock().poll_replay_room(context.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

/// Every entry after `after` up to `until`; `None` if the oldest of them are gone.
async fn read_range<W: TransportWrite>(
    shared: &Shared<W>,
    after: Seq,
    until: Seq,
) -> Result<Option<Vec<Arc<Entry>>>, UpstreamError> {
    let mut entries: Vec<Arc<Entry>> = Vec::new();
    let mut at = after;
    while at < until {
        let count = u16::try_from(until - at).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN);
        let page = match shared.upstream.read_after(at, count).await {
            Ok(page) => page,
            Err(_) if shared.upstream.oldest() > at + 1 => return Ok(None),
            Err(error) => return Err(error),
        };
        for entry in page {
            if entry.seq != at + 1 {
                return Err(format!("entry {} follows {at}: the journal has a gap", entry.seq).into());
            }
            at = entry.seq;
            entries.push(entry);
        }
        if entries.last().is_none_or(|last| last.seq != at) {
            return Err(format!("no entry follows {at}").into());
        }
    }
    Ok(Some(entries))
}

/// Reads again the first of these entries, and with it those of the others that stand near.
async fn reread<W: TransportWrite>(
    shared: &Shared<W>,
    page: &mut VecDeque<Arc<Entry>>,
    wanted: &[Missed],
) -> Result<Arc<Entry>, UpstreamError> {
    let Some(first) = wanted.first().map(|missed| missed.seq) else { return Err("nothing is wanted".into()) };
    while page.front().is_some_and(|entry| entry.seq < first) {
        page.pop_front();
    }
    if page.front().is_none_or(|entry| entry.seq != first) {
        let near = first + Seq::from(REPLAY_READ_ENTRIES_MAX);
        let last = wanted.iter().map(|missed| missed.seq).take_while(|seq| *seq < near).last().unwrap_or(first);
        let entries = read_range(shared, first - 1, last).await?;
        *page = entries.ok_or("an entry is gone that was there before")?.into();
    }
    page.pop_front().ok_or_else(|| "no entry".into())
}

fn weight(entry: &Entry) -> usize {
    let bytes = entry.events.iter().map(|event| match &event.body {
        SealedBody::Shared(text) | SealedBody::Peers { text, .. } => text.len(),
        SealedBody::ByAudit { with_actor, without_actor } => with_actor.len() + without_actor.len(),
        SealedBody::ChannelOrder(order) => (order.before.len() + order.after.len()) * size_of::<ChannelId>(),
        SealedBody::OwnRemoval(_) => 0,
    });
    bytes.sum()
}
