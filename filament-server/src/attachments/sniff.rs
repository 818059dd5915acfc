//! What kind of bytes an upload is: said by its first bytes, never by its sender alone (ATT-4).
//!
//! Only types whose first bytes leave no doubt are recognised. Archives are not: documents, packages and programs begin like a ZIP file,
//! and each has a type of its own. Nor is anything that is text, so markup and scripts are stored as plain text.

use filament_protocol::text::MimeType;
use thiserror::Error;

/// Bytes that are looked at.
pub const SNIFFED_BYTES: usize = 8_192;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The bytes are not of the type that was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not of the declared type")]
pub struct Mismatch;

/// One type: its name, other names for it, and how its bytes begin.
struct Signature {
    name: &'static str,
    also: &'static [&'static str],
    begins: fn(&[u8]) -> bool,
}

impl Signature {
    fn is_called(&self, declared: &str) -> bool {
        self.name == declared || self.also.contains(&declared)
    }
}

/// What is recognised. No two rows take the same bytes.
const SIGNATURES: &[Signature] = &[
    row("image/png", &[], |head| head.starts_with(b"\x89PNG\r\n\x1a\n")),
    row("image/jpeg", &["image/jpg", "image/pjpeg"], |head| head.starts_with(b"\xFF\xD8\xFF")),
    row("image/gif", &[], |head| head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a")),
    row("image/webp", &[], |head| is_riff(head, b"WEBP")),
    row("image/avif", &[], |head| has_brand(head, &[b"avif", b"avis"])),
    row("image/heic", &["image/heif"], |head| has_brand(head, &[b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"])),
    row("image/bmp", &["image/x-bmp", "image/x-ms-bmp"], is_bitmap),
    row("image/tiff", &[], |head| head.starts_with(b"II*\0") || head.starts_with(b"MM\0*")),
    row("application/pdf", &["application/x-pdf"], |head| head.starts_with(b"%PDF-")),
    row("audio/mpeg", &["audio/mp3", "audio/x-mp3", "audio/mpeg3"], is_mpeg_audio),
    row("audio/wav", &["audio/x-wav", "audio/wave", "audio/vnd.wave"], |head| is_riff(head, b"WAVE")),
    row("audio/flac", &["audio/x-flac"], |head| {
        head.starts_with(b"fLaC\0\0\0\x22") || head.starts_with(b"fLaC\x80\0\0\x22")
    }),
    row("audio/ogg", &["application/ogg", "video/ogg", "audio/opus"], |head| {
        is_ogg(head, &[b"OpusHead", b"\x01vorbis", b"\x7FFLAC", b"Speex"])
    }),
    row("video/ogg", &["application/ogg"], |head| is_ogg(head, &[b"\x80theora", b"fishead"])),
    row("video/mp4", &["audio/mp4", "application/mp4", "video/x-m4v", "audio/x-m4a"], |head| {
        has_brand(
            head,
            &[b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"],
        )
    }),
    row("audio/mp4", &["audio/x-m4a", "audio/m4a", "video/mp4"], |head| has_brand(head, &[b"M4A ", b"M4B "])),
    row("video/quicktime", &[], |head| has_brand(head, &[b"qt  "])),
    row("video/webm", &["audio/webm"], |head| is_matroska(head, b"webm")),
    row("video/x-matroska", &["video/matroska", "audio/x-matroska", "audio/matroska"], |head| {
        is_matroska(head, b"matroska")
    }),
];

const fn row(name: &'static str, also: &'static [&'static str], begins: fn(&[u8]) -> bool) -> Signature {
    Signature { name, also, begins }
}

/// Says what is stored as the type of an upload that begins with `head`, its first [`SNIFFED_BYTES`] or all of it if it `is_whole`.
///
/// `declared` is the type the sender names, in lower case and without parameters.
///
/// # Errors
/// [`Mismatch`] when the bytes are recognised and another type is declared, or one is declared that they would have been recognised as.
pub fn judge(declared: Option<&str>, head: &[u8], is_whole: bool) -> Result<MimeType, Mismatch> {
    let declared = declared.filter(|name| *name != BYTES);
    let name = match SIGNATURES.iter().find(|signature| (signature.begins)(head)) {
        Some(signature) if declared.is_none_or(|name| signature.is_called(name)) => signature.name,
        Some(_) => return Err(Mismatch),
        None if declared.is_some_and(|name| SIGNATURES.iter().any(|signature| signature.is_called(name))) => {
            return Err(Mismatch);
        }
        None if is_text(head, is_whole) => TEXT,
        None => BYTES,
    };
    MimeType::new(name).map_err(|_| Mismatch)
}

/// UTF-8 without control characters, but for tab and ends of lines. A character may be cut off where the look ends.
fn is_text(head: &[u8], is_whole: bool) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if !is_whole && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r'))
}

fn is_riff(head: &[u8], form: &[u8; 4]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(form)
}

/// The brand of a file of boxes (ISO 14496-12): the first box says what the file is.
fn has_brand(head: &[u8], brands: &[&[u8; 4]]) -> bool {
    let brand = head.get(8..12);
    head.get(4..8) == Some(b"ftyp") && brands.iter().any(|known| brand == Some(known.as_slice()))
}

/// Two letters begin many a text: the reserved zeros and the size of the second header make it a bitmap.
fn is_bitmap(head: &[u8]) -> bool {
    head.starts_with(b"BM")
        && head.get(6..10) == Some(&[0; 4])
        && matches!(head.get(14..18), Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// A tag, or the head of a layer III frame.
fn is_mpeg_audio(head: &[u8]) -> bool {
    let is_tagged = head.starts_with(b"ID3") && matches!(head.get(3..5), Some([2..=4, 0..=0xFE]));
    is_tagged
        || matches!(head, [0xFF, 0xFA | 0xFB | 0xF2 | 0xF3, third, ..] if third >> 4 != 0xF && third >> 2 & 3 != 3)
}

fn is_ogg(head: &[u8], codecs: &[&[u8]]) -> bool {
    let first_packet = head.get(28..).unwrap_or_default();
    head.starts_with(b"OggS\0") && codecs.iter().any(|codec| first_packet.starts_with(codec))
}

/// The kind of document stands in the head of the file, within its first bytes.
fn is_matroska(head: &[u8], kind: &[u8]) -> bool {
    let ebml_head = &head[..head.len().min(64)];
    let named = [&[0x42, 0x82, 0x80 | u8::try_from(kind.len()).unwrap_or(0)], kind].concat();
    head.starts_with(b"\x1A\x45\xDF\xA3") && ebml_head.windows(named.len()).any(|window| window == named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    /// One beginning per row of the table, as writers of such files make them.
    const BEGINNINGS: &[(&str, &[u8])] = &[
        ("image/png", PNG),
        ("image/jpeg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
        ("image/gif", b"GIF89a\x01\0\x01\0"),
        ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 "),
        ("image/avif", b"\0\0\0\x20ftypavif\0\0\0\0"),
        ("image/heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
        ("image/bmp", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0"),
        ("image/tiff", b"II*\0\x08\0\0\0"),
        ("application/pdf", b"%PDF-1.7\n%\xE2\xE3"),
        ("audio/mpeg", b"ID3\x04\0\0\0\0\0\x23TSSE"),
        ("audio/wav", b"RIFF\x24\0\0\0WAVEfmt "),
        ("audio/flac", b"fLaC\0\0\0\x22\x10\0"),
        ("audio/ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\x02\x03\x04\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01"),
        ("video/ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\x02\x03\x04\0\0\0\0\0\0\0\0\x01\x2A\x80theora\x03"),
        ("video/mp4", b"\0\0\0\x20ftypisom\0\0\x02\0"),
        ("audio/mp4", b"\0\0\0\x1CftypM4A \0\0\0\0"),
        ("video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0"),
        ("video/webm", b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04"),
        ("video/x-matroska", b"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01\x42\x82\x88matroska\x42\x87"),
    ];

    fn judged(declared: Option<&str>, head: &[u8]) -> Result<String, Mismatch> {
        judge(declared, head, true).map(|mime_type| mime_type.to_string())
    }

    /// Proves the first half of ATT-4: every type that is recognised, by its bytes and by its bytes alone.
    #[test]
    fn recognised_bytes_are_stored_as_what_they_are() {
        assert_eq!(BEGINNINGS.len(), SIGNATURES.len(), "a beginning for every row");
        for (name, head) in BEGINNINGS {
            let matching: Vec<&str> = SIGNATURES.iter().filter(|row| (row.begins)(head)).map(|row| row.name).collect();
            assert_eq!(matching, [*name]);
            for declared in [None, Some(BYTES), Some(*name)] {
                assert_eq!(judged(declared, head).as_deref(), Ok(*name), "declared {declared:?}");
            }
            for declared in ["text/plain", "application/x-unheard-of", ""] {
                assert_eq!(judged(Some(declared), head), Err(Mismatch), "{name} declared as {declared}");
            }
        }
        assert_eq!(judged(Some("image/jpg"), b"\xFF\xD8\xFF\xDB").as_deref(), Ok("image/jpeg"));
        assert_eq!(judged(Some("audio/x-wav"), b"RIFF\0\0\0\0WAVE").as_deref(), Ok("audio/wav"));
        assert_eq!(judged(None, b"\xFF\xFB\x90\x64\0").as_deref(), Ok("audio/mpeg"));
    }

    /// Proves the second half of ATT-4.
    #[test]
    fn bytes_that_are_not_recognised_are_text_or_just_bytes() {
        type Row = (Option<&'static str>, &'static [u8], Result<&'static str, Mismatch>);
        let table: &[Row] = &[
            (None, b"plain text\r\n\tand more\n", Ok(TEXT)),
            (None, "gr\u{FC}n \u{1F30A}".as_bytes(), Ok(TEXT)),
            (None, b"a\0b", Ok(BYTES)),
            (None, b"a\x1b[31mred", Ok(BYTES)),
            (None, "next\u{85}line".as_bytes(), Ok(BYTES)),
            (None, b"\x7F", Ok(BYTES)),
            (None, b"\xFF\xFEh\0i\0", Ok(BYTES)),
            (None, b"PK\x03\x04\x14\0", Ok(BYTES)),
            (None, b"MZ\x90\0", Ok(BYTES)),
            (Some("application/zip"), b"PK\x03\x04\x14\0", Ok(BYTES)),
            (Some("text/html"), b"<script>alert(1)</script>", Ok(TEXT)),
            (Some("image/svg+xml"), b"<svg onload='alert(1)'/>", Ok(TEXT)),
            (Some("text/javascript"), b"alert(1)", Ok(TEXT)),
            (Some("image/png"), b"plain text", Err(Mismatch)),
            (Some("image/png"), b"\x89PNG\r\n", Err(Mismatch)),
            (Some("image/jpg"), b"plain text", Err(Mismatch)),
            (Some("application/pdf"), b"a\0b", Err(Mismatch)),
            // What begins like a picture only to a careless eye.
            (None, b"BMW is a maker of cars", Ok(TEXT)),
            (None, b"ID3 tags are found in", Ok(TEXT)),
            (None, b"GIF89 is a format", Ok(TEXT)),
            (None, b"RIFF is a container", Ok(TEXT)),
            (None, b"fLaC", Ok(TEXT)),
        ];
        for (declared, head, expected) in table {
            assert_eq!(judged(*declared, head).as_deref().map_err(|error| *error), *expected, "{declared:?} {head:?}");
        }
    }

    #[test]
    fn a_character_may_be_cut_off_only_where_the_look_ends() {
        let mut head = vec![b'a'; SNIFFED_BYTES - 1];
        head.push("\u{E9}".as_bytes()[0]);
        assert_eq!(judge(None, &head, false).unwrap().as_str(), TEXT);
        assert_eq!(judge(None, &head, true).unwrap().as_str(), BYTES);
        head[0] = 0xC3;
        assert_eq!(judge(None, &head, false).unwrap().as_str(), BYTES);
    }

    #[test]
    fn names_in_the_table_are_what_declared_types_are_reduced_to() {
        for signature in SIGNATURES {
            for name in signature.also.iter().chain([&signature.name]) {
                assert_eq!(*name, name.to_ascii_lowercase());
                assert!(name.contains('/') && !name.contains(';'));
            }
        }
    }
}
