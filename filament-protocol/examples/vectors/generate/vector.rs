//! A document with its verdict, and how it is written down.

use std::fmt::Write;

use super::kind::Side;

/// The bytes of a document.
#[derive(Clone, Debug)]
pub(crate) enum Document {
    Text(String),
    Bytes(Vec<u8>),
}

/// What has to happen to it.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// Taken; by a strict reader too unless it says why not.
    Accept { unknown: bool, strict: Option<(&'static str, String)> },
    /// Refused with a code at a path.
    Reject { code: &'static str, path: String },
}

#[derive(Clone, Debug)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) rule: &'static str,
    pub(crate) document: Document,
    pub(crate) verdict: Verdict,
}

/// The vectors of one document type, in the order in which they are written.
pub(crate) struct Set {
    pub(crate) side: Side,
    pub(crate) name: &'static str,
    vectors: Vec<Vector>,
}

impl Set {
    pub(crate) fn new(side: Side, name: &'static str) -> Self {
        Self { side, name, vectors: Vec::new() }
    }

    pub(crate) fn accept(&mut self, rule: &'static str, place: &str, document: impl Into<String>) {
        let verdict = Verdict::Accept { unknown: false, strict: None };
        self.push(rule, place, Document::Text(document.into()), verdict);
    }

    pub(crate) fn reject(
        &mut self,
        rule: &'static str,
        place: &str,
        document: impl Into<String>,
        code: &'static str,
        path: impl Into<String>,
    ) {
        let verdict = Verdict::Reject { code, path: path.into() };
        self.push(rule, place, Document::Text(document.into()), verdict);
    }

    /// Adds a vector; its name is the rule and the place, numbered where that is not unique.
    pub(crate) fn push(&mut self, rule: &'static str, place: &str, document: Document, verdict: Verdict) {
        let base = if place.is_empty() { rule.to_owned() } else { format!("{rule} at {place}") };
        let is_taken = |name: &str| self.vectors.iter().any(|vector| vector.name == name);
        let numbered = (2..).map(|number| format!("{base} ({number})"));
        let name = std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name));
        self.vectors.push(Vector { name: name.unwrap_or(base), rule, document, verdict });
    }

    /// The documents themselves.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &[u8]> {
        self.vectors.iter().map(|vector| match &vector.document {
            Document::Text(text) => text.as_bytes(),
            Document::Bytes(bytes) => bytes,
        })
    }

    /// The file of the accepted or of the refused ones.
    pub(crate) fn file(&self, accepted: bool) -> String {
        let chosen = |vector: &&Vector| matches!(vector.verdict, Verdict::Accept { .. }) == accepted;
        let lines: Vec<String> = self.vectors.iter().filter(chosen).map(|vector| self.line(vector)).collect();
        format!(
            "{{\"side\":\"{}\",\"type\":\"{}\",\"vectors\":[\n{}\n]}}\n",
            self.side.word(),
            self.name,
            lines.join(",\n")
        )
    }

    fn line(&self, vector: &Vector) -> String {
        let mut line = format!("{{\"name\":{},\"rule\":\"{}\"", quoted(&vector.name), vector.rule);
        match &vector.verdict {
            Verdict::Accept { unknown, strict } => {
                if *unknown {
                    line.push_str(",\"unknown\":true");
                }
                if let Some((code, path)) = strict {
                    write!(line, ",\"strict\":{{\"code\":\"{code}\",\"path\":{}}}", quoted(path))
                        .expect("a string takes everything");
                }
            }
            Verdict::Reject { code, path } => {
                write!(line, ",\"code\":\"{code}\",\"path\":{}", quoted(path)).expect("a string takes everything");
                if let Some((member, number)) = self.side.answer(code, path) {
                    write!(line, ",\"{member}\":{number}").expect("a string takes everything");
                }
            }
        }
        line.push(',');
        match &vector.document {
            Document::Text(text) => line.push_str(&written(text)),
            Document::Bytes(bytes) => {
                line.push_str("\"bytes\":\"");
                for byte in bytes {
                    write!(line, "{byte:02x}").expect("a string takes everything");
                }
                line.push('"');
            }
        }
        line.push('}');
        line
    }
}

/// Runs of one character that are at least this long are written as a number.
const RUN_MIN: usize = 64;

/// The member that holds a text: as it is, or in runs if it has long ones.
fn written(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let runs: Vec<&[char]> = characters.chunk_by(|one, next| one == next).collect();
    if runs.iter().all(|run| run.len() < RUN_MIN) {
        return format!("\"text\":{}", quoted(text));
    }
    let mut pairs: Vec<(String, usize)> = Vec::new();
    let mut plain = String::new();
    for run in runs {
        if run.len() < RUN_MIN {
            plain.extend(run);
            continue;
        }
        if !plain.is_empty() {
            pairs.push((std::mem::take(&mut plain), 1));
        }
        pairs.push((run[0].to_string(), run.len()));
    }
    pairs.push((plain, 1));
    let pairs: Vec<String> = pairs
        .into_iter()
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, times)| format!("[{},{times}]", quoted(&text)))
        .collect();
    format!("\"repeat\":[{}]", pairs.join(","))
}

/// A JSON string of printable ASCII: what cannot be seen in a diff is written as an escape.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => {
                out.push('\\');
                out.push(char::from(byte));
            }
            Ok(byte @ b' '..=b'~') => out.push(char::from(byte)),
            _ => write!(out, "\\u{unit:04x}").expect("a string takes everything"),
        }
    }
    out.push('"');
    out
}
