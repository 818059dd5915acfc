//! Tables of what is taken and what is refused, and the laws that hold for any bytes in any portions.

use proptest::prelude::*;

use super::*;
use crate::ws::client_frame::{self, BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, text};

/// [`Incoming`] and errors as values of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>, String),
    Refused(ProtocolError),
}

impl From<Incoming<'_>> for Seen {
    fn from(incoming: Incoming<'_>) -> Self {
        match incoming {
            Incoming::Text(text) => Self::Text(text.into_owned()),
            Incoming::Binary(bytes) => Self::Binary(bytes.into_owned()),
            Incoming::Ping(payload) => Self::Ping(payload.into_owned()),
            Incoming::Pong => Self::Pong,
            Incoming::Close { code, reason } => Self::Close(code, reason.into_owned()),
        }
    }
}

/// Feeds one portion and checks the bound on memory after every step.
fn feed(reader: &mut FrameReader, portion: &[u8]) -> Vec<Seen> {
    let mut owned = portion.to_vec();
    let mut rest = &mut owned[..];
    let mut seen = Vec::new();
    loop {
        match reader.next(&mut rest) {
            Ok(None) => {
                assert!(rest.is_empty(), "bytes were left behind");
                return seen;
            }
            Ok(Some(incoming)) => seen.push(incoming.into()),
            Err(error) => seen.push(Seen::Refused(error)),
        }
        let bound = reader.limits.message_bytes_max + 2 * CONTROL_PAYLOAD_BYTES_MAX;
        assert!(reader.buffered_bytes() <= bound, "{} bytes are held", reader.buffered_bytes());
    }
}

fn seen_with(limits: ReaderLimits, bytes: &[u8]) -> Vec<Seen> {
    feed(&mut FrameReader::new(limits), bytes)
}

fn seen(bytes: &[u8]) -> Vec<Seen> {
    seen_with(ReaderLimits::default(), bytes)
}

fn refused(error: ProtocolError) -> Vec<Seen> {
    vec![Seen::Refused(error)]
}

#[test]
fn a_message_in_one_piece_is_handed_out_where_it_lies() {
    let mut bytes = [text("one"), frame(PING, true, b"p"), text("")].concat();
    let mut rest = &mut bytes[..];
    let mut reader = FrameReader::new(ReaderLimits::default());
    assert!(matches!(reader.next(&mut rest), Ok(Some(Incoming::Text(Cow::Borrowed("one"))))));
    assert!(matches!(reader.next(&mut rest), Ok(Some(Incoming::Ping(Cow::Borrowed(b"p"))))));
    assert!(matches!(reader.next(&mut rest), Ok(Some(Incoming::Text(Cow::Borrowed(""))))));
    assert_eq!(reader.next(&mut rest), Ok(None));
    assert_eq!(reader.buffered_bytes(), 0);
}

/// Proves ENV-7: the limit counts after reassembly, and the head of the excess is enough to refuse it.
#[test]
fn row_02_the_limit_is_per_message_not_per_frame() {
    let first = frame(TEXT, false, &[b'a'; 40_000]);
    let mut reader = FrameReader::new(ReaderLimits::default());
    assert_eq!(feed(&mut reader, &first), []);
    assert!(reader.buffered_bytes() <= 65_536);
    let excess = frame(CONTINUATION, true, &[b'a'; 25_537]);
    assert_eq!(feed(&mut reader, &excess[..8]), refused(ProtocolError::MessageTooLarge));
    assert_eq!(reader.buffered_bytes(), 0);

    let fitting = frame(CONTINUATION, true, &[b'a'; 25_536]);
    assert_eq!(seen(&[first, fitting].concat()), [Seen::Text("a".repeat(65_536))]);
}

/// Proves ENV-7: 65,536 bytes are taken, one more is refused.
#[test]
fn row_03_a_message_of_exactly_the_limit_is_taken() {
    let largest = "x".repeat(65_536);
    assert_eq!(seen(&text(&largest)), [Seen::Text(largest.clone())]);
    assert_eq!(seen(&text(&(largest + "x"))), refused(ProtocolError::MessageTooLarge));
}

