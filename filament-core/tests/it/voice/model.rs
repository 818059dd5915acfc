//! The oracle: one row per user, everything found by looking at all of it.

use filament_core::voice::{Note, Streams, VoiceGrants};
use filament_protocol::Permissions;

/// Where somebody is, with which token, since when.
#[derive(Clone, Debug)]
struct Stay {
    channel: u8,
    granted: VoiceGrants,
    muted: bool,
    deaf: bool,
    streams: Streams,
    began: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Row {
    stay: Option<Stay>,
    /// A token for a channel, and when it lapses.
    asked: Option<(u8, VoiceGrants, u64)>,
    connected: bool,
    /// Without connection: when the stay lapses, and whether a sign of life puts that off.
    lapses: Option<(u64, bool)>,
}

/// What the oracle lists of a participant: who, muted, deafened, streams.
pub(super) type Listed = (u8, bool, bool, Streams);

#[derive(Debug)]
pub(super) struct Model {
    immediate: bool,
    rows: Vec<Row>,
}

impl Model {
    pub(super) fn new(immediate: bool) -> Self {
        Self { immediate, rows: vec![Row::default(); 4] }
    }

    pub(super) fn participants(&self, channel: u8) -> Vec<Listed> {
        let here = |(user, row): (u8, &Row)| {
            let stay = row.stay.as_ref().filter(|stay| stay.channel == channel)?;
            Some((user, stay.muted, stay.deaf, stay.streams))
        };
        (0..).zip(&self.rows).filter_map(here).collect()
    }

    fn row(&mut self, user: u8) -> &mut Row {
        &mut self.rows[usize::from(user)]
    }

    fn begin(&mut self, user: u8, channel: u8, granted: VoiceGrants, streams: Streams, ms: u64) {
        let row = self.row(user);
        row.asked = None;
        row.stay = Some(Stay { channel, granted, muted: false, deaf: false, streams, began: Some(ms) });
        row.lapses = (!row.connected).then_some((ms + 120_000, true));
    }

    fn sign_of_life(&mut self, user: u8, ms: u64) {
        if let Some((until, true)) = &mut self.row(user).lapses {
            *until = ms + 120_000;
        }
    }

    pub(super) fn token(&mut self, user: u8, channel: u8, granted: VoiceGrants, connected: bool, ms: u64) {
        self.row(user).connected = connected;
        self.sign_of_life(user, ms);
        let immediate = self.immediate;
        if let Some(stay) = self.row(user).stay.as_mut().filter(|stay| stay.channel == channel) {
            if immediate {
                for stream in granted.sources.union(stay.granted.sources).iter() {
                    let (had, has) = (stay.granted.sources.contains(stream), granted.sources.contains(stream));
                    if had != has {
                        stay.streams = stay.streams.set(stream, has);
                    }
                }
            }
            stay.granted = granted;
            self.row(user).asked = None;
        } else if immediate {
            self.begin(user, channel, granted, granted.sources, ms);
        } else {
            self.row(user).asked = Some((channel, granted, ms + 30_000));
        }
    }

    pub(super) fn state(&mut self, user: u8, channel: u8, muted: Option<bool>, deaf: Option<bool>, ms: u64) {
        let Some(stay) = self.row(user).stay.as_mut().filter(|stay| stay.channel == channel) else { return };
        stay.muted = muted.unwrap_or(stay.muted);
        stay.deaf = deaf.unwrap_or(stay.deaf);
        self.sign_of_life(user, ms);
    }

    pub(super) fn drop_where(&mut self, user: u8, is_there: impl Fn(u8) -> bool) {
        let row = self.row(user);
        row.stay = row.stay.take().filter(|stay| !is_there(stay.channel));
        row.asked = row.asked.filter(|(channel, ..)| !is_there(*channel));
    }

    pub(super) fn note(&mut self, user: u8, channel: u8, note: &Note, rights: Permissions, connected: bool, ms: u64) {
        self.row(user).connected |= connected && self.row(user).stay.is_some();
        let is_here = self.row(user).stay.as_ref().is_some_and(|stay| stay.channel == channel);
        if *note == Note::Left {
            let is_old = |stay: &Stay| stay.began.is_none_or(|began| ms - began >= 10_000);
            if is_here && self.row(user).stay.as_ref().is_some_and(is_old) {
                self.row(user).stay = None;
            }
            return;
        }
        if !is_here {
            let asked = self.row(user).asked.filter(|(asked, ..)| *asked == channel);
            let lets_in = match asked {
                Some((_, granted, _)) => granted.covered_by(rights).then_some(granted),
                None if *note == Note::Joined && self.row(user).stay.is_none() => VoiceGrants::widest(rights),
                None => None,
            };
            let Some(granted) = lets_in else {
                self.row(user).asked = self.row(user).asked.filter(|(asked, ..)| *asked != channel);
                return;
            };
            self.row(user).connected |= connected;
            self.begin(user, channel, granted, Streams::EMPTY, ms);
        }
        let Some(stay) = &mut self.row(user).stay else { return };
        match note {
            Note::Joined | Note::Left => {}
            Note::Published(stream, _) => stay.streams = stay.streams.set(*stream, true),
            Note::Unpublished(stream, _) => stay.streams = stay.streams.set(*stream, false),
            Note::Muted(muted) => stay.muted = *muted,
        }
        self.sign_of_life(user, ms);
    }

    pub(super) fn connect(&mut self, user: u8) {
        let row = self.row(user);
        (row.connected, row.lapses) = (true, None);
    }

    pub(super) fn end(&mut self, user: u8, revoked: bool, ms: u64) {
        let row = self.row(user);
        if revoked {
            (row.stay, row.asked) = (None, None);
        } else if row.connected {
            row.lapses = Some((ms + 15_000, false));
        }
        row.connected = false;
    }

    pub(super) fn rights(&mut self, user: u8, channel: u8, rights: Permissions) {
        let row = self.row(user);
        let lost = |at: u8, granted: VoiceGrants| at == channel && !granted.covered_by(rights);
        row.stay = row.stay.take().filter(|stay| !lost(stay.channel, stay.granted));
        row.asked = row.asked.filter(|(at, granted, _)| !lost(*at, *granted));
    }

    pub(super) fn expire(&mut self, ms: u64) {
        for row in &mut self.rows {
            row.asked = row.asked.filter(|(.., until)| *until > ms);
            if !row.connected && row.lapses.is_some_and(|(until, _)| until <= ms) {
                row.stay = None;
            }
        }
    }

    pub(super) fn restart(&mut self, ms: u64) {
        for row in &mut self.rows {
            row.asked = None;
            row.connected = false;
            row.lapses = Some((ms + 30_000, false));
            if let Some(stay) = &mut row.stay {
                stay.began = None;
            }
        }
    }
}
