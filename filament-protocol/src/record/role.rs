//! Roles.

use crate::id::RoleId;
use crate::limits::{CUSTOM_ROLE_POSITION_MAX, ROLE_POSITION_MAX};
use crate::object::record;
use crate::permission::Permissions;
use crate::text::{ColorHex, RoleName};
use crate::word::words;

words! {
    /// The derived rank word of a member (PRM-5), and the word for three of the seeded roles (PRM-6).
    pub enum LegacyRole {
        /// Holds `workspace_owner`.
        Owner = "owner",
        /// Holds the seeded `moderator` role.
        Moderator = "moderator",
        /// Holds neither.
        Member = "member",
    }
}

words! {
    /// Which of the four roles every guild is born with a role is (PRM-2).
    pub enum SystemKey {
        /// Implied for every member.
        Everyone = "everyone",
        /// Held by exactly one member.
        WorkspaceOwner = "workspace_owner",
        /// The seeded moderator role.
        Moderator = "moderator",
        /// The seeded member role.
        Member = "member",
    }
}

impl SystemKey {
    /// Returns the legacy word of the seeded role; `everyone` has none.
    #[must_use]
    pub const fn legacy_role(self) -> Option<LegacyRole> {
        match self {
            Self::Everyone => None,
            Self::WorkspaceOwner => Some(LegacyRole::Owner),
            Self::Moderator => Some(LegacyRole::Moderator),
            Self::Member => Some(LegacyRole::Member),
        }
    }
}

impl LegacyRole {
    /// Returns the seeded role the word stands for (PRM-6).
    #[must_use]
    pub const fn system_key(self) -> SystemKey {
        match self {
            Self::Owner => SystemKey::WorkspaceOwner,
            Self::Moderator => SystemKey::Moderator,
            Self::Member => SystemKey::Member,
        }
    }
}

record! {
    /// A role, as REST answers show it: colour and key are null when there is none. Absent ones are read as null.
    pub struct Role {
        /// Its id.
        pub role_id: RoleId,
        /// Its name.
        pub name: RoleName,
        /// Its rank, 0..=10,000; higher outranks lower.
        pub position: u16 [0..=ROLE_POSITION_MAX],
        /// Whether it is `everyone` or `workspace_owner`.
        pub is_system: bool,
        /// What it grants.
        pub permissions: Permissions,
        /// Its colour.
        pub color_hex: Option<ColorHex> [null],
        /// Which seeded role it is; null for a custom one.
        pub system_key: Option<SystemKey> [null],
    }
}

record! {
    /// A role as `workspace_role_create` shows it: what there is none of is left out.
    pub struct NewRole {
        /// Its id.
        pub role_id: RoleId,
        /// Its name.
        pub name: RoleName,
        /// Its rank, 1..=9,999; higher outranks lower.
        pub position: u16 [1..=CUSTOM_ROLE_POSITION_MAX],
        /// Whether it is `everyone` or `workspace_owner`.
        pub is_system: bool,
        /// What it grants.
        pub permissions: Permissions,
        /// Its colour.
        pub color_hex: Option<ColorHex>,
        /// Which seeded role it is.
        pub system_key: Option<SystemKey>,
    }
}

impl From<Role> for NewRole {
    fn from(role: Role) -> Self {
        let Role { role_id, name, position, is_system, permissions, color_hex, system_key } = role;
        Self { role_id, name, position, is_system, permissions, color_hex, system_key }
    }
}
