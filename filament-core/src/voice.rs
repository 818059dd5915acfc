//! Who is in which voice channel, and what is told about it: contract §12 as a synchronous state machine. Time is an argument.
//!
//! A user has one record over all guilds (VOI-1). It is *pending* from its token until it is confirmed, then *joined*, a *stay* that is
//! told to the channel's subscribers and stored. A pending record beside a stay is a move under way (VOI-7).
//!
//! | a stay ends | told | media server is asked to remove |
//! | --- | --- | --- |
//! | the user leaves, here or at the media server | yes | no |
//! | rights, membership or address gate are lost, a session is revoked, nobody comes back in time, the user moves | yes | yes |
//! | channel or guild is deleted | no: the deletion implies it | yes |
//!
//! What a [`VoiceStep`] tells is in the order of §12.3; every event of it is idempotent for a receiver that keeps a list by user.

mod grant;
mod input;
mod liveness;
mod record;
mod report;
mod room;
mod stay;
mod step;
mod tracked;

use std::collections::{BTreeMap, BTreeSet};

use filament_protocol::{ChannelId, GuildId, Timestamp, UserId, record::VoiceParticipant};

pub use grant::{Streams, VoiceGrants};
pub use input::{VoiceConfirm, VoiceInput, VoiceNow};
pub use record::{Sid, VoicePlace, VoiceRecord};
pub use report::{Note, VoiceReport};
pub use room::{identity, parse_identity, parse_room, room_name};
pub use step::{MediaDuty, VoiceFull, VoiceStep, VoiceTold};

use report::Departed;
use tracked::{Tracked, Turn};

use crate::limits::{VOICE_CHANNELS_MAX, VOICE_PARTICIPANTS_MAX};

/// See the module.
#[derive(Debug, Default)]
pub struct Voice {
    confirm: VoiceConfirm,
    users: BTreeMap<UserId, Tracked>,
    channels: BTreeMap<ChannelId, Occupied>,
    deadlines: BTreeSet<(u64, UserId)>,
    departed: Departed,
    /// The latest second told: no later stamp is before it (VOI-22).
    latest: Option<Timestamp>,
    participants: usize,
}

/// Users with a record for a channel, pending ones included.
#[derive(Debug)]
struct Occupied {
    guild_id: GuildId,
    user_ids: BTreeSet<UserId>,
}

/// What the indexes know of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outline {
    stay: Option<VoicePlace>,
    pending: Option<VoicePlace>,
    deadline_ms: Option<u64>,
}

impl Voice {
    /// Nobody is anywhere.
    #[must_use]
    pub fn new(confirm: VoiceConfirm) -> Self {
        Self { confirm, ..Self::default() }
    }

    /// Takes one input.
    pub fn step(&mut self, input: VoiceInput, now: VoiceNow) -> VoiceStep {
        let mut out = VoiceStep::default();
        match input {
            VoiceInput::Token { user_id, place, grants, is_connected } => match self.room_for(user_id, place) {
                Ok(()) => {
                    let token =
                        |tracked: &mut Tracked, turn: &mut Turn<'_>| tracked.token(turn, place, grants, is_connected);
                    self.with(user_id, now, &mut out, token);
                }
                Err(full) => out.refused = Some(full),
            },
            VoiceInput::State { user_id, channel_id, is_muted, is_deafened } => {
                self.with(user_id, now, &mut out, |tracked, turn| {
                    tracked.state(turn, channel_id, is_muted, is_deafened);
                });
            }
            VoiceInput::Leave { user_id, channel_id } => self.with(user_id, now, &mut out, |tracked, turn| {
                tracked.remove_where(turn, |place| place.channel_id == channel_id, Removal::Own);
            }),
            VoiceInput::Report(report) => {
                let has_room = self.room_for(report.user_id, report.place).is_ok();
                self.with(report.user_id, now, &mut out, |tracked, turn| tracked.report(turn, &report, has_room));
            }
            VoiceInput::Connected(user_id) => self.with(user_id, now, &mut out, |tracked, _| tracked.connected()),
            VoiceInput::Disconnected { user_id, is_revoked } => {
                self.with(user_id, now, &mut out, |tracked, turn| tracked.disconnected(turn, is_revoked));
            }
            VoiceInput::Rights { user_id, place, rights } => {
                self.with(user_id, now, &mut out, |tracked, turn| tracked.rights(turn, place, rights));
            }
            VoiceInput::Gated { user_id, guild_id } => self.with(user_id, now, &mut out, |tracked, turn| {
                tracked.remove_where(turn, |place| place.guild_id == guild_id, Removal::Imposed);
            }),
            VoiceInput::ChannelGone(gone) => self.end_all(|place| place == gone, now, &mut out),
            VoiceInput::GuildGone(guild_id) => self.end_all(|place| place.guild_id == guild_id, now, &mut out),
            VoiceInput::Restored { record, is_connected } => {
                self.latest = self.latest.max(Some(record.updated_at));
                self.with(record.user_id, now, &mut out, |tracked, turn| tracked.restore(turn, record, is_connected));
                out.changed.clear(); // it is stored as it is
            }
            VoiceInput::Tick => {
                while let Some((_, user_id)) = self.deadlines.first().copied().filter(|(due, _)| *due <= now.ms) {
                    self.with(user_id, now, &mut out, Tracked::expire);
                }
            }
        }
        out
    }

