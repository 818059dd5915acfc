//! From a sealed event to mailboxes: who is in its audience now, each connection once (contract §2.1, DEL-1).
//!
//! `SUB(c)` walks one dense list and asks nothing: a subscription lasts exactly as long as its user sees the channel, because the
//! relay ends it in the step in which that changes.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use filament_core::{Audience, Place, SealedBody, SealedEvent};
use filament_protocol::{Event, EventKind, GuildId, Permission, UserId};

use crate::{
    access::AccessTable,
    clock::Now,
    config::Bounds,
    flush::Shard,
    frame::{Frame, Reach},
    gate::{self, Gate},
    hub::Hub,
    limits::LINKS_PER_PREFETCH,
    link::Link,
    mailbox::Put,
    observe::DropReason,
    registry::{Registered, Registry},
    transport::TransportWrite,
};

/// What a step has put into mailboxes and not yet told the flush loops, and whom it could not serve.
pub(crate) struct Outbox<W> {
    bounds: Bounds,
    /// Mailboxes that have something to write, by shard.
    dirty: Box<[Vec<Arc<Link<W>>>]>,
    /// Connections that could not take a frame, to be closed at the end of the step.
    overflowed: Vec<Arc<Link<W>>>,
    /// Frames put since the last publication.
    puts: usize,
}

impl<W> Outbox<W> {
    pub(crate) fn new(bounds: Bounds, shards: usize) -> Self {
        let dirty = (0..shards).map(|_| Vec::new()).collect();
        Self { bounds, dirty, overflowed: Vec::new(), puts: 0 }
    }

    /// Puts a durable or live frame into a mailbox. Returns whether it was taken.
    #[inline]
    pub(crate) fn put(&mut self, link: &Arc<Link<W>>, frame: &Frame) -> bool {
        let put = link.lock().put(frame.clone(), &self.bounds);
        self.note(link, put)
    }

