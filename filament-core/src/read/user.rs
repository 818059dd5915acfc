//! Users: oneself, and others by id.

use filament_protocol::{Profile, UserId, UserSummary};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::Granted,
    query::{Page, Query},
};

/// The profile of one user.
#[derive(Clone, Copy, Debug)]
pub struct ReadProfile {
    /// Whom.
    pub user_id: UserId,
}

impl Read for ReadProfile {
    type Answer = Profile;

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::of([Need::Profile(self.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, _: Actor, _: &Facts) -> Result<Granted, Denial> {
        Ok(Granted::to_everyone())
    }

    fn answer(&self, _: Actor, facts: &Facts, _: Page) -> Result<Profile, Denial> {
        let profile = facts.profile(self.user_id)?.ok_or(Denial::NotFound("user"))?;
        Ok(profile.record())
    }
}

/// Users by id: request order, without repeats, unknown ones left out.
#[derive(Clone, Debug)]
pub struct LookUpUsers {
    /// Whom, 1..=64.
    pub user_ids: Vec<UserId>,
}

impl Read for LookUpUsers {
    type Answer = Vec<UserSummary>;

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn query(&self, _: Actor) -> Query {
        let mut user_ids: Vec<UserId> = Vec::with_capacity(self.user_ids.len());
        for user_id in &self.user_ids {
            if !user_ids.contains(user_id) {
                user_ids.push(*user_id);
            }
        }
        Query::Users(user_ids)
    }

    fn gate(&self, _: Actor, _: &Facts) -> Result<Granted, Denial> {
        Ok(Granted::to_everyone())
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<Vec<UserSummary>, Denial> {
        match page {
            Page::Users(users) => Ok(users),
            _ => Err(Denial::Unplanned("users")),
        }
    }
}