#[test]
fn row_03_every_refusal_has_the_close_code_of_the_contract() {
    let table = [
        (client_frame::unmasked(TEXT, true, b"x"), 1002),
        (frame(0x3, true, b""), 1002),
        (frame(0x40 | TEXT, true, b""), 1002),
        (frame(CONTINUATION, true, b""), 1002),
        (frame(PING, true, &[0; 126]), 1002),
        (client_frame::head_declaring(TEXT, true, 5), 1002),
        (client_frame::head_declaring(TEXT, true, 1 << 63), 1002),
        (frame(CLOSE, true, b"x"), 1002),
        (frame(TEXT, true, b"\xFF"), 1007),
        (frame(CLOSE, true, b"\x03\xE8\xFF"), 1007),
        (client_frame::head_declaring(TEXT, true, 65_537), 4503),
        (frame(BINARY, true, b"x"), 4504),
    ];
    for (bytes, code) in table {
        match &seen(&bytes)[..] {
            [Seen::Refused(error)] => assert_eq!(error.close_code().code(), code, "{error}"),
            other => panic!("{bytes:02x?} gave {other:?}"),
        }
    }
}

#[test]
fn row_04_a_declared_length_reserves_nothing() {
    let mut reader = FrameReader::new(ReaderLimits::default());
    let head = client_frame::head_declaring(TEXT, true, 60 << 20);
    assert_eq!(feed(&mut reader, &head), refused(ProtocolError::MessageTooLarge));
    assert_eq!(reader.buffered_bytes(), 0);

    let mut reader = FrameReader::new(ReaderLimits::default());
    let largest = text(&"x".repeat(65_536));
    assert_eq!(feed(&mut reader, &largest[..14 + 100]), []);
    assert!(reader.buffered_bytes() <= 200, "{} bytes for 100", reader.buffered_bytes());
}

#[test]
fn row_05_a_frame_without_a_mask_is_refused() {
    for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
        let all = seen(&client_frame::unmasked(opcode, true, b""));
        assert_eq!(all[..1], refused(ProtocolError::Unmasked));
    }
}

#[test]
fn row_06_control_frames_are_short_and_whole() {
    for opcode in [PING, PONG, CLOSE] {
        assert_eq!(seen(&frame(opcode, true, &[b'p'; 126])[..8]), refused(ProtocolError::ControlTooLong));
        assert_eq!(seen(&frame(opcode, false, b""))[..1], refused(ProtocolError::ControlFragmented));
    }
    assert_eq!(seen(&frame(PING, true, &[b'p'; 125])), [Seen::Ping(vec![b'p'; 125])]);
    assert_eq!(seen(&frame(PONG, true, &[b'p'; 125])), [Seen::Pong]);
}

#[test]
fn row_09_a_new_message_inside_an_open_one_is_refused() {
    for second in [frame(TEXT, false, b"b"), text("b"), frame(BINARY, true, b"b")] {
        let bytes = [frame(TEXT, false, b"a"), second, frame(CONTINUATION, true, b"c")].concat();
        assert_eq!(seen(&bytes), refused(ProtocolError::MessageInterrupted));
    }
    assert_eq!(seen(&frame(CONTINUATION, false, b"")), refused(ProtocolError::ContinuationWithoutMessage));
}

#[test]
fn row_10_nothing_is_held_between_messages() {
    let mut reader = FrameReader::new(ReaderLimits::default());
    let bytes = [frame(TEXT, false, b"a"), frame(PING, true, b"p"), frame(CONTINUATION, true, b"b")].concat();
    let mut all = Vec::new();
    for byte in &bytes {
        all.extend(feed(&mut reader, &[*byte]));
    }
    assert_eq!(all, [Seen::Ping(b"p".to_vec()), Seen::Text("ab".into())]);
    assert_eq!(reader.buffered_bytes(), 0);
    assert!(size_of::<FrameReader>() <= 192, "{} bytes per connection", size_of::<FrameReader>());
}

/// Proves GW-6: without a negotiated extension, compressed frames (RSV1) are refused.
#[test]
fn row_12_compressed_frames_are_refused() {
    for bits in [0x40, 0x20, 0x10] {
        assert_eq!(seen(&frame(bits | TEXT, true, b"x")), refused(ProtocolError::ReservedBits));
    }
}

