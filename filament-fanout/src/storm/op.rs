//! What may happen in a storm, and how often: commands, and steps of delivery, in any order.

use filament_protocol::Permission;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::Mode;

/// Users of the storm, by number. 0 owns the server and is nowhere a member; 1 and 2 create the first guilds.
pub(super) const USERS: usize = 5;

/// Addresses the users come from, by number.
pub(super) const ADDRESSES: u128 = 3;

/// Write shards of the fanout.
pub(super) const SHARDS: usize = 2;

/// Who sends a command.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// The owner of the guild it is about.
    Owner,
    User(usize),
}

/// Whom an override is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aim {
    Role(Index),
    Member(usize),
}

/// A command in a guild. Channels, roles and messages are picked from those there are.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    CreateGuild,
    RenameGuild,
    DeleteGuild,
    Transfer(usize),
    Join,
    Add(usize),
    Leave,
    Kick(usize),
    Ban(usize),
    Unban(Index),
    /// With the seconds it lasts, if not for ever.
    BanAddresses(usize, Option<u64>),
    UnbanAddress(Index),
    CreateRole(u16),
    EditRole(Index, u16),
    DeleteRole(Index),
    MoveRoles(Index),
    DefaultRole(Option<Index>),
    Assign(Index, usize),
    Unassign(Index, usize),
    MakeModerator(usize, bool),
    CreateChannel(Option<(Aim, u16, u16)>),
    RenameChannel(Index),
    DeleteChannel(Index),
    MoveChannels(Index),
    SetOverride(Index, Aim, u16, u16),
    ClearOverride(Index, Index),
    Post(Index),
    Edit(Index),
    DeleteMessage(Index),
    React(Index, bool),
}

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Commits, if the command is accepted.
    Do(By, Index, Deed),
    /// Applies so many entries.
    Relay(usize),
    Connect(usize, u128, Mode),
    /// Connects at once, and subscribes to whatever it may.
    Arrive(usize, u128, Mode),
    Load(Index),
    Finish(Index),
    Disconnect(Index, bool),
    Subscribe(Index, Index, Index),
    Unsubscribe(Index, Index, Index),
    /// Writes what waits in one shard, or everywhere.
    Flush(Option<usize>),
    /// Lets so many milliseconds pass.
    Tick(u64),
    Tell,
    Stall(Index),
    /// Takes so many bytes more, then stalls.
    Allow(Index, usize),
    Resume(Index),
}

fn mode() -> impl Strategy<Value = Mode> {
    let resume = any::<bool>();
    prop_oneof![2 => Just(Mode::Plain), 2 => resume.prop_map(|resume| Mode::Batch { resume }), 1 => Just(Mode::Stream)]
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![3 => Just(By::Owner), 2 => (0..USERS).prop_map(By::User)]
}

/// Mostly the bits that decide who sees a channel and who hears of actors.
fn bits() -> impl Strategy<Value = u16> {
    prop_oneof![
        3 => Just(0),
        4 => Just(0x100),
        2 => Just(0x900),
        1 => Just(0xFFF),
        2 => prop::sample::select(&[0x008, 0x020, 0x040, 0x080, 0x108, 0x168][..]),
        1 => 0..0x1000_u16,
    ]
}

fn aim() -> impl Strategy<Value = Aim> {
    prop_oneof![3 => any::<Index>().prop_map(Aim::Role), 2 => (1..USERS).prop_map(Aim::Member)]
}

