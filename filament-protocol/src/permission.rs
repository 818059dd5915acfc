//! The twelve permissions and sets of them (§8.1).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::shape::{Described, Integer, List, Shape, Unique};
use crate::word::words;

words! {
    /// One right. The order is that of the bits.
    pub enum Permission {
        /// Bit 0: change name and visibility of the guild.
        ManageRoles = "manage_roles",
        /// Bit 1: add members, assign and unassign roles.
        ManageMemberRoles = "manage_member_roles",
        /// Bit 2: create, update, delete and reorder roles.
        ManageWorkspaceRoles = "manage_workspace_roles",
        /// Bit 3: manage channels and their overrides.
        ManageChannelOverrides = "manage_channel_overrides",
        /// Bit 4: edit and delete messages and attachments of others.
        DeleteMessage = "delete_message",
        /// Bit 5: kick, ban, unban, read the ban list.
        BanMember = "ban_member",
        /// Bit 6: read the audit log.
        ViewAuditLog = "view_audit_log",
        /// Bit 7: manage bans by address.
        ManageIpBans = "manage_ip_bans",
        /// Bit 8, the view gate: see the channel, read, write, react, upload, join voice.
        CreateMessage = "create_message",
        /// Bit 9: publish a camera.
        PublishVideo = "publish_video",
        /// Bit 10: publish a screen.
        PublishScreenShare = "publish_screen_share",
        /// Bit 11: receive voice streams.
        SubscribeStreams = "subscribe_streams",
    }
}

impl Permission {
    /// Returns the bit value: 1, 2, 4 … 2048.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of permissions.
///
/// On the wire it is the list of names in bit order; on input any order is taken, while an unknown or repeated name is
/// refused. [`PermissionBits`] is the integer form.
///
/// ```
/// use filament_protocol::{Permission, Permissions};
///
/// let seeded = Permissions::EMPTY.with(Permission::CreateMessage).with(Permission::SubscribeStreams);
/// assert_eq!(seeded.bits(), 2304);
/// assert!(Permissions::ALL.contains_all(seeded));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Permissions(u16);

impl Permissions {
    /// No permission.
    pub const EMPTY: Self = Self(0);
    /// Every permission: 4095.
    pub const ALL: Self = Self(0x0FFF);

    /// Makes a set of bits; those outside of the mask are ignored, as §8.1 asks for stored values.
    #[must_use]
    pub const fn from_bits_truncate(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Makes a set of bits, unless one outside of the mask is set.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        if bits & !Self::ALL.0 == 0 { Some(Self(bits)) } else { None }
    }

    /// Returns the sum of the bit values, 0..=4095.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Tells whether the set holds `permission`.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Tells whether the set holds every permission of `other`.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Tells whether the set holds any permission of `other`.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns what is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns what is in this set but not in `other`.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns what is in exactly one of the sets.
    #[must_use]
    pub const fn symmetric_difference(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    /// Returns what is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the set with `permission` added.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission.bit())
    }

    /// Returns the set with `permission` taken out.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !permission.bit())
    }

    /// Tells whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Counts the permissions.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Goes through the permissions in bit order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |&permission| self.contains(permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl From<Permission> for Permissions {
    fn from(permission: Permission) -> Self {
        Self(permission.bit())
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter().map(Permission::name)).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for permission in self.iter() {
            list.serialize_element(&permission)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PermissionsVisitor;

        impl<'de> Visitor<'de> for PermissionsVisitor {
            type Value = Permissions;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of permission names without duplicates")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Permissions, A::Error> {
                let mut set = Permissions::EMPTY;
                while let Some(permission) = names.next_element()? {
                    if set.contains(permission) {
                        return Err(A::Error::custom("a permission is named twice"));
                    }
                    set = set.with(permission);
                }
                Ok(set)
            }
        }

        deserializer.deserialize_seq(PermissionsVisitor)
    }
}

impl Described for Permissions {
    const SHAPE: Shape = Shape::List(List {
        name: Some("Permissions"),
        min: 0,
        max: Permission::ALL.len(),
        item: &Permission::SHAPE,
        unique: Unique::Items,
    });
}

/// A set of permissions as the sum of its bit values, 0..=4095: the form of `permission_bits`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PermissionBits(pub Permissions);

impl From<Permissions> for PermissionBits {
    fn from(permissions: Permissions) -> Self {
        Self(permissions)
    }
}

impl From<PermissionBits> for Permissions {
    fn from(bits: PermissionBits) -> Self {
        bits.0
    }
}

impl Described for PermissionBits {
    const SHAPE: Shape =
        Shape::Integer(Integer { name: Some("PermissionBits"), min: 0, max: Permissions::ALL.0 as u64 });
}

impl Serialize for PermissionBits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0.bits())
    }
}

impl<'de> Deserialize<'de> for PermissionBits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bits = u16::deserialize(deserializer)?;
        let set = Permissions::from_bits(bits);
        set.map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Unsigned(bits.into()), &"0..=4095"))
    }
}