    /// Whether a token for that channel fits the caps (VOI-9). Who has a record there already needs no room.
    ///
    /// # Errors
    /// [`VoiceFull`].
    pub fn room_for(&self, user_id: UserId, place: VoicePlace) -> Result<(), VoiceFull> {
        match self.channels.get(&place.channel_id) {
            Some(occupied) if occupied.user_ids.contains(&user_id) => Ok(()),
            Some(occupied) if occupied.user_ids.len() >= VOICE_PARTICIPANTS_MAX => Err(VoiceFull::Channel),
            None if self.channels.len() >= VOICE_CHANNELS_MAX => Err(VoiceFull::Channels),
            Some(_) | None => Ok(()),
        }
    }

    /// The participants of a channel as a list says them: by the second they joined, then by identity (§4.2).
    #[must_use]
    pub fn participants_in(&self, channel_id: ChannelId) -> Vec<VoiceParticipant> {
        let user_ids = self.channels.get(&channel_id).into_iter().flat_map(|occupied| &occupied.user_ids);
        let records = user_ids.filter_map(|user_id| self.record(*user_id));
        let here = records.filter(|record| record.place.channel_id == channel_id);
        let mut participants: Vec<VoiceParticipant> = here.map(VoiceRecord::participant).collect();
        participants.sort_by(|one, other| {
            (one.joined_at_unix, one.identity.as_str()).cmp(&(other.joined_at_unix, other.identity.as_str()))
        });
        participants
    }

    /// The second a list made at this moment names: not before anything in it (VOI-22).
    #[must_use]
    pub fn stamp(&self, at: Timestamp) -> Timestamp {
        self.latest.map_or(at, |latest| latest.max(at))
    }

    /// The user's stay, if there is one.
    #[must_use]
    pub fn record(&self, user_id: UserId) -> Option<&VoiceRecord> {
        self.users.get(&user_id)?.record()
    }

    /// Whether there is a record of the user, pending ones included.
    #[must_use]
    pub fn is_tracked(&self, user_id: UserId) -> bool {
        self.users.contains_key(&user_id)
    }

    /// The channels the user has a record for: where it is, and where it is about to be.
    pub fn places_of(&self, user_id: UserId) -> impl Iterator<Item = VoicePlace> + use<> {
        let outline = self.users.get(&user_id).map(Tracked::outline);
        outline.into_iter().flat_map(|outline| outline.stay.into_iter().chain(outline.pending))
    }

    /// Everybody with a record in a guild, and where, by channel and user.
    pub fn held_in(&self, guild_id: GuildId) -> impl Iterator<Item = (UserId, VoicePlace)> {
        let of_guild = self.channels.iter().filter(move |(_, occupied)| occupied.guild_id == guild_id);
        of_guild.flat_map(move |(channel_id, occupied)| {
            let place = VoicePlace { guild_id, channel_id: *channel_id };
            occupied.user_ids.iter().map(move |user_id| (*user_id, place))
        })
    }

    /// The channels with participants, pending ones included.
    pub fn occupied(&self) -> impl Iterator<Item = VoicePlace> {
        self.channels.iter().map(|(channel_id, at)| VoicePlace { guild_id: at.guild_id, channel_id: *channel_id })
    }

    /// Users in voice channels.
    #[must_use]
    pub const fn participants(&self) -> usize {
        self.participants
    }

    /// Whether there is no record at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Takes out every stay, telling nobody: delivery is interrupted, and [`VoiceInput::Restored`] brings them back.
    #[must_use]
    pub fn suspend(&mut self) -> Vec<VoiceRecord> {
        let (confirm, latest, departed) = (self.confirm, self.latest, std::mem::take(&mut self.departed));
        let suspended = std::mem::replace(self, Self { confirm, latest, departed, ..Self::default() });
        suspended.users.into_values().filter_map(Tracked::into_record).collect()
    }

