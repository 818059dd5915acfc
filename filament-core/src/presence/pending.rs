//! Who is to be told what of a guild at the next flush.

use std::collections::{BTreeMap, BTreeSet};

use filament_protocol::UserId;

use crate::limits::PRESENCE_LISTS_MAX;

/// What happened in a guild since the last flush.
///
/// Who hears what depends on nobody else: a list that one user is given changes nothing for the others (DEL-6).
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Who was given a list, in order, since the first move.
    listed: Vec<UserId>,
    /// More lists were given than are kept: everybody is told of all who moved.
    is_crowded: bool,
    /// Of each member that moved: how many lists had been given at each move. A pair of moves without a list in between is none.
    moves: BTreeMap<UserId, Vec<usize>>,
}

impl Pending {
    /// Notes that a user was given the list as it is now.
    pub(super) fn listed(&mut self, receiver: UserId) {
        if self.listed.len() < PRESENCE_LISTS_MAX {
            self.listed.push(receiver);
        } else {
            self.is_crowded = true;
        }
    }

    /// Notes that a member came online or went offline.
    pub(super) fn moved(&mut self, user_id: UserId) {
        let lists = self.listed.len();
        let moves = self.moves.entry(user_id).or_default();
        // Once lists are not counted any more, everybody is told in any case.
        if moves.last() == Some(&lists) {
            moves.pop();
        } else {
            moves.push(lists);
        }
    }

    /// The members whose present state is to be told, ascending, and to whom alone; `None`: to everybody.
    pub(super) fn told(&self) -> impl Iterator<Item = (UserId, Option<Vec<UserId>>)> {
        self.moves.iter().filter_map(|(user_id, moves)| Some((*user_id, self.receivers(moves)?)))
    }

    /// Who is to be told the present state of a member that moved so; `None`: nobody, `Some(None)`: everybody.
    fn receivers(&self, moves: &[usize]) -> Option<Option<Vec<UserId>>> {
        let is_back = moves.len().is_multiple_of(2);
        if self.is_crowded || !is_back {
            return Some(None);
        }
        let misled = moves.chunks(2).filter_map(|away| self.listed.get(away[0]..away[1])).flatten();
        let misled: BTreeSet<UserId> = misled.copied().collect();
        (!misled.is_empty()).then(|| Some(misled.into_iter().collect()))
    }
}
