//! What connections and entries do to voice: whoever loses what its token granted is out in the same step (VOI-4, VOI-5).

use filament_core::{
    AccessChange, Entry,
    permission::GraphChange,
    voice::{VoiceInput, VoicePlace},
};
use filament_protocol::{ChannelId, GuildId, UserId};

use crate::{clock::Now, gate::Gate, hub::Hub, transport::TransportWrite};

impl<W: TransportWrite> Hub<W> {
    /// A connection of the user is live.
    pub(crate) fn voice_connected(&mut self, user_id: UserId, now: Now) {
        if self.voice.tracking.is_tracked(user_id) {
            self.voice_step(VoiceInput::Connected(user_id), now);
        }
    }

    /// A connection of the user ended, or one of its sessions.
    pub(crate) fn voice_disconnected(&mut self, user_id: UserId, is_revoked: bool, now: Now) {
        if self.voice.tracking.is_tracked(user_id) && self.registry.connections_of(user_id).is_empty() {
            self.voice_step(VoiceInput::Disconnected { user_id, is_revoked }, now);
        }
    }

    /// Ends what an entry takes away, after its events were delivered and lost subscriptions were told (§4.12).
    pub(crate) fn follow_voice(&mut self, entry: &Entry, now: Now) {
        if self.voice.tracking.is_empty() {
            return;
        }
        for change in &entry.access {
            match change {
                AccessChange::GuildDeleted { guild_id, .. } => {
                    self.voice_step(VoiceInput::GuildGone(*guild_id), now);
                }
                AccessChange::MemberLeft { guild_id, user_id, .. } => self.recheck_voice_of(*guild_id, *user_id, now),
                AccessChange::MemberRoles { guild_id, membership } => {
                    self.recheck_voice_of(*guild_id, membership.user_id, now);
                }
                AccessChange::SessionEnded { user_id, .. } => self.voice_disconnected(*user_id, true, now),
                AccessChange::Guild(guild_id, graph_change) => {
                    if let GraphChange::ChannelRemoved(channel_id) = graph_change {
                        self.voice_channel_gone(*guild_id, *channel_id, now);
                    } else if change.narrows() {
                        self.recheck_voice_in(*guild_id, now);
                    }
                }
                AccessChange::GuildCreated(_)
                | AccessChange::MemberJoined { .. }
                | AccessChange::SessionRenewed { .. } => {}
            }
        }
    }

    fn voice_channel_gone(&mut self, guild_id: GuildId, channel_id: ChannelId, now: Now) {
        self.voice_step(VoiceInput::ChannelGone(VoicePlace { guild_id, channel_id }), now);
    }

    fn recheck_voice_in(&mut self, guild_id: GuildId, now: Now) {
        let held: Vec<(UserId, VoicePlace)> = self.voice.tracking.held_in(guild_id).collect();
        for (user_id, place) in held {
            self.recheck_voice(user_id, place, now);
        }
    }

    fn recheck_voice_of(&mut self, guild_id: GuildId, user_id: UserId, now: Now) {
        for place in self.voice.tracking.places_of(user_id).filter(|place| place.guild_id == guild_id) {
            self.recheck_voice(user_id, place, now);
        }
    }

    fn recheck_voice(&mut self, user_id: UserId, place: VoicePlace, now: Now) {
        let rights = self.voice_rights(user_id, place);
        self.voice_step(VoiceInput::Rights { user_id, place, rights }, now);
        if self.is_gated_out(user_id, place.guild_id, now) {
            self.voice_step(VoiceInput::Gated { user_id, guild_id: place.guild_id }, now);
        }
    }

    /// Whether the user is connected, and the guild's gate stops every connection it has.
    fn is_gated_out(&self, user_id: UserId, guild_id: GuildId, now: Now) -> bool {
        let Some(gate) = Gate::of(&self.access, guild_id, now.wall) else { return false };
        let mut connections = self.registry.registered_of(user_id).peekable();
        connections.peek().is_some() && connections.all(|registered| gate.stops(registered))
    }
}