    /// Panics if the indexes disagree. For tests.
    pub fn check_invariants(&self) {
        let mut participants = 0;
        for (user_id, tracked) in &self.users {
            let Outline { stay, pending, deadline_ms } = tracked.outline();
            assert!(stay.is_some() || pending.is_some(), "users without a record are forgotten");
            assert!(stay.is_none() || stay != pending, "nobody moves to where they are");
            participants += usize::from(stay.is_some());
            for place in stay.into_iter().chain(pending) {
                let occupied = &self.channels[&place.channel_id];
                assert_eq!(occupied.guild_id, place.guild_id);
                assert!(occupied.user_ids.contains(user_id), "a record stands in its channel");
            }
            assert!(deadline_ms.is_none_or(|due| self.deadlines.contains(&(due, *user_id))), "deadlines are kept");
            assert!(tracked.is_connected() || deadline_ms.is_some(), "whoever is not here is waited for");
        }
        assert_eq!(participants, self.participants, "participants are counted");
        assert!(self.channels.len() <= VOICE_CHANNELS_MAX);
        for (channel_id, occupied) in &self.channels {
            assert!(!occupied.user_ids.is_empty(), "empty channels are forgotten");
            assert!(occupied.user_ids.len() <= VOICE_PARTICIPANTS_MAX);
            for user_id in &occupied.user_ids {
                assert!(self.places_of(*user_id).any(|place| place.channel_id == *channel_id));
            }
        }
        let due = self.users.values().filter(|tracked| tracked.outline().deadline_ms.is_some()).count();
        assert_eq!(due, self.deadlines.len(), "no deadline is nobody's");
    }

    /// Changes one user's record and whatever follows from that.
    fn with(
        &mut self,
        user_id: UserId,
        now: VoiceNow,
        out: &mut VoiceStep,
        change: impl FnOnce(&mut Tracked, &mut Turn<'_>),
    ) {
        let at = self.stamp(now.at);
        self.latest = Some(at);
        let mut tracked = self.users.remove(&user_id).unwrap_or_default();
        let (before, record) = (tracked.outline(), tracked.record().cloned());
        let mut turn =
            Turn { user_id, confirm: self.confirm, ms: now.ms, at, departed: &mut self.departed, out: &mut *out };
        change(&mut tracked, &mut turn);
        if tracked.record() != record.as_ref() {
            out.changed.push(user_id);
        }
        let after = tracked.outline();
        self.index(user_id, before, after);
        if after.stay.is_some() || after.pending.is_some() {
            self.users.insert(user_id, tracked);
        } else if before.stay.is_some() || before.pending.is_some() {
            out.released.push(user_id);
        }
    }

    fn index(&mut self, user_id: UserId, before: Outline, after: Outline) {
        if before.deadline_ms != after.deadline_ms {
            before.deadline_ms.map(|due| self.deadlines.remove(&(due, user_id)));
            after.deadline_ms.map(|due| self.deadlines.insert((due, user_id)));
        }
        self.participants += usize::from(after.stay.is_some());
        self.participants -= usize::from(before.stay.is_some());
        for place in after.stay.into_iter().chain(after.pending) {
            let vacant = || Occupied { guild_id: place.guild_id, user_ids: BTreeSet::new() };
            self.channels.entry(place.channel_id).or_insert_with(vacant).user_ids.insert(user_id);
        }
        for place in before.stay.into_iter().chain(before.pending) {
            if after.stay == Some(place) || after.pending == Some(place) {
                continue;
            }
            if let Some(occupied) = self.channels.get_mut(&place.channel_id) {
                occupied.user_ids.remove(&user_id);
                if occupied.user_ids.is_empty() {
                    self.channels.remove(&place.channel_id);
                }
            }
        }
    }

    /// Ends every record in places that are gone. Nobody is told: what took the place away was.
    fn end_all(&mut self, is_gone: impl Fn(VoicePlace) -> bool + Copy, now: VoiceNow, out: &mut VoiceStep) {
        let places = self.occupied().filter(|place| is_gone(*place));
        let user_ids: BTreeSet<UserId> =
            places.flat_map(|place| self.channels[&place.channel_id].user_ids.iter().copied()).collect();
        for user_id in user_ids {
            self.with(user_id, now, out, |tracked, turn| tracked.remove_where(turn, is_gone, Removal::Implied));
        }
    }
}

/// How a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    /// By the user: told, and the media server knows.
    Own,
    /// By something else: told, and the media server is asked for it.
    Imposed,
    /// With the channel or the guild: told by their deletion.
    Implied,
}
