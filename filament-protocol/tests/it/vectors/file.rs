//! Reading the vectors as any other implementation would: from the files, by their documented form.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Accepted or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    Accept,
    Reject,
}

impl Folder {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        }
    }
}

/// One file.
pub(super) struct Set {
    pub(super) folder: Folder,
    pub(super) side: String,
    pub(super) kind: String,
    pub(super) vectors: Vec<Vector>,
}

/// One document with its verdict.
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) document: Vec<u8>,
    /// The members of the vector as they stand in the file.
    pub(super) members: Value,
}

impl Vector {
    /// A member that is a string; empty if it is absent.
    pub(super) fn text(&self, member: &str) -> &str {
        self.members[member].as_str().unwrap_or_default()
    }
}

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

/// Every file of both folders, by name.
pub(super) fn sets() -> Vec<Set> {
    let mut sets = Vec::new();
    for part in [Folder::Accept, Folder::Reject] {
        let entries = fs::read_dir(folder().join(part.name())).expect("the vectors are committed");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        sets.extend(paths.iter().map(|path| set(part, path)));
    }
    sets
}

fn set(folder: Folder, path: &Path) -> Set {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let member =
        |name: &str| file[name].as_str().unwrap_or_else(|| panic!("{} has no `{name}`", path.display())).to_owned();
    let (side, kind) = (member("side"), member("type"));
    assert_eq!(path.file_name().unwrap().to_str(), Some(format!("{side}.{kind}.json").as_str()));
    let vectors = file["vectors"].as_array().expect("a list of vectors");
    Set { folder, side, kind, vectors: vectors.iter().map(vector).collect() }
}

fn vector(members: &Value) -> Vector {
    let text = |name: &str| members[name].as_str().expect("every vector has a name and a rule").to_owned();
    Vector { name: text("name"), rule: text("rule"), document: document(members), members: members.clone() }
}

fn document(members: &Value) -> Vec<u8> {
    match (&members["text"], &members["repeat"], &members["bytes"]) {
        (Value::String(text), Value::Null, Value::Null) => text.clone().into_bytes(),
        (Value::Null, Value::Array(pairs), Value::Null) => pairs
            .iter()
            .flat_map(|pair| {
                pair[0].as_str().unwrap().repeat(usize::try_from(pair[1].as_u64().unwrap()).unwrap()).into_bytes()
            })
            .collect(),
        (Value::Null, Value::Null, Value::String(hex)) => {
            let digits = hex.as_bytes().chunks_exact(2);
            digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
        }
        _ => panic!("a vector has one of `text`, `repeat` and `bytes`: {members}"),
    }
}
