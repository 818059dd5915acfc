//! Every vector through the decoders: verdict, code, path and answer.

use filament_protocol::{Received, decode_event};

use super::file::{Folder, Set, Vector, sets};

// The same verdicts that the program prints.
#[path = "../../../examples/validate/verdict.rs"]
mod verdict;

use verdict::{Side, Verdict};

fn side(set: &Set) -> Side {
    let name = if set.side == "rest" { format!("rest:{}", set.kind) } else { set.side.clone() };
    Side::named(&name).unwrap_or_else(|| panic!("no decoder for {name}"))
}

/// What the file says.
fn expected(set: &Set, vector: &Vector) -> Verdict {
    match set.folder {
        Folder::Accept => {
            let unknown = vector.members["unknown"].as_bool().unwrap_or_default();
            Verdict::Taken { name: set.kind.clone(), unknown }
        }
        Folder::Reject => refused(&vector.members, &vector.members),
    }
}

fn refused(fault: &serde_json::Value, answer: &serde_json::Value) -> Verdict {
    let number = answer["close"].as_u64().or(answer["status"].as_u64());
    Verdict::Refused {
        code: Box::leak(fault["code"].as_str().unwrap_or_default().to_owned().into_boxed_str()),
        path: fault["path"].as_str().unwrap_or_default().to_owned(),
        answer: number.and_then(|number| u16::try_from(number).ok()),
    }
}

/// The envelope's own files carry some kind or another.
fn without_name(set: &Set, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Taken { unknown, .. } if set.kind == "envelope" => Verdict::Taken { name: set.kind.clone(), unknown },
        verdict => verdict,
    }
}

fn shown(vector: &Vector) -> String {
    let text = String::from_utf8_lossy(&vector.document);
    text.chars().take(600).collect()
}

/// Proves ENV-1 to ENV-11, CMD-2, CMD-3 and HTTP-7 as far as they concern the form of documents.
#[test]
fn every_vector_gets_its_verdict_with_code_and_path() {
    let mut wrong = Vec::new();
    for set in sets() {
        let side = side(&set);
        for vector in &set.vectors {
            let (expected, found) = (expected(&set, vector), without_name(&set, side.verdict(&vector.document)));
            if expected != found {
                let place = format!("{}/{}.{} `{}`", set.folder.name(), set.side, set.kind, vector.name);
                wrong.push(format!("{place}\n  expected {expected:?}\n  found    {found:?}\n  in {}", shown(vector)));
            }
            if set.side != "server" {
                continue;
            }
            let expected = if vector.members["strict"].is_object() {
                refused(&vector.members["strict"], &vector.members)
            } else {
                expected
            };
            let found = without_name(&set, Side::StrictServer.verdict(&vector.document));
            if expected != found {
                let place = format!("{}/{}.{} `{}`", set.folder.name(), set.side, set.kind, vector.name);
                wrong.push(format!(
                    "{place} strictly\n  expected {expected:?}\n  found    {found:?}\n  in {}",
                    shown(vector)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} vectors:\n{}", wrong.len(), wrong.join("\n"));
}

/// Proves ENV-11: what is written again is read again, and equal.
#[test]
fn every_accepted_event_survives_being_written() {
    for set in sets().iter().filter(|set| set.folder == Folder::Accept && set.side == "server") {
        for vector in &set.vectors {
            let Ok(Received::Event(event)) = decode_event(&vector.document) else { continue };
            // A reader takes up to 65,536 bytes, a writer gives at most 64,512.
            let Ok(written) = event.encode() else { continue };
            assert_eq!(decode_event(&written), Ok(Received::Event(event)), "{} `{}`", set.kind, vector.name);
        }
    }
}