/// Proves ENV-13.
#[test]
fn binary_is_refused_by_its_head() {
    assert_eq!(seen(&frame(BINARY, false, b"rest to come")[..6]), refused(ProtocolError::BinaryRefused));
    let limits = ReaderLimits { binary: Binary::Accept, ..ReaderLimits::default() };
    let bytes =
        [frame(BINARY, true, b"\xFF"), frame(BINARY, false, b"\xFE"), frame(CONTINUATION, true, b"\xFD")].concat();
    assert_eq!(seen_with(limits, &bytes), [Seen::Binary(b"\xFF".to_vec()), Seen::Binary(b"\xFE\xFD".to_vec())]);
}

#[test]
fn fragments_are_counted_empty_ones_too() {
    let limits = ReaderLimits { fragments_max: 3, ..ReaderLimits::default() };
    let (start, middle, end) =
        (frame(TEXT, false, b""), frame(CONTINUATION, false, b""), frame(CONTINUATION, true, b"z"));
    let fitting = [&start[..], &middle, &end].concat();
    assert_eq!(seen_with(limits, &fitting.repeat(2)), [Seen::Text("z".into()), Seen::Text("z".into())]);
    assert_eq!(
        seen_with(limits, &[&start[..], &middle, &middle, &middle].concat()),
        refused(ProtocolError::TooManyFragments)
    );
}

#[test]
fn control_frames_may_stand_between_fragments() {
    let bytes = [
        frame(TEXT, false, b"\xE2\x82"),
        frame(PING, true, b"1"),
        frame(CONTINUATION, false, b""),
        frame(PONG, true, b"2"),
        frame(CONTINUATION, true, b"\xAC"),
        text("next"),
    ]
    .concat();
    assert_eq!(
        seen(&bytes),
        [Seen::Ping(b"1".to_vec()), Seen::Pong, Seen::Text("€".into()), Seen::Text("next".into())]
    );
}

#[test]
fn close_frames_are_judged_by_code_and_reason() {
    let table: &[(&[u8], Seen)] = &[
        (b"", Seen::Close(None, String::new())),
        (b"\x03\xE8", Seen::Close(Some(1000), String::new())),
        (b"\x0F\xA1bye \xE2\x82\xAC", Seen::Close(Some(4001), "bye €".into())),
        (b"\x03", Seen::Refused(ProtocolError::CloseTooShort)),
        (b"\x03\xED", Seen::Refused(ProtocolError::CloseCodeNotAllowed(1005))),
        (b"\x00\x00", Seen::Refused(ProtocolError::CloseCodeNotAllowed(0))),
        (b"\x03\xE8\xE2\x82", Seen::Refused(ProtocolError::ReasonNotUtf8)),
    ];
    for (payload, expected) in table {
        let bytes = [frame(CLOSE, true, payload), text("after"), frame(CLOSE, true, b"")].concat();
        assert_eq!(seen(&bytes), std::slice::from_ref(expected), "{payload:02x?}");
    }
}

#[test]
fn after_a_refusal_only_the_close_frame_is_handed_out() {
    let ending = [
        text("ignored"),
        frame(PING, true, b""),
        client_frame::unmasked(TEXT, true, b"x"),
        client_frame::close(1002, ""),
    ];
    let refusals = [
        frame(BINARY, true, &[0; 300]),
        frame(TEXT, true, b"\xFF and more"),
        text(&"x".repeat(70_000)),
        frame(PING, true, &[0; 200]),
        client_frame::unmasked(TEXT, true, b"abc"),
    ];
    for refusal in refusals {
        let all = seen(&[refusal, ending.concat()].concat());
        assert!(matches!(&all[..], [Seen::Refused(_), Seen::Close(Some(1002), _)]), "{all:?}");
    }
}

#[test]
fn closing_drops_the_open_message_and_keeps_a_close_frame_that_has_begun() {
    let mut reader = FrameReader::new(ReaderLimits::default());
    let close = client_frame::close(1000, "done");
    assert_eq!(feed(&mut reader, &[frame(TEXT, false, b"unfinished"), close[..9].to_vec()].concat()), []);
    reader.skip_to_close();
    assert_eq!(feed(&mut reader, &close[9..]), [Seen::Close(Some(1000), "done".into())]);
    assert_eq!(feed(&mut reader, &text("late")), []);
    assert_eq!(reader.buffered_bytes(), 0);
}

#[test]
fn closing_drops_a_ping_that_has_begun() {
    let mut reader = FrameReader::new(ReaderLimits::default());
    let ping = frame(PING, true, b"begun");
    assert_eq!(feed(&mut reader, &ping[..9]), []);
    reader.skip_to_close();
    let rest = [&ping[9..], &client_frame::close(1000, "")].concat();
    let seen: Vec<Seen> = rest.iter().flat_map(|byte| feed(&mut reader, &[*byte])).collect();
    assert_eq!(seen, [Seen::Close(Some(1000), String::new())]);
}

