//! §8.1: twelve permissions, their bits, and the two forms of a set.

use filament_protocol::{Permission, PermissionBits, Permissions};

const TABLE: [(u16, &str); 12] = [
    (1, "manage_roles"),
    (2, "manage_member_roles"),
    (4, "manage_workspace_roles"),
    (8, "manage_channel_overrides"),
    (16, "delete_message"),
    (32, "ban_member"),
    (64, "view_audit_log"),
    (128, "manage_ip_bans"),
    (256, "create_message"),
    (512, "publish_video"),
    (1024, "publish_screen_share"),
    (2048, "subscribe_streams"),
];

/// The table of the contract, in bit order.
#[test]
fn the_table_is_that_of_the_contract() {
    let listed: Vec<_> = Permission::ALL.iter().map(|permission| (permission.bit(), permission.name())).collect();
    assert_eq!(listed, TABLE);
    assert_eq!(Permissions::ALL.bits(), 4095);
    for (bit, name) in TABLE {
        assert_eq!(Permission::from_name(name).map(Permission::bit), Some(bit));
    }
    assert_eq!(Permission::from_name("Manage_Roles"), None);
}

/// All 4,096 sets are written in bit order and read back; the integer form agrees.
#[test]
fn every_set_is_written_in_bit_order() {
    for bits in 0..=4095_u16 {
        let set = Permissions::from_bits(bits).unwrap();
        let names: Vec<&str> = TABLE.iter().filter(|(bit, _)| bits & bit != 0).map(|&(_, name)| name).collect();
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text, serde_json::to_string(&names).unwrap());
        assert_eq!(serde_json::from_str::<Permissions>(&text).unwrap(), set);
        assert_eq!(serde_json::to_string(&PermissionBits(set)).unwrap(), bits.to_string());
        assert_eq!(serde_json::from_str::<PermissionBits>(&bits.to_string()).unwrap().0, set);
        assert_eq!(set.iter().collect::<Permissions>(), set);
        assert_eq!(set.len(), names.len());
    }
}

/// Lists are read in any order; unknown names, repeated names and other JSON are refused.
#[test]
fn a_list_is_read_in_any_order_without_repeats() {
    let read = |text: &str| serde_json::from_str::<Permissions>(text);
    assert_eq!(read(r#"["subscribe_streams","manage_roles"]"#).unwrap().bits(), 2049);
    for text in
        [r#"["fly"]"#, r#"["ban_member","ban_member"]"#, r#"["BAN_MEMBER"]"#, "1", "null", r#""ban_member""#, "[1]"]
    {
        assert!(read(text).is_err(), "{text}");
    }
    for text in ["4096", "-1", "1.0", "65536", "null", "[]"] {
        assert!(serde_json::from_str::<PermissionBits>(text).is_err(), "{text}");
    }
}

/// Stored bits outside of the mask are ignored; a strict reader can tell.
#[test]
fn foreign_bits_are_ignored_or_refused() {
    assert_eq!(Permissions::from_bits_truncate(u16::MAX), Permissions::ALL);
    assert_eq!(Permissions::from_bits(4096), None);
}

/// Set algebra, against the bits.
#[test]
fn sets_behave_like_sets() {
    let mut left = 1_u16;
    for _ in 0..64 {
        left = left.wrapping_mul(77).wrapping_add(1_235) % 4_096;
        let right = left.wrapping_mul(13).wrapping_add(99) % 4_096;
        let (a, b) = (Permissions::from_bits_truncate(left), Permissions::from_bits_truncate(right));
        assert_eq!(a.union(b).bits(), left | right);
        assert_eq!(a.intersection(b).bits(), left & right);
        assert_eq!(a.difference(b).bits(), left & !right);
        assert_eq!(a.symmetric_difference(b).bits(), left ^ right);
        assert_eq!(a.contains_all(b), left & right == right);
        assert_eq!(a.intersects(b), left & right != 0);
        for permission in Permission::ALL {
            assert_eq!(a.contains(*permission), left & permission.bit() != 0);
            assert!(a.with(*permission).contains(*permission));
            assert!(!a.without(*permission).contains(*permission));
        }
    }
    assert!(Permissions::EMPTY.is_empty());
    assert_eq!(format!("{:?}", Permissions::from(Permission::BanMember)), r#"{"ban_member"}"#);
}
