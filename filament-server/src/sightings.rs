//! Where users were seen, and who was kept out by a ban of an address (contract §10.6). What is written here never leaves the server.

use std::net::IpAddr;
use std::sync::Arc;

use filament_core::decide::address::{NoteAddressHit, ObserveAddress};
use filament_core::{Actor, Address, Anonymous, Surface};
use filament_protocol::{GuildId, UserId};
use tracing::Instrument as _;

use crate::app::App;

impl App {
    /// Remembers that `user_id` was seen at `address` (IPB-1).
    ///
    /// What the user asked for does not depend on it: a store that has no room at the moment is no reason to refuse a login.
    pub async fn remember_address(&self, user_id: UserId, address: IpAddr) {
        let seen = ObserveAddress { user_id, address: Address::from(address) };
        if let Err(error) = self.engine.execute(Anonymous, seen).await {
            tracing::debug!(%error, "an address was not remembered");
        }
    }

    /// Like [`Self::remember_address`], in the background and when it has its turn: where somebody waits who need not.
    pub fn remember_address_soon(self: &Arc<Self>, user_id: UserId, address: IpAddr) {
        let app = Arc::clone(self);
        let remember = async move {
            // The semaphore is never closed.
            let _turn = app.background.acquire().await;
            app.remember_address(user_id, address).await;
        };
        tokio::spawn(remember.in_current_span());
    }

    /// Notes in the background that the gate kept a member out; core writes it at most once a minute (IPB-3). Without a turn the note
    /// is left out: who is kept out soon tries again.
    pub fn note_address_hit(self: &Arc<Self>, actor: Actor, guild_id: GuildId, surface: Surface) {
        let app = Arc::clone(self);
        let note = async move {
            let Ok(_turn) = app.background.try_acquire() else { return };
            if let Err(error) = app.engine.execute(actor, NoteAddressHit { guild_id, surface }).await {
                tracing::debug!(%error, "a closed gate was not noted");
            }
        };
        tokio::spawn(note.in_current_span());
    }
}
