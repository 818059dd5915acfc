//! What a server asks of voice tracking: tokens, states, the media server's notes; and what it takes from it to store and to do.

use filament_core::{
    UserAccess,
    limits::STAYS_PER_COMMAND_MAX,
    voice::{MediaDuty, VoiceFull, VoiceGrants, VoiceInput, VoicePlace, VoiceRecord, VoiceReport},
};
use filament_protocol::{ChannelId, GuildId, SessionId, UserId};
use thiserror::Error;
use tokio::time::timeout;

use super::enter::Entering;
use crate::{
    access::loads::Loaded,
    fanout::{Fanout, PendingLoad, Shared},
    limits::{CATCH_UP_MAX, LOAD_ATTEMPTS_MAX, LOAD_MAX},
    transport::TransportWrite,
    upstream::UpstreamError,
};

/// A user about whom voice tracking is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoiceUser {
    /// The user.
    pub user_id: UserId,
    /// The login the request came by; any id if there was none.
    pub session_id: SessionId,
    /// Whether the user owns the server (PE-0).
    pub is_server_owner: bool,
}

/// Why a user gets no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VoiceRefusal {
    /// A cap is reached (VOI-9): 409.
    #[error("voice is full: {0:?}")]
    Full(VoiceFull),
    /// The user's rights do not cover the grants at this moment: 403.
    #[error("the permission is missing")]
    Forbidden,
    /// What the user may do cannot be told at the moment: 503.
    #[error("delivery is interrupted")]
    Unavailable,
}

/// What became of a note of the media server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It said something new, or is answered with a wish.
    Applied,
    /// It is about nobody here, or out of date.
    Ignored,
}

/// Stays to be stored, and users whose stay is to be forgotten: at most [`STAYS_PER_COMMAND_MAX`] together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoiceChanges {
    /// Stays as they are now.
    pub kept: Vec<VoiceRecord>,
    /// Users without one.
    pub gone: Vec<UserId>,
}

impl<W: TransportWrite> Fanout<W> {
    /// Whether the caps have room for a user in a channel (VOI-9).
    ///
    /// # Errors
    /// [`VoiceFull`].
    pub fn voice_room_for(&self, user_id: UserId, place: VoicePlace) -> Result<(), VoiceFull> {
        self.0.hub().voice.tracking.room_for(user_id, place)
    }

    /// Gives a user the record of a token and tells what comes of it, in one step with everything else. What the user may do is
    /// judged by the access table at that moment, and loaded before if it is not in it.
    ///
    /// # Errors
    /// [`VoiceRefusal`]; nothing changed then (VOI-7).
    pub async fn enter_voice(
        &self,
        user: VoiceUser,
        place: VoicePlace,
        grants: VoiceGrants,
    ) -> Result<(), VoiceRefusal> {
        let shared = &*self.0;
        let enter = || shared.step(|hub, now| hub.enter_voice(user, place, grants, now));
        let refused = attempt(shared, user, place.guild_id, enter).await.unwrap_or(Err(VoiceRefusal::Unavailable));
        if refused != Err(VoiceRefusal::Forbidden) || !caught_up(shared).await {
            return refused;
        }
        attempt(shared, user, place.guild_id, enter).await.unwrap_or(Err(VoiceRefusal::Unavailable))
    }

    /// Says how a participant hears and speaks. Nothing happens for who is not in the channel.
    pub fn set_voice_state(
        &self,
        user_id: UserId,
        channel_id: ChannelId,
        is_muted: Option<bool>,
        is_deafened: Option<bool>,
    ) {
        let state = VoiceInput::State { user_id, channel_id, is_muted, is_deafened };
        self.0.step(|hub, now| hub.voice_step(state, now));
    }

    /// Takes a user out of a channel at its own wish.
    pub fn leave_voice(&self, user_id: UserId, channel_id: ChannelId) {
        self.0.step(|hub, now| hub.voice_step(VoiceInput::Leave { user_id, channel_id }, now));
    }