/// Commands that change who is where and may do what.
fn change() -> BoxedStrategy<(By, Deed)> {
    let index = any::<Index>;
    let member = || 1..USERS;
    let initial = prop::option::weighted(0.4, (aim(), bits(), bits()));
    let lasts = prop::option::of(1..4_u64);
    let own = prop_oneof![3 => Just(Deed::Join), 1 => Just(Deed::Leave)];
    let people = prop_oneof![
        2 => member().prop_map(Deed::Add),
        2 => member().prop_map(Deed::Kick),
        2 => member().prop_map(Deed::Ban),
        2 => index().prop_map(Deed::Unban),
        2 => (member(), lasts).prop_map(|(user, lasts)| Deed::BanAddresses(user, lasts)),
        2 => index().prop_map(Deed::UnbanAddress),
        1 => member().prop_map(Deed::Transfer),
    ];
    let roles = prop_oneof![
        2 => bits().prop_map(Deed::CreateRole),
        3 => (index(), bits()).prop_map(|(role, bits)| Deed::EditRole(role, bits)),
        2 => index().prop_map(Deed::DeleteRole),
        1 => index().prop_map(Deed::MoveRoles),
        1 => prop::option::of(index()).prop_map(Deed::DefaultRole),
        4 => (index(), member()).prop_map(|(role, user)| Deed::Assign(role, user)),
        2 => (index(), member()).prop_map(|(role, user)| Deed::Unassign(role, user)),
        1 => (member(), any::<bool>()).prop_map(|(user, up)| Deed::MakeModerator(user, up)),
    ];
    let channels = prop_oneof![
        3 => initial.prop_map(Deed::CreateChannel),
        1 => index().prop_map(Deed::RenameChannel),
        1 => index().prop_map(Deed::DeleteChannel),
        1 => index().prop_map(Deed::MoveChannels),
        8 => (index(), aim(), bits(), bits()).prop_map(|(channel, aim, allow, deny)| {
            Deed::SetOverride(channel, aim, allow, deny)
        }),
        2 => (index(), index()).prop_map(|(channel, nth)| Deed::ClearOverride(channel, nth)),
    ];
    let guilds = prop_oneof![2 => Just(Deed::CreateGuild), 1 => Just(Deed::RenameGuild), 1 => Just(Deed::DeleteGuild)];
    prop_oneof![
        3 => (member().prop_map(By::User), own),
        15 => (by(), prop_oneof![4 => people, 5 => roles, 6 => channels, 1 => guilds]),
    ]
    .boxed()
}

/// Messages and reactions.
fn message() -> impl Strategy<Value = Deed> {
    let index = any::<Index>;
    prop_oneof![
        6 => index().prop_map(Deed::Post),
        1 => index().prop_map(Deed::Edit),
        1 => index().prop_map(Deed::DeleteMessage),
        2 => (index(), any::<bool>()).prop_map(|(message, on)| Deed::React(message, on)),
    ]
}

/// Everything that may happen, in the shares that make most of it matter.
fn op() -> impl Strategy<Value = Op> {
    let index = any::<Index>;
    let from = || (0..USERS, 0..ADDRESSES, mode());
    prop_oneof![
        18 => (index(), change()).prop_map(|(guild, (by, deed))| Op::Do(by, guild, deed)),
        12 => (by(), index(), message()).prop_map(|(by, guild, deed)| Op::Do(by, guild, deed)),
        8 => (1..5_usize).prop_map(Op::Relay),
        2 => from().prop_map(|(user, address, mode)| Op::Arrive(user, address, mode)),
        3 => from().prop_map(|(user, address, mode)| Op::Connect(user, address, mode)),
        2 => index().prop_map(Op::Load),
        3 => index().prop_map(Op::Finish),
        1 => (index(), any::<bool>()).prop_map(|(nth, clean)| Op::Disconnect(nth, clean)),
        9 => (index(), index(), index()).prop_map(|(nth, guild, channel)| Op::Subscribe(nth, guild, channel)),
        1 => (index(), index(), index()).prop_map(|(nth, guild, channel)| Op::Unsubscribe(nth, guild, channel)),
        4 => prop::option::weighted(0.3, 0..SHARDS).prop_map(Op::Flush),
        1 => prop_oneof![4 => 100..1_500_u64, 1 => 5_000..11_000_u64].prop_map(Op::Tick),
        2 => Just(Op::Tell),
        1 => index().prop_map(Op::Stall),
        1 => (index(), 1..400_usize).prop_map(|(nth, bytes)| Op::Allow(nth, bytes)),
        2 => index().prop_map(Op::Resume),
    ]
}

/// A member is given two roles, one that may see a channel and one that may not (PE-7): rare where every step is drawn for itself.
fn clash() -> impl Strategy<Value = Vec<Op>> {
    let index = any::<Index>;
    let view = Permission::CreateMessage.bit();
    (index(), index(), (index(), index()), 1..USERS).prop_map(move |(guild, channel, (one, other), user)| {
        let owner = |deed| Op::Do(By::Owner, guild, deed);
        vec![
            owner(Deed::Assign(one, user)),
            owner(Deed::Assign(other, user)),
            owner(Deed::SetOverride(channel, Aim::Role(one), view, 0)),
            owner(Deed::SetOverride(channel, Aim::Role(other), 0, view)),
        ]
    })
}

/// A plan in which most users are there from the start.
pub(super) fn plan() -> impl Strategy<Value = Vec<Op>> {
    let arrivals = vec(prop::option::weighted(0.8, (0..ADDRESSES, mode())), USERS);
    let steps = prop_oneof![30 => op().prop_map(|op| vec![op]), 1 => clash()];
    (arrivals, vec(steps, 1..150)).prop_map(|(arrivals, steps)| {
        let mut plan: Vec<Op> = steps.into_iter().flatten().collect();
        let here = arrivals.into_iter().enumerate().filter_map(|(user, from)| Some((user, from?)));
        plan.splice(0..0, here.map(|(user, (address, mode))| Op::Arrive(user, address, mode)));
        plan
    })
}

