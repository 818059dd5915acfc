//! One document type: its form, and what the form cannot say.

use super::form::{Form, PERMISSIONS};
use super::json::{Json, join, path, raw};

/// Who sends the document, and with it what is done about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A command.
    Client,
    /// An event.
    Server,
    /// A request body.
    Rest,
}

impl Side {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Rest => "rest",
        }
    }

    /// Where the payload stands in the document.
    pub(crate) fn payload(self) -> &'static str {
        match self {
            Self::Client | Self::Server => "d",
            Self::Rest => "",
        }
    }

    /// What reports a fault besides the code: the close code of §6.5, or the status of HTTP-7 and HTTP-11.
    pub(crate) fn answer(self, code: &str, path: &str) -> Option<(&'static str, u16)> {
        match self {
            Self::Server => None,
            Self::Client => Some(("close", close(code, path))),
            Self::Rest => Some((
                "status",
                match code {
                    "too_large" => 413,
                    "not_utf8" | "syntax" | "too_deep" | "out_of_bounds" => 400,
                    _ => 422,
                },
            )),
        }
    }
}

fn close(code: &str, path: &str) -> u16 {
    match code {
        "too_large" => 4503,
        "not_utf8" => 1007,
        "unknown_command" => 4501,
        "syntax" | "too_deep" | "duplicate" | "not_envelope" | "version" | "name" => 4500,
        // Everything else can be wrong with the envelope as with the payload.
        _ if path.starts_with("d.") || path == "d" && code != "missing_field" => 4502,
        _ => 4500,
    }
}

/// A document that no rule of its form yields: the full sample with some values changed.
#[derive(Clone, Debug)]
pub(crate) struct Special {
    pub(crate) name: &'static str,
    /// Paths within the payload, and the values there; `None` takes the member away.
    edits: Vec<(String, Option<String>)>,
    /// Code and path within the payload; `None` if it has to be taken.
    pub(crate) refused: Option<(&'static str, &'static str)>,
}

impl Special {
    pub(crate) fn payload(&self, full: &Json) -> Json {
        self.edits.iter().fold(full.clone(), |payload, (place, value)| match value {
            Some(value) => payload.with(&path(place), raw(value)),
            None => payload.without(&path(place)),
        })
    }
}

/// One command, event or request body.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) side: Side,
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) specials: Vec<Special>,
    /// Rules that would contradict another member at some places, as (rule, path in the document).
    contradictions: Vec<(&'static str, String)>,
}

fn owned(edits: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    edits.iter().map(|(place, value)| ((*place).to_owned(), value.map(str::to_owned))).collect()
}

pub(crate) fn command(name: &'static str, form: Form) -> Kind {
    Kind { side: Side::Client, name, form, specials: Vec::new(), contradictions: Vec::new() }
}

pub(crate) fn event(name: &'static str, form: Form) -> Kind {
    Kind { side: Side::Server, name, form, specials: Vec::new(), contradictions: Vec::new() }
}

pub(crate) fn body(name: &'static str, form: Form) -> Kind {
    Kind { side: Side::Rest, name, form, specials: Vec::new(), contradictions: Vec::new() }
}

impl Kind {
    /// Tells whether a value that is right by itself contradicts another member here.
    pub(crate) fn is_contradiction(&self, rule: &str, place: &str) -> bool {
        self.contradictions.iter().any(|(known, at)| *known == rule && at == place)
    }

    /// Leaves out what a rule would derive at a path of the document.
    pub(crate) fn except(mut self, rule: &'static str, place: &str) -> Self {
        self.contradictions.push((rule, place.to_owned()));
        self
    }

    /// Adds what two lists of an override at `place` of the payload have to be: disjoint, each of any extent.
    pub(crate) fn lists(mut self, place: &'static str) -> Self {
        let all: Vec<String> = PERMISSIONS.iter().map(|name| format!("\"{name}\"")).collect();
        let all = format!("[{}]", all.join(","));
        let member = |name: &str| join(place, name);
        let overlap = "[\"ban_member\",\"publish_video\"]".to_owned();
        for (name, edits, refused) in [
            ("everything allowed", vec![(member("allow"), all.clone()), (member("deny"), "[]".to_owned())], None),
            ("everything denied", vec![(member("allow"), "[]".to_owned()), (member("deny"), all)], None),
            ("neither list holds anything", vec![(member("allow"), "[]".into()), (member("deny"), "[]".into())], None),
            ("allowed and denied", vec![(member("deny"), overlap)], Some(("out_of_bounds", place))),
        ] {
            let edits = edits.into_iter().map(|(place, value)| (place, Some(value))).collect();
            self.specials.push(Special { name, edits, refused });
        }
        for name in ["allow", "deny"] {
            let place = join(self.side.payload(), &member(name));
            self = self.except("all-permissions", &place);
        }
        self
    }

    /// Adds a document that has to be taken.
    pub(crate) fn takes<const N: usize>(
        mut self,
        name: &'static str,
        edits: [(&'static str, Option<&'static str>); N],
    ) -> Self {
        self.specials.push(Special { name, edits: owned(&edits), refused: None });
        self
    }

    /// Adds a document that has to be refused with `code` at `place`.
    pub(crate) fn refuses<const N: usize>(
        mut self,
        name: &'static str,
        edits: [(&'static str, Option<&'static str>); N],
        code: &'static str,
        place: &'static str,
    ) -> Self {
        self.specials.push(Special { name, edits: owned(&edits), refused: Some((code, place)) });
        self
    }
}