    /// Takes a note of the media server. Its `rights` and `is_connected` are filled in here.
    pub async fn hear_media(&self, user: VoiceUser, report: VoiceReport) -> Reported {
        let shared = &*self.0;
        let hear = || shared.step(|hub, now| hub.hear_media(user, &report, now));
        attempt(shared, user, report.place.guild_id, hear).await.unwrap_or(Reported::Ignored)
    }

    /// Takes a user out of a channel because the media server does not know it there any more.
    pub fn end_voice(&self, record: &VoiceRecord) {
        self.0.step(|hub, now| {
            let is_same = hub.voice.tracking.record(record.user_id).is_some_and(|known| {
                known.place == record.place && known.sid == record.sid && known.joined_at == record.joined_at
            });
            if is_same {
                let leave = VoiceInput::Leave { user_id: record.user_id, channel_id: record.place.channel_id };
                hub.voice_step(leave, now);
            }
        });
    }

    /// Whether a user has a record for a channel, pending or not.
    #[must_use]
    pub fn is_in_voice(&self, user_id: UserId, place: VoicePlace) -> bool {
        self.0.hub().voice.tracking.places_of(user_id).any(|held| held == place)
    }

    /// Every stay there is now, by channel and user: what the media server is compared with.
    #[must_use]
    pub fn voice_stays(&self) -> Vec<VoiceRecord> {
        let hub = self.0.hub();
        let tracking = &hub.voice.tracking;
        let mut stays = Vec::new();
        for place in tracking.occupied() {
            let here = tracking.held_in(place.guild_id).filter(|(_, held)| *held == place);
            let records = here.filter_map(|(user_id, _)| tracking.record(user_id));
            stays.extend(records.filter(|record| record.place == place).cloned());
        }
        stays
    }

    /// Completes when there are changes to be stored. Spurious completions are allowed; one task at a time may wait.
    pub async fn voice_changed(&self) {
        let wakers = std::sync::Arc::clone(&self.0.hub().voice.wakers);
        wakers.unsaved.notified().await;
    }

    /// Takes changes to be stored, `None` if there are none. What cannot be stored is to be given
    /// [back](Self::keep_voice_changes).
    #[must_use]
    pub fn take_voice_changes(&self) -> Option<VoiceChanges> {
        let mut hub = self.0.hub();
        let mut changes = VoiceChanges::default();
        for _ in 0..STAYS_PER_COMMAND_MAX {
            let Some(user_id) = hub.voice.unsaved.pop_first() else { break };
            match hub.voice.tracking.record(user_id) {
                Some(record) => changes.kept.push(record.clone()),
                None => changes.gone.push(user_id),
            }
        }
        (changes != VoiceChanges::default()).then_some(changes)
    }

    /// Gives back changes that could not be stored; they are taken again as they are by then.
    pub fn keep_voice_changes(&self, changes: &VoiceChanges) {
        let mut hub = self.0.hub();
        let users = changes.kept.iter().map(|record| record.user_id).chain(changes.gone.iter().copied());
        hub.voice.unsaved.extend(users);
        hub.voice.wakers.unsaved.notify_one();
    }

    /// Waits for the next thing the media server is to be asked for. One task at a time may wait.
    pub async fn media_duty(&self) -> MediaDuty {
        let wakers = std::sync::Arc::clone(&self.0.hub().voice.wakers);
        loop {
            let duty = self.0.hub().voice.duties.pop_front();
            if let Some(duty) = duty {
                return duty;
            }
            wakers.duties.notified().await;
        }
    }

    /// Asks for a participant to be removed at the media server.
    pub fn ask_media(&self, duty: MediaDuty) {
        self.0.hub().voice.ask(duty);
    }