/// Commands and steps of delivery over connections that stay: what clients keep their state through.
pub(super) fn calm_op() -> BoxedStrategy<Op> {
    let index = any::<Index>;
    let change = change().prop_filter("the viewers may enter everywhere", |(_, deed)| {
        !matches!(deed, Deed::BanAddresses(..) | Deed::UnbanAddress(_))
    });
    prop_oneof![
        18 => (index(), change).prop_map(|(guild, (by, deed))| Op::Do(by, guild, deed)),
        16 => (by(), index(), message()).prop_map(|(by, guild, deed)| Op::Do(by, guild, deed)),
        8 => (1..5_usize).prop_map(Op::Relay),
        4 => (index(), index(), index()).prop_map(|(nth, guild, channel)| Op::Subscribe(nth, guild, channel)),
        4 => Just(Op::Flush(None)),
        1 => (500..1_500_u64).prop_map(Op::Tick),
        2 => Just(Op::Tell),
    ]
    .boxed()
}

/// What may happen where a viewer looks on: everything but what lets it see or manage all there is.
pub(super) fn open_op() -> impl Strategy<Value = Op> {
    let harmless = |bits: u16| bits & Permission::ManageChannelOverrides.bit() == 0;
    calm_op().prop_filter("the viewer does not rise", move |op| match op {
        Op::Do(_, _, deed) => match *deed {
            Deed::CreateGuild | Deed::DeleteGuild | Deed::Transfer(_) => false,
            Deed::CreateRole(bits) | Deed::EditRole(_, bits) => harmless(bits),
            _ => true,
        },
        Op::Tick(_) => true,
        _ => false,
    })
}

/// What may happen in channels that a viewer does not see.
pub(super) fn hidden_deed(viewer: usize) -> impl Strategy<Value = Deed> {
    let index = any::<Index>;
    let view = Permission::CreateMessage.bit();
    let aim = prop_oneof![
        any::<Index>().prop_map(Aim::Role),
        (1..USERS).prop_filter("others", move |user| *user != viewer).prop_map(Aim::Member),
    ];
    prop_oneof![
        3 => message(),
        2 => Just(Deed::CreateChannel(Some((Aim::Member(viewer), 0, view)))),
        1 => index().prop_map(Deed::RenameChannel),
        1 => index().prop_map(Deed::DeleteChannel),
        1 => index().prop_map(Deed::MoveChannels),
        2 => (index(), aim, bits(), bits()).prop_map(|(channel, aim, allow, deny)| {
            Deed::SetOverride(channel, aim, allow, deny)
        }),
    ]
}

/// In which form a viewer is told.
pub(super) fn viewer_mode() -> impl Strategy<Value = Mode> {
    mode()
}

/// Loads under way while access changes: few users, who come and go all the time.
pub(super) fn racing_plan() -> impl Strategy<Value = Vec<Op>> {
    let index = any::<Index>;
    let member = || 3..USERS;
    let deed = prop_oneof![
        3 => Just(Deed::Join),
        2 => Just(Deed::Leave),
        2 => member().prop_map(Deed::Add),
        1 => member().prop_map(Deed::Kick),
        2 => (index(), aim(), bits(), bits()).prop_map(|(channel, aim, allow, deny)| {
            Deed::SetOverride(channel, aim, allow, deny)
        }),
        2 => (index(), member()).prop_map(|(role, user)| Deed::Assign(role, user)),
        1 => bits().prop_map(Deed::CreateRole),
        1 => Just(Deed::CreateChannel(None)),
        3 => index().prop_map(Deed::Post),
    ];
    let by = prop_oneof![1 => Just(By::Owner), 1 => member().prop_map(By::User)];
    let op = prop_oneof![
        10 => (by, index(), deed).prop_map(|(by, guild, deed)| Op::Do(by, guild, deed)),
        6 => (1..20_usize).prop_map(Op::Relay),
        3 => (2..USERS, mode()).prop_map(|(user, mode)| Op::Connect(user, 0, mode)),
        6 => index().prop_map(Op::Load),
        3 => index().prop_map(Op::Finish),
        3 => (index(), any::<bool>()).prop_map(|(nth, clean)| Op::Disconnect(nth, clean)),
        4 => (index(), index(), index()).prop_map(|(nth, guild, channel)| Op::Subscribe(nth, guild, channel)),
        2 => Just(Op::Flush(None)),
        1 => Just(Op::Tell),
    ];
    vec(op, 1..100)
}
