//! All vectors, computed from the contract as it is written down in [`catalogue`].

mod catalogue;
mod derive;
mod envelope;
mod fault;
mod form;
mod json;
mod kind;
mod record;
mod vector;

use fault::Turn;
use form::Extent;
pub(crate) use kind::Side;
use vector::Set;

/// Every document there is, by type.
pub(crate) fn sets() -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    // The kinds the envelope's own vectors carry have at least two members and no list.
    let kinds = catalogue::kinds();
    for (side, name) in [(Side::Client, "heartbeat"), (Side::Server, "presence_update")] {
        let kind = kinds.iter().find(|kind| kind.side == side && kind.name == name).expect("it is of the catalogue");
        sets.push(envelope::vectors(side, name, kind.form.sample(Extent::Full)));
    }
    // Each kind goes on where the one before it stopped, so that together they use every alternative.
    let mut turn = Turn::starting_at(0);
    sets.extend(kinds.iter().map(|kind| derive::vectors(kind, &mut turn)));
    sets
}

/// Every file as its path below `vectors/` and its text.
pub(crate) fn files() -> Vec<(String, String)> {
    sets()
        .iter()
        .flat_map(|set| {
            [("accept", true), ("reject", false)].map(|(folder, accepted)| {
                (format!("{folder}/{}.{}.json", set.side.word(), set.name), set.file(accepted))
            })
        })
        .collect()
}
