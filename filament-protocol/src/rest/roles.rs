//! `/guilds/{g}/roles` (§9.7).

use serde::{Deserialize, Deserializer};

use crate::field::Codec;
use crate::id::RoleId;
use crate::limits::{CUSTOM_ROLE_POSITION_MAX, ROLES_ORDERED_MAX, ROLES_PER_GUILD_MAX};
use crate::object::{body, record};
use crate::patch::Patch;
use crate::permission::Permissions;
use crate::record::Role;
use crate::shape::{Described, Shape};
use crate::text::{ColorHex, ColorInput, RoleName};

record! {
    /// Answer of `GET /guilds/{g}/roles`: complete, highest first (PRM-8).
    pub struct RoleList {
        /// The roles, at most 64, every seeded one included.
        pub roles: Vec<Role> [0..=ROLES_PER_GUILD_MAX],
        /// The role new members get; null for none.
        pub default_join_role_id: Option<RoleId> [null],
    }
}

body! {
    /// Body of `POST /guilds/{g}/roles`.
    pub struct CreateRole {
        /// Its name; not one of the reserved words (PRM-9).
        pub name: RoleName,
        /// What it grants.
        pub permissions: Permissions,
        /// Its rank, 1..=9,999; if absent, one below the caller's own (HIE-6).
        pub position: Option<u16> [1..=CUSTOM_ROLE_POSITION_MAX],
        /// Its colour, hex digits in any case; absent or null for none.
        pub color_hex: Patch<ColorHex> [as ColorChange],
    }
}

body! {
    /// Body of `PATCH /guilds/{g}/roles/{r}`: at least one member.
    pub struct UpdateRole: Default {
        /// The new name.
        pub name: Option<RoleName>,
        /// What it grants from now on.
        pub permissions: Option<Permissions>,
        /// The new colour, hex digits in any case; null removes it.
        pub color_hex: Patch<ColorHex> [as ColorChange],
    }
    rules { any_of(name, permissions, color_hex) }
}

/// Reads a change of a colour whose hex digits may be in any case (§10.1).
struct ColorChange;

impl Codec for ColorChange {
    type Value = Patch<ColorHex>;
    const SHAPE: Shape = Shape::Nullable(&ColorInput::SHAPE);

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Patch<ColorHex>, D::Error> {
        Patch::<ColorInput>::deserialize(deserializer).map(|change| change.map(ColorHex::from))
    }
}

body! {
    /// Body of `POST /guilds/{g}/roles/reorder`.
    pub struct ReorderRoles {
        /// Roles, highest first: 1..=62, unique (HIE-8).
        pub role_ids: Vec<RoleId> [1..=ROLES_ORDERED_MAX, unique],
    }
}

body! {
    /// Body of `POST /guilds/{g}/roles/default`.
    pub struct SetDefaultRole: Copy {
        /// The role new members get; null for none.
        pub role_id: Option<RoleId> [null],
    }
}
