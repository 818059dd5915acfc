//! Ids: the canonical text of §0 and nothing else.

use filament_protocol::{ChannelId, GuildId, InvalidId};

/// The text form against a straightforward base-32 oracle, at the ends and in between.
#[test]
fn the_text_is_26_characters_of_crockford_base_32() {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits = 1_u128;
    for step in 0..200_u32 {
        bits = bits.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).rotate_left(step % 128) ^ u128::from(step);
        let mut rest = bits;
        let mut oracle = Vec::new();
        for _ in 0..26 {
            oracle.push(ALPHABET[(rest % 32) as usize]);
            rest /= 32;
        }
        oracle.reverse();
        let text = String::from_utf8(oracle).unwrap();
        let id = GuildId::from_u128(bits);
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.as_u128(), bits);
    }
    assert_eq!(GuildId::from_u128(0).to_string(), "00000000000000000000000000");
    assert_eq!(GuildId::from_u128(u128::MAX).to_string(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

/// Known vector of the ULID specification: 01ARYZ6S41 is the time 1469918176385 ms.
#[test]
fn the_first_48_bits_are_milliseconds() {
    let id: ChannelId = "01ARYZ6S41TSV4RRFFQ69G5FAV".parse().unwrap();
    assert_eq!(id.timestamp_ms(), 1_469_918_176_385);
    assert_eq!(ChannelId::from_u128(u128::MAX).timestamp_ms(), (1 << 48) - 1);
}

/// Every other spelling is refused: lower case, letters that look like digits, another length, more than 128 bits.
#[test]
fn other_spellings_are_refused() {
    for text in [
        "",
        "01ARYZ6S41TSV4RRFFQ69G5FA",
        "01ARYZ6S41TSV4RRFFQ69G5FAV0",
        "01aryz6s41tsv4rrffq69g5fav",
        "01ARYZ6S41TSV4RRFFQ69G5FAv",
        "80000000000000000000000000",
        "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "01ARYZ6S41TSV4RRFFQ69G5FAI",
        "01ARYZ6S41TSV4RRFFQ69G5FAL",
        "01ARYZ6S41TSV4RRFFQ69G5FAO",
        "01ARYZ6S41TSV4RRFFQ69G5FAU",
        "01ARYZ6S41TSV4RRFFQ69G5FA ",
        "01ARYZ6S41TSV4RRFFQ69G5F-V",
        "01ARYZ6S41TSV4RRFFQ69G5F\u{C9}",
    ] {
        assert_eq!(text.parse::<GuildId>(), Err(InvalidId), "{text:?}");
    }
    for byte in 0..=u8::MAX {
        let text = format!("01ARYZ6S41TSV4{}RFFQ69G5FAV", char::from(byte));
        let valid = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte);
        assert_eq!(text.parse::<GuildId>().is_ok(), valid, "{text:?}");
    }
}

/// The order of ids is the order of their texts.
#[test]
fn ids_sort_like_their_texts() {
    let mut ids: Vec<GuildId> =
        (0..100_u128).map(|index| GuildId::from_u128(index.wrapping_mul(0x9E37_79B9_7F4A_7C15 << 61))).collect();
    ids.sort_unstable();
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    assert!(texts.is_sorted());
}
