//! Entering a voice channel: by a token, or by the media server's word.

use filament_core::voice::{VoiceGrants, VoiceInput, VoicePlace, VoiceReport};
use filament_protocol::{GuildId, UserId};

use super::calls::{Reported, VoiceRefusal, VoiceUser};
use crate::{access::loads::Loaded, clock::Now, hub::Hub, transport::TransportWrite};

/// What became of an attempt to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entering<T> {
    /// It was decided.
    Done(T),
    /// What the user may do is not known: load it and try again.
    UnknownUser,
    /// A server owner asks for a guild that is not in the table: load it and try again.
    UnknownGuild,
}

impl<W: TransportWrite> Hub<W> {
    /// Gives a user the record of a token, if its rights at this moment cover it and the caps allow it (VOI-7, VOI-9).
    pub(super) fn enter_voice(
        &mut self,
        user: VoiceUser,
        place: VoicePlace,
        grants: VoiceGrants,
        now: Now,
    ) -> Entering<Result<(), VoiceRefusal>> {
        if self.is_down || self.is_draining {
            return Entering::Done(Err(VoiceRefusal::Unavailable));
        }
        if let Some(unknown) = self.unknown_to_voice(user, place.guild_id) {
            return unknown;
        }
        if !grants.covered_by(self.voice_rights(user.user_id, place)) {
            return Entering::Done(Err(VoiceRefusal::Forbidden));
        }
        let is_connected = !self.registry.connections_of(user.user_id).is_empty();
        let token = VoiceInput::Token { user_id: user.user_id, place, grants, is_connected };
        let refused = self.voice_step(token, now).refused;
        Entering::Done(refused.map_or(Ok(()), |full| Err(VoiceRefusal::Full(full))))
    }

    /// Lets the media server say something about a participant.
    pub(super) fn hear_media(&mut self, user: VoiceUser, report: &VoiceReport, now: Now) -> Entering<Reported> {
        if self.is_down || self.is_draining {
            return Entering::Done(Reported::Ignored);
        }
        if report.brings_in()
            && let Some(unknown) = self.unknown_to_voice(user, report.place.guild_id)
        {
            return unknown;
        }
        let report = VoiceReport {
            rights: self.voice_rights(report.user_id, report.place),
            is_connected: !self.registry.connections_of(report.user_id).is_empty(),
            ..report.clone()
        };
        let step = self.voice_step(VoiceInput::Report(report), now);
        let is_applied = step.is_taken || !step.duties.is_empty();
        Entering::Done(if is_applied { Reported::Applied } else { Reported::Ignored })
    }

    pub(super) fn unknown_to_voice<T>(&self, user: VoiceUser, guild_id: GuildId) -> Option<Entering<T>> {
        if !self.access.knows_user(user.user_id) {
            return Some(Entering::UnknownUser);
        }
        (user.is_server_owner && !self.access.knows_guild(guild_id)).then_some(Entering::UnknownGuild)
    }

    /// Takes a user without connection into the access table with what was loaded; the relay has reached the snapshot. Returns
    /// whether it is in.
    pub(super) fn finish_voice_user(
        &mut self,
        load: crate::access::loads::LoadKey,
        user: VoiceUser,
        snapshot: filament_core::UserAccess,
    ) -> bool {
        let owner = (user.user_id, user.session_id);
        let Loaded::Exact(loaded) = self.loads.complete_user(load, owner, snapshot, &self.access) else { return false };
        if !self.access.knows_user(user.user_id) {
            let of_user = (user.is_server_owner, loaded.revision);
            self.access.insert_user(user.user_id, of_user, loaded.memberships, loaded.graphs);
        }
        true
    }

    /// Forgets a user and a guild that were loaded for an attempt, if nothing came of it.
    pub(super) fn forget_attempt(&mut self, user_id: UserId, guild_id: GuildId) {
        self.forget_unneeded_user(user_id);
        self.forget_unused_guild(guild_id);
    }
}
