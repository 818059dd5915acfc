//! Subscribing, unsubscribing and heartbeats, each one step in the order of events (contract §6.3, §6.4, GW-47).

use std::sync::Arc;

use filament_core::voice::VoicePlace;
use filament_protocol::{
    ChannelId, ErrorCode, Event, EventKind, GuildId,
    event::{HeartbeatAck, Subscribed, Unsubscribed, UnsubscribedReason},
    text::Ref,
};

use crate::{
    clock::Now,
    frame::Reach,
    gate::Gate,
    hub::Hub,
    limits::SUBSCRIPTIONS_MAX,
    link::Link,
    observe::{DropReason, VoiceSync},
    transport::TransportWrite,
};

/// What became of a subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscribing {
    /// Subscribed and answered, or the connection is closing.
    Done,
    /// Refused; nothing changed.
    Refused(ErrorCode),
    /// A server owner asks for a guild that is not in the table: load it and ask again.
    UnknownGuild,
}

impl<W: TransportWrite> Hub<W> {
    /// Checks, registers and answers a subscribe: from here on every event of `SUB(c)` is delivered (GW-20 to GW-23).
    ///
    /// "No such guild", "no such channel", "not visible" and "not from this address" are one refusal.
    pub(crate) fn subscribe(
        &mut self,
        link: &Arc<Link<W>>,
        guild_id: GuildId,
        channel_id: ChannelId,
        r#ref: Option<&Ref>,
        now: Now,
    ) -> Subscribing {
        let Some(registered) = self.registry.get(link.key).filter(|known| Arc::ptr_eq(&known.handle, link)) else {
            return Subscribing::Done;
        };
        let user_id = registered.user_id;
        if !self.access.knows_guild(guild_id) && self.access.is_server_owner(user_id) {
            return Subscribing::UnknownGuild;
        }
        if let Err(code) = self.register_subscription(link, guild_id, channel_id, now) {
            return Subscribing::Refused(code);
        }
        match self.presence_sync(guild_id, user_id, now) {
            Ok(frame) => self.send_frame(link, &frame, now),
            Err(_) => self.stats.dropped(EventKind::PresenceSync, DropReason::OversizedOutbound),
        }
        let reach = Reach::Channel(guild_id, channel_id);
        let subscribed = Subscribed { guild_id, channel_id, r#ref: r#ref.cloned() };
        self.send_live(link, &Event::Subscribed(subscribed), reach, now);
        self.send_voice_sync(link, VoicePlace { guild_id, channel_id }, VoiceSync::Subscribe, now);
        Subscribing::Done
    }

    /// Checks and registers a subscription without answering.
    pub(crate) fn register_subscription(
        &mut self,
        link: &Arc<Link<W>>,
        guild_id: GuildId,
        channel_id: ChannelId,
        now: Now,
    ) -> Result<(), ErrorCode> {
        let registered = self.registry.get(link.key).filter(|known| Arc::ptr_eq(&known.handle, link));
        let registered = registered.ok_or(ErrorCode::Forbidden)?;
        let is_stopped = Gate::of(&self.access, guild_id, now.wall).is_some_and(|gate| gate.stops(registered));
        if is_stopped || !self.access.sees(guild_id, channel_id, registered.user_id) {
            return Err(ErrorCode::Forbidden);
        }
        if !self.registry.is_subscribed(link.key, channel_id) {
            if self.registry.subscriptions_of(link.key) >= SUBSCRIPTIONS_MAX {
                return Err(ErrorCode::QuotaExceeded);
            }
            self.registry.subscribe(link.key, guild_id, channel_id);
        }
        Ok(())
    }

    /// Answers a heartbeat (GW-47). The number of its frame is put in when it is written (GW-46).
    pub(crate) fn acknowledge_heartbeat(&mut self, link: &Arc<Link<W>>, now: Now) {
        let Some(registered) = self.registry.get(link.key).filter(|known| Arc::ptr_eq(&known.handle, link)) else {
            return;
        };
        let access_rev = self.access.revision(registered.user_id);
        let ack = HeartbeatAck { s: 0, access_rev, server_time_unix: self.stamp(now) };
        self.send_live(link, &Event::HeartbeatAck(ack), Reach::Connection, now);
    }

    /// Ends a subscription, if there is one, and answers (§6.4).
    pub(crate) fn unsubscribe(
        &mut self,
        link: &Arc<Link<W>>,
        guild_id: GuildId,
        channel_id: ChannelId,
        r#ref: Option<Ref>,
        now: Now,
    ) {
        if !self.registry.get(link.key).is_some_and(|known| Arc::ptr_eq(&known.handle, link)) {
            return;
        }
        let exists = self.access.graph(guild_id).is_some_and(|graph| graph.channel(channel_id).is_some());
        if exists && self.registry.unsubscribe(link.key, channel_id) {
            self.forget_unused_guild(guild_id);
        }
        let reason = UnsubscribedReason::Requested;
        let event = Unsubscribed { guild_id, channel_id: Some(channel_id), reason, r#ref };
        self.send_live(link, &Event::Unsubscribed(event), Reach::Connection, now);
    }
}