    /// Brings back stays from before a restart (VOI-8), before anybody connects: those whose rights still cover what their
    /// token granted; the others are forgotten.
    pub async fn restore_voice(&self, stays: Vec<VoiceRecord>, is_server_owner: impl Fn(UserId) -> bool) {
        let suspended = stays.into_iter().map(|stay| {
            let is_server_owner = is_server_owner(stay.user_id);
            (stay, is_server_owner)
        });
        self.0.hub().voice.suspended.extend(suspended);
        super::restore(&self.0).await;
    }
}

/// Tries something, loading what is not known in between; `None` if it cannot be known.
async fn attempt<T, W: TransportWrite>(
    shared: &Shared<W>,
    user: VoiceUser,
    guild_id: GuildId,
    enter: impl FnMut() -> Entering<T>,
) -> Option<T> {
    let _needless = Needless { shared, user_id: user.user_id, guild_id };
    load_unknown(shared, user, guild_id, enter).await
}

/// The same, without forgetting what was loaded.
pub(super) async fn load_unknown<T, W: TransportWrite>(
    shared: &Shared<W>,
    user: VoiceUser,
    guild_id: GuildId,
    mut enter: impl FnMut() -> Entering<T>,
) -> Option<T> {
    for _ in 0..LOAD_ATTEMPTS_MAX {
        let loaded = match enter() {
            Entering::Done(outcome) => return Some(outcome),
            Entering::UnknownUser => load_user(shared, user).await,
            Entering::UnknownGuild => load_guild(shared, guild_id).await,
        };
        if let Err(error) = loaded {
            tracing::error!(%error, "access for voice could not be loaded");
            return None;
        }
    }
    None
}

/// Forgets what was loaded for nothing, also when the attempt is given up.
struct Needless<'s, W: TransportWrite> {
    shared: &'s Shared<W>,
    user_id: UserId,
    guild_id: GuildId,
}

impl<W: TransportWrite> Drop for Needless<'_, W> {
    fn drop(&mut self) {
        self.shared.hub().forget_attempt(self.user_id, self.guild_id);
    }
}

/// Loads what a user may see into the access table. Whether it is in it is seen by trying again.
async fn load_user<W: TransportWrite>(shared: &Shared<W>, user: VoiceUser) -> Result<(), UpstreamError> {
    let (load, known) = shared.hub().begin_load();
    let _pending = PendingLoad { shared, load: Some(load), reserved: None };
    let snapshot = async {
        let snapshot: UserAccess = shared.upstream.load_user(user.user_id, user.session_id, known).await?;
        shared.reached(snapshot.seq).await;
        Ok::<_, UpstreamError>(snapshot)
    };
    let snapshot = timeout(LOAD_MAX, snapshot).await.map_err(|_| "loading a user took too long")??;
    shared.step(|hub, _| hub.finish_voice_user(load, user, snapshot));
    Ok(())
}

async fn load_guild<W: TransportWrite>(shared: &Shared<W>, guild_id: GuildId) -> Result<(), UpstreamError> {
    let (load, _) = shared.hub().begin_load();
    let _pending = PendingLoad { shared, load: Some(load), reserved: None };
    let snapshot = async {
        let snapshot = shared.upstream.load_guild(guild_id).await?;
        shared.reached(snapshot.0).await;
        Ok::<_, UpstreamError>(snapshot)
    };
    let snapshot = timeout(LOAD_MAX, snapshot).await.map_err(|_| "loading a guild took too long")??;
    match shared.step(|hub, _| hub.finish_guild(load, guild_id, snapshot)) {
        Loaded::Exact(true) | Loaded::Again => Ok(()),
        Loaded::Exact(false) => Err("the guild does not exist".into()),
    }
}

/// Waits until the relay has applied what is committed now. Returns whether that was more than before.
async fn caught_up<W>(shared: &Shared<W>) -> bool {
    let head = shared.upstream.head();
    *shared.position.borrow() < head && timeout(CATCH_UP_MAX, shared.reached(head)).await.is_ok()
}