/// What a client does, with what must come out of it; the second half of the pair is the oracle.
fn exchange() -> impl Strategy<Value = (Vec<u8>, Vec<Seen>)> {
    let cut_text = (".{0,300}", prop::collection::vec(any::<prop::sample::Index>(), 0..4), prop::option::of(0..4usize));
    let message = cut_text.prop_map(|(whole, cuts, ping_after)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut bytes, mut seen, mut from) = (Vec::new(), Vec::new(), 0);
        for (index, cut) in cuts.iter().chain([&whole.len()]).enumerate() {
            let opcode = if index == 0 { TEXT } else { CONTINUATION };
            bytes.extend(frame(opcode, index == cuts.len(), &whole.as_bytes()[from..*cut]));
            from = *cut;
            if ping_after == Some(index) && index < cuts.len() {
                bytes.extend(frame(PING, true, b"between"));
                seen.push(Seen::Ping(b"between".to_vec()));
            }
        }
        seen.push(Seen::Text(whole));
        (bytes, seen)
    });
    let pong =
        prop::collection::vec(any::<u8>(), 0..=125).prop_map(|payload| (frame(PONG, true, &payload), vec![Seen::Pong]));
    prop_oneof![4 => message, 1 => pong]
}

/// Frames with anything wrong in them, or plain noise.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let any_frame = (any::<u8>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..200));
    let odd = any_frame.prop_map(|(first, masked, payload)| {
        let make = if masked { frame } else { client_frame::unmasked };
        make(first & 0x7F, first & 0x80 != 0, &payload)
    });
    let declared = (0..16u8, any::<bool>(), any::<u64>())
        .prop_map(|(opcode, fin, bytes)| client_frame::head_declaring(opcode, fin, bytes));
    prop_oneof![
        4 => exchange().prop_map(|(bytes, _)| bytes),
        2 => odd,
        1 => declared,
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

/// Feeds `bytes` cut at the given places.
fn in_portions(limits: ReaderLimits, bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Seen> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([bytes.len()]).collect();
    cuts.sort_unstable();
    let mut reader = FrameReader::new(limits);
    let mut from = 0;
    cuts.into_iter().flat_map(|cut| feed(&mut reader, &bytes[std::mem::replace(&mut from, cut)..cut])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever a well-meant client sends, in whatever portions, comes out as it was meant.
    #[test]
    fn what_is_sent_well_comes_out_as_meant(
        exchanges in prop::collection::vec(exchange(), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes: Vec<u8> = exchanges.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let expected: Vec<Seen> = exchanges.into_iter().flat_map(|(_, seen)| seen).collect();
        prop_assert_eq!(in_portions(ReaderLimits::default(), &bytes, &cuts), expected);
    }

    /// Cutting the same bytes differently never changes what comes out, errors included; no bytes panic; `feed` checks the
    /// bound on memory at every step.
    #[test]
    fn portions_do_not_matter(
        parts in prop::collection::vec(hostile(), 0..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        message_bytes_max in prop_oneof![Just(65_536usize), 0..400usize],
        accept in any::<bool>(),
    ) {
        let limits = ReaderLimits {
            message_bytes_max,
            fragments_max: 4,
            binary: if accept { Binary::Accept } else { Binary::Refuse },
        };
        let bytes = parts.concat();
        let whole = seen_with(limits, &bytes);
        prop_assert_eq!(&in_portions(limits, &bytes, &cuts), &whole);
        let mut bytewise = FrameReader::new(limits);
        let singly: Vec<Seen> = bytes.iter().flat_map(|byte| feed(&mut bytewise, &[*byte])).collect();
        prop_assert_eq!(&singly, &whole);

        let refusals = whole.iter().filter(|seen| matches!(seen, Seen::Refused(_))).count();
        prop_assert!(refusals <= 1);
        let after = whole.iter().skip_while(|seen| !matches!(seen, Seen::Refused(_) | Seen::Close(..))).skip(1);
        let stray = after.filter(|seen| !matches!(seen, Seen::Close(..))).count();
        prop_assert_eq!(stray, 0);
    }
}
