//! A random history of one store: the commands of [`agreement`](super::agreement), one after another.

use filament_protocol::{ChannelId, GuildId};

use super::agreement::{Draw, Side};
use crate::{AccessSource, Actor, Engine, Journal, Store};

/// Random commands on guilds, channels, messages, roles, members and overrides. A seed means the same everywhere.
#[derive(Debug)]
pub struct History<S> {
    side: Side<S>,
    draw: Draw,
}

impl<S: Store + Journal + AccessSource> History<S> {
    /// Begins a history in an empty store.
    pub async fn new(store: S, seed: u64) -> Self {
        Self { side: Side::new(store).await, draw: Draw::new(seed) }
    }

    /// Executes the next command. Returns its journal entry, if it was not refused and changed something.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn step(&mut self) -> Option<u64> {
        let step = self.draw.step(&self.side.made_so_far());
        self.side.run(&step).await.ok()?.0
    }

    /// Decides and reads in the same store.
    pub fn engine(&self) -> &Engine<S> {
        &self.side.engine
    }

    /// The users. The first makes most guilds and so may do most things.
    pub fn users(&self) -> &[Actor] {
        &self.side.users
    }

    /// Every guild that was made, also those that are gone.
    pub fn guilds(&self) -> &[GuildId] {
        &self.side.guilds
    }

    /// Every channel that was made, also those that are gone.
    pub fn channels(&self) -> &[(GuildId, ChannelId)] {
        &self.side.channels
    }

    /// A number below `bound`, of the same sequence as the commands.
    pub fn below(&mut self, bound: usize) -> usize {
        self.draw.below(bound)
    }
}
