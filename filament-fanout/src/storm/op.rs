//! What happens in a storm, and how often.

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::Mode;

/// Users of the storm. 0 owns the server and is nowhere a member.
const USERS: u128 = 4;

/// Addresses the users connect from.
const ADDRESSES: u128 = 2;

/// One step. Users and guilds by number, channels, connections and connects by an index into those there are.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Join(u128, usize),
    Leave(u128, usize),
    Create(usize, Vec<u128>),
    Delete(usize, Index),
    Hide(usize, Index, u128, bool),
    HideFromAll(usize, Index, bool),
    Shut(usize, bool),
    Reorder(usize),
    BanAddress(usize, u128, bool),
    Post(usize, Index),
    Relay(usize),
    Connect(u128, u128, Mode),
    Load(Index),
    Finish(Index),
    Disconnect(Index, bool),
    Subscribe(Index, usize, Index),
    Unsubscribe(Index, usize, Index),
    Flush,
    Tell,
    Stall(Index),
    Allow(Index, usize),
    Resume(Index),
}

fn mode() -> impl Strategy<Value = Mode> {
    let resume = any::<bool>();
    prop_oneof![2 => Just(Mode::Plain), 2 => resume.prop_map(|resume| Mode::Batch { resume }), 1 => Just(Mode::Stream)]
}

/// Everything that may happen, in the shares that make most of it matter.
pub(super) fn op() -> impl Strategy<Value = Op> {
    let member = || 1..USERS;
    let guild = || 0..2_usize;
    let any_index = any::<Index>;
    prop_oneof![
        2 => (member(), guild()).prop_map(|(u, g)| Op::Join(u, g)),
        1 => (member(), guild()).prop_map(|(u, g)| Op::Leave(u, g)),
        2 => (guild(), vec(member(), 0..2)).prop_map(|(g, hidden)| Op::Create(g, hidden)),
        1 => (guild(), any_index()).prop_map(|(g, c)| Op::Delete(g, c)),
        2 => (guild(), any_index(), member(), any::<bool>()).prop_map(|(g, c, u, on)| Op::Hide(g, c, u, on)),
        1 => (guild(), any_index(), any::<bool>()).prop_map(|(g, c, on)| Op::HideFromAll(g, c, on)),
        1 => (guild(), any::<bool>()).prop_map(|(g, on)| Op::Shut(g, on)),
        1 => guild().prop_map(Op::Reorder),
        1 => (guild(), 0..ADDRESSES, any::<bool>()).prop_map(|(g, a, on)| Op::BanAddress(g, a, on)),
        8 => (guild(), any_index()).prop_map(|(g, c)| Op::Post(g, c)),
        6 => (1..4_usize).prop_map(Op::Relay),
        3 => (0..USERS, 0..ADDRESSES, mode()).prop_map(|(u, a, mode)| Op::Connect(u, a, mode)),
        2 => any_index().prop_map(Op::Load),
        3 => any_index().prop_map(Op::Finish),
        1 => (any_index(), any::<bool>()).prop_map(|(n, clean)| Op::Disconnect(n, clean)),
        6 => (any_index(), guild(), any_index()).prop_map(|(n, g, c)| Op::Subscribe(n, g, c)),
        1 => (any_index(), guild(), any_index()).prop_map(|(n, g, c)| Op::Unsubscribe(n, g, c)),
        4 => Just(Op::Flush),
        2 => Just(Op::Tell),
        1 => any_index().prop_map(Op::Stall),
        1 => (any_index(), 1..400_usize).prop_map(|(n, bytes)| Op::Allow(n, bytes)),
        2 => any_index().prop_map(Op::Resume),
    ]
}

/// Loads under way while access changes: few users, who come and go all the time.
pub(super) fn racing_op() -> impl Strategy<Value = Op> {
    let guild = || 0..2_usize;
    let any_index = any::<Index>;
    prop_oneof![
        3 => (2..USERS, guild()).prop_map(|(u, g)| Op::Join(u, g)),
        3 => (2..USERS, guild()).prop_map(|(u, g)| Op::Leave(u, g)),
        2 => (guild(), any_index(), 3..USERS, any::<bool>()).prop_map(|(g, c, u, on)| Op::Hide(g, c, u, on)),
        1 => guild().prop_map(|g| Op::Create(g, vec![3])),
        3 => (guild(), any_index()).prop_map(|(g, c)| Op::Post(g, c)),
        6 => (1..20_usize).prop_map(Op::Relay),
        3 => (2..USERS, mode()).prop_map(|(u, mode)| Op::Connect(u, 0, mode)),
        6 => any_index().prop_map(Op::Load),
        3 => any_index().prop_map(Op::Finish),
        3 => (any_index(), any::<bool>()).prop_map(|(n, clean)| Op::Disconnect(n, clean)),
        4 => (any_index(), guild(), any_index()).prop_map(|(n, g, c)| Op::Subscribe(n, g, c)),
        2 => Just(Op::Flush),
        1 => Just(Op::Tell),
    ]
}