    /// Puts a frame into many mailboxes. Returns how many took it.
    #[inline]
    pub(crate) fn put_all<'l>(&mut self, links: impl IntoIterator<Item = &'l Arc<Link<W>>>, frame: &Frame) -> u64
    where
        W: 'l,
    {
        links.into_iter().map(|link| u64::from(self.put(link, frame))).sum()
    }

    /// The same for those who stand in one dense list.
    #[inline]
    pub(crate) fn put_to(&mut self, links: &[Arc<Link<W>>], frame: &Frame) -> u64 {
        let mut taken = 0;
        for some in links.chunks(LINKS_PER_PREFETCH) {
            some.iter().for_each(|link| link.prefetch());
            taken += self.put_all(some, frame);
        }
        taken
    }

    /// Notes what became of something that was put into a mailbox.
    #[inline]
    pub(crate) fn note(&mut self, link: &Arc<Link<W>>, put: Put) -> bool {
        match put {
            Put::Fresh => self.dirty[usize::from(link.shard)].push(Arc::clone(link)),
            Put::Behind => {}
            Put::Overflow => {
                self.overflowed.push(Arc::clone(link));
                return false;
            }
            Put::Closed => return false,
        }
        self.puts += 1;
        true
    }

    /// Frames put since the last publication.
    pub(crate) fn puts(&self) -> usize {
        self.puts
    }

    /// Tells the flush loops which mailboxes have something.
    pub(crate) fn publish(&mut self, shards: &[Shard<W>]) {
        self.puts = 0;
        for (dirty, shard) in self.dirty.iter_mut().zip(shards) {
            if !dirty.is_empty() {
                shard.mark_all(dirty);
            }
        }
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Delivers a sealed event. `before` are those who saw the channel of an `EDGE` before the mutation, or whom else only the entry
    /// tells; `place` is where the
    /// receivers stand then.
    pub(crate) fn deliver(&mut self, event: &SealedEvent, before: &[UserId], place: Place, origin_us: u64, now: Now) {
        let reach = Reach::Audience(event.audience);
        let taken = match (&event.body, event.audience) {
            (SealedBody::Shared(text), Audience::Subscribers(_, channel_id)) if !event.plain_only => {
                let subscribers = self.registry.subscribers(channel_id);
                if subscribers.is_empty() {
                    return;
                }
                self.outbox.put_to(subscribers, &Frame::sealed(event.kind, reach, text, origin_us, place))
            }
            (SealedBody::Shared(text) | SealedBody::Peers { text, .. }, _) => self.deliver_picked(
                event,
                before,
                |_| (),
                |()| Some(Frame::sealed(event.kind, reach, text, origin_us, place)),
                now,
            ),
            (SealedBody::ByAudit { with_actor, without_actor }, _) => {
                let guild_id = event.audience.guild_id();
                let may_read_audit = |access: &AccessTable, user_id| {
                    guild_id.is_some_and(|guild_id| access.member_holds(guild_id, Permission::ViewAuditLog, user_id))
                };
                self.deliver_picked(
                    event,
                    before,
                    |(access, user_id)| may_read_audit(access, user_id),
                    |with| {
                        let frame = |text: &[u8]| Frame::sealed(event.kind, reach, text, origin_us, place);
                        Some(Frame::by_audit(frame, with_actor, without_actor, with))
                    },
                    now,
                )
            }
            (SealedBody::ChannelOrder(order), _) => self.deliver_order(order, place, origin_us, now),
            (SealedBody::OwnRemoval(removal), _) => self.deliver_picked(
                event,
                before,
                |(_, user_id)| user_id,
                |user_id| Frame::rendered(&removal.event(user_id), reach, origin_us, place).ok(),
                now,
            ),
        };
        self.stats.emitted(event.kind, taken);
        self.settle(event.kind, now);
    }

    /// Delivers to everybody in the audience the frame of their class; each class is rendered once, when it is first met.
    fn deliver_picked<C: Copy + Eq + Hash>(
        &mut self,
        event: &SealedEvent,
        before: &[UserId],
        class_of: impl Fn((&AccessTable, UserId)) -> C,
        render: impl Fn(C) -> Option<Frame>,
        now: Now,
    ) -> u64 {
        let Self { registry, access, outbox, .. } = self;
        let mut rendered: HashMap<C, Option<Frame>> = HashMap::new();
        let mut taken = 0;
        let is_gated = event.plain_only || gate::keeps_audience(&event.audience);
        let gate = event.audience.guild_id().filter(|_| is_gated).and_then(|id| Gate::of(access, id, now.wall));
        for registered in receivers(registry, access, &event.audience, before) {
            let (user_id, link) = (registered.user_id, &registered.handle);
            if event.plain_only && !link.mode.is_plain() || gate.is_some_and(|gate| gate.stops(registered)) {
                continue;
            }
            let class = class_of((access, user_id));
            let frame = rendered.entry(class).or_insert_with(|| render(class));
            if let Some(frame) = frame {
                taken += u64::from(outbox.put(link, frame));
            }
        }
        taken
    }

    /// Closes the connections that could not take the frame of that kind (GW-43).
    pub(crate) fn settle(&mut self, kind: EventKind, now: Now) {
        while let Some(link) = self.outbox.overflowed.pop() {
            self.stats.dropped(kind, DropReason::FullQueue);
            self.close_slow(&link, now);
        }
    }

    /// Encodes an event of a connection and puts it into its mailbox, in the order of all other frames.
    pub(crate) fn send_live(&mut self, link: &Arc<Link<W>>, event: &Event, reach: Reach, now: Now) {
        match Frame::live(event, reach, now.us) {
            Ok(frame) => self.send_frame(link, &frame, now),
            Err(_) => self.stats.dropped(event.kind(), DropReason::OversizedOutbound),
        }
    }

    /// Puts one frame into one mailbox.
    pub(crate) fn send_frame(&mut self, link: &Arc<Link<W>>, frame: &Frame, now: Now) {
        if self.outbox.put(link, frame) {
            self.stats.emitted(frame.kind(), 1);
        }
        self.settle(frame.kind(), now);
    }
}

/// The connections of an audience, each once.
fn receivers<'h, W>(
    registry: &'h Registry<Arc<Link<W>>>,
    access: &AccessTable,
    audience: &Audience,
    before: &[UserId],
) -> Vec<&'h Registered<Arc<Link<W>>>> {
    if let Audience::Subscribers(_, channel_id) = audience {
        return registry.subscriber_keys(*channel_id).iter().filter_map(|key| registry.get(*key)).collect();
    }
    let users = users(access, audience, before);
    users.into_iter().flat_map(|user_id| registry.registered_of(user_id)).collect()
}

/// The users here that are in an audience without subscriptions, each once.
fn users(access: &AccessTable, audience: &Audience, before: &[UserId]) -> Vec<UserId> {
    let members = |guild_id: GuildId| access.members(guild_id).filter(|user_id| access.includes(audience, *user_id));
    match *audience {
        Audience::User(user_id) => vec![user_id],
        Audience::Guild(guild_id)
        | Audience::Permission(guild_id, _)
        | Audience::View(guild_id, _)
        | Audience::Manage(guild_id, _) => members(guild_id).collect(),
        Audience::GuildAnd(guild_id, user_id) => {
            let former = (!access.is_member(guild_id, user_id)).then_some(user_id);
            members(guild_id).chain(former).collect()
        }
        Audience::Edge(guild_id, _) => {
            let mut users: Vec<UserId> = members(guild_id).chain(before.iter().copied()).collect();
            users.sort_unstable();
            users.dedup();
            users
        }
        Audience::EdgeMember(_, _, user_id) => {
            let is_in = before.contains(&user_id) || access.includes(audience, user_id);
            is_in.then_some(user_id).into_iter().collect()
        }
        Audience::Peers(_) | Audience::FormerMembers(_) => before.to_vec(),
        Audience::Subscribers(..) => Vec::new(),
    }
}
