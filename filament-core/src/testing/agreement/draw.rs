//! Which command is tried next, drawn from a seed.

use super::{USERS, files::FileOrder, orders::Order};

/// One command in terms of what was made so far, by number.
#[derive(Clone, Debug)]
pub(in crate::testing) enum Step {
    CreateGuild { public: bool },
    RenameGuild { guild: usize, name: u64, public: Option<bool> },
    Join { guild: usize },
    Leave { guild: usize },
    CreateChannel { guild: usize, hidden: bool },
    RenameChannel { channel: usize, name: u64 },
    DeleteChannel { channel: usize },
    SwapChannels { guild: usize, channels: [usize; 2] },
    Post { channel: usize, text: u64, key: Option<u64> },
    Edit { message: usize, text: u64 },
    Delete { message: usize },
    React { message: usize, emoji: u64, add: bool },
    File(FileOrder),
    Order(Order),
}

/// A small generator of its own, so that a seed means the same everywhere.
#[derive(Debug)]
pub(in crate::testing) struct Draw(u64);

impl Draw {
    pub(in crate::testing) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(in crate::testing) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap_or(0)
    }

    pub(super) fn few(&mut self) -> u64 {
        self.below(3) as u64
    }

    pub(in crate::testing) fn step(
        &mut self,
        [guilds, channels, messages, roles, bans, files]: &[usize; 6],
    ) -> (usize, Step) {
        let (guilds, channels, messages, roles, bans) = (*guilds, *channels, *messages, *roles, *bans);
        let (guild, channel, message) = (self.below(guilds), self.below(channels), self.below(messages));
        let step = match self.below(40) {
            0 => Step::CreateGuild { public: self.below(4) > 0 },
            1 => Step::RenameGuild { guild, name: self.few(), public: [None, Some(true), Some(false)][self.below(3)] },
            2 | 3 => Step::Join { guild },
            4 => Step::Leave { guild },
            5 | 6 => Step::CreateChannel { guild, hidden: self.below(3) == 0 },
            7 => Step::RenameChannel { channel, name: self.few() },
            8 => Step::DeleteChannel { channel },
            9 => Step::SwapChannels { guild, channels: [channel, self.below(channels)] },
            10..14 => Step::Post { channel, text: self.few(), key: (self.below(3) == 0).then(|| self.few()) },
            14 => Step::Edit { message, text: self.few() },
            15 => Step::Delete { message },
            16..20 => Step::React { message, emoji: self.few(), add: self.below(3) > 0 },
            36..40 => Step::File(FileOrder::draw(self, channels, *files)),
            _ => Step::Order(Order::draw(self, (guilds, channels, roles, bans))),
        };
        // The first user makes most guilds and so may do most things.
        let user = if self.below(3) > 0 { 0 } else { self.below(USERS) };
        (user, step)
    }
}
