//! Bans by address, without addresses.

use filament_protocol::{GuildId, IpBanId, Permission};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require},
    query::{ListedAddressBan, Page, Query},
};

/// Active bans by address, newest first, for holders of `manage_ip_bans`.
#[derive(Clone, Copy, Debug)]
pub struct ListAddressBans {
    /// The guild.
    pub guild_id: GuildId,
    /// Read strictly below this ban; it need not exist.
    pub before: Option<IpBanId>,
    /// At most so many, 1..=100.
    pub limit: u16,
}

/// The answer to [`ListAddressBans`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressBanPage {
    /// The bans.
    pub bans: Vec<ListedAddressBan>,
    /// Whether bans follow the last one.
    pub more: bool,
}

impl Read for ListAddressBans {
    type Answer = AddressBanPage;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::AddressBans { guild_id: self.guild_id, before: self.before, limit: self.limit }
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        let manage = Requirement::Guild(Permission::ManageIpBans);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, manage)
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<AddressBanPage, Denial> {
        match page {
            Page::AddressBans { bans, more } => Ok(AddressBanPage { bans, more }),
            _ => Err(Denial::Unplanned("address bans")),
        }
    }
}
