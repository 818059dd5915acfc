//! How the types that a page is about are shown: their members in tables, each type once.

use std::collections::BTreeMap;

use super::super::emit::{first_paragraph, integer_doc, prose};
use super::{anchor, cell, table};
use crate::limits::{BODY_BYTES_MAX, INTEGER_MAX};
use crate::shape::{Integer, List, Member, Object, Presence, Rule, Shape, Tagged, Text, Unique, Words};

/// Words of a closed list that are shown where they are used; longer lists are shown once.
const WORDS_SHOWN_IN_PLACE_MAX: usize = 5;

/// The types a document shows, and where.
#[derive(Default)]
pub(super) struct Types {
    /// How often each named object is used.
    pub(super) uses: BTreeMap<&'static str, usize>,
    /// Objects with a section of their own.
    pub(super) records: BTreeMap<&'static str, Shape>,
    /// Texts, numbers, lists and long lists of words.
    pub(super) values: BTreeMap<&'static str, Shape>,
    /// Names that another document shows, and a link to them.
    pub(super) elsewhere: BTreeMap<&'static str, String>,
}

impl Types {
    /// Notes everything that a payload refers to.
    pub(super) fn visit(&mut self, shape: Shape) {
        match shape {
            Shape::Text(_) | Shape::Integer(_) | Shape::Words(_) => {
                if let Some(name) = shape.name().filter(|_| basic(shape).is_none()) {
                    self.values.insert(name, shape);
                }
            }
            Shape::Flag | Shape::True | Shape::Envelope => {}
            Shape::List(list) => self.visit(*list.item),
            Shape::Nullable(inner) => self.visit(*inner),
            Shape::Object(object) => {
                let uses = self.uses.entry(object.name).or_default();
                *uses += 1;
                if *uses == 1 {
                    self.visit_members(object.members);
                }
                self.records.insert(object.name, shape);
            }
            Shape::Tagged(tagged) => {
                let uses = self.uses.entry(tagged.name).or_default();
                *uses += 1;
                // One of several objects is always shown on its own.
                if *uses == 1 {
                    *uses += 1;
                    tagged.variants.iter().for_each(|variant| self.visit_members(variant.members));
                }
                self.records.insert(tagged.name, shape);
            }
        }
    }

    pub(super) fn visit_members(&mut self, members: &'static [Member]) {
        members.iter().for_each(|member| self.visit(*member.shape));
    }

    /// Whether an object is shown where it is used: nothing else uses it.
    pub(super) fn is_in_place(&self, name: &str) -> bool {
        self.uses.get(name).is_none_or(|uses| *uses < 2) && !self.elsewhere.contains_key(name)
    }

    /// Returns a link to a named type, if it is shown somewhere.
    pub(super) fn link(&self, name: &str) -> String {
        match self.elsewhere.get(name) {
            Some(link) => format!("[{name}]({link})"),
            None => format!("[{name}](#{})", anchor(name)),
        }
    }

    /// Returns a type in few words.
    pub(super) fn short(&self, shape: Shape) -> String {
        if let Some(word) = basic(shape) {
            return word.to_owned();
        }
        match shape {
            Shape::Text(text) => match text.name {
                Some(name) => self.link(name),
                None => text_words(&text),
            },
            Shape::Integer(integer) => match integer.name {
                Some(name) => self.link(name),
                None => integer_words(&integer),
            },
            Shape::Flag => "bool".to_owned(),
            Shape::True => "`true`".to_owned(),
            Shape::Words(words) if words.words.len() <= WORDS_SHOWN_IN_PLACE_MAX => listed_words(words),
            Shape::Words(words) => self.link(words.name),
            Shape::List(list) => self.list_words(&list),
            Shape::Object(object) if is_accepted(object) => "`{\"accepted\": true}`".to_owned(),
            Shape::Object(object) if self.is_in_place(object.name) => "object, below".to_owned(),
            Shape::Object(object) => self.link(object.name),
            Shape::Tagged(tagged) => self.link(tagged.name),
            Shape::Nullable(inner) => format!("{} or null", self.short(*inner)),
            Shape::Envelope => "event envelope".to_owned(),
        }
    }

    fn list_words(&self, list: &List) -> String {
        let count = range(list.min as u64, list.max as u64);
        let unique = match list.unique {
            Unique::No => String::new(),
            Unique::Items => ", no two equal".to_owned(),
            Unique::By(keys) => {
                let keys: Vec<String> = keys.iter().map(|key| format!("`{}`", key.join("`, `"))).collect();
                format!(", no two with the same {}", keys.join(" or "))
            }
        };
        let item = match *list.item {
            Shape::Object(object) if self.is_in_place(object.name) => "objects, below".to_owned(),
            item => self.short(item),
        };
        format!("list of {count} {item}{unique}")
    }

    /// Writes the members of an object, those of objects shown in place after it.
    pub(super) fn members(&self, object: &'static Object) -> String {
        let mut text = self.member_table(object.members);
        text.push_str(&rules(object.rules));
        for member in object.members {
            if let Some(inner) = inner_object(*member.shape).filter(|inner| self.is_in_place(inner.name)) {
                let kind = if matches!(member.shape, Shape::List(_)) { "Each of" } else { "Members of" };
                text.push_str(&format!("\n{kind} `{}`:\n\n{}", member.name, self.members(inner)));
            }
        }
        text
    }

    fn member_table(&self, members: &'static [Member]) -> String {
        if members.is_empty() {
            return "No members.\n".to_owned();
        }
        table(
            ["member", "type", "meaning"],
            members.iter().map(|member| {
                let mark = match member.presence {
                    Presence::Required => "",
                    Presence::Optional => "?",
                };
                let words = cell(&self.short(*member.shape)).replace("\\\\|", "\\|");
                [format!("`{}{mark}`", member.name), words, cell(&prose(member.doc))]
            }),
        )
    }

    /// Writes the sections of all records that are not shown in place.
    pub(super) fn record_sections(&self) -> String {
        let mut text = String::new();
        for (name, shape) in &self.records {
            if self.elsewhere.contains_key(name) {
                continue;
            }
            match shape {
                Shape::Object(object) if !self.is_in_place(name) && !is_accepted(object) => {
                    text.push_str(&format!("### {name}\n\n{}\n\n{}\n", prose(object.doc), self.members(object)));
                }
                Shape::Tagged(tagged) => text.push_str(&self.tagged_section(tagged)),
                _ => {}
            }
        }
        text
    }

    fn tagged_section(&self, tagged: &Tagged) -> String {
        let rows = tagged.variants.iter().map(|variant| {
            let members: Vec<String> = variant
                .members
                .iter()
                .map(|member| format!("`{}` {}", member.name, self.short(*member.shape)))
                .collect();
            [format!("`{}`", variant.word), members.join("; "), cell(&prose(variant.doc))]
        });
        format!(
            "### {}\n\n{} The member `{}` tells which one it is.\n\n{}\n",
            tagged.name,
            prose(tagged.doc),
            tagged.tag,
            table([&format!("`{}`", tagged.tag), "further members", "meaning"], rows)
        )
    }

    /// Writes the table of values, and the long lists of words behind it.
    pub(super) fn value_sections(&self) -> String {
        let mut sections = String::new();
        let mut texts = Vec::new();
        for (name, shape) in self.values.iter().filter(|(name, _)| !self.elsewhere.contains_key(*name)) {
            match shape {
                Shape::Text(text) => {
                    let what = first_paragraph(text.doc);
                    // What comes behind a colon says the form in other words.
                    let what = what.split(": ").next().unwrap_or_default().trim_end_matches('.');
                    texts.push([named(name), cell(what), cell(&text_words(text))]);
                }
                Shape::Integer(integer) => texts.push([
                    named(name),
                    integer_doc(integer).trim_end_matches('.').to_owned(),
                    integer_words(integer),
                ]),
                Shape::Words(words) if words.words.len() > WORDS_SHOWN_IN_PLACE_MAX => {
                    let rows = words.words.iter().map(|word| [format!("`{}`", word.name), cell(&prose(word.doc))]);
                    sections.push_str(&format!(
                        "### {name}\n\n{}\n\n{}\n",
                        prose(words.doc),
                        table(["word", "meaning"], rows)
                    ));
                }
                _ => {}
            }
        }
        format!("{}\n{sections}", table(["value", "what it is", "form"], texts))
    }
}

/// A name that links lead to.
fn named(name: &str) -> String {
    format!("<a id=\"{}\"></a>`{name}`", anchor(name))
}

/// Whether an object has one value only, which is shorter than its description (HTTP-4).
fn is_accepted(object: &Object) -> bool {
    matches!(object.members, [Member { name: "accepted", shape: Shape::True, .. }])
}

/// Returns the word for a type that both pages explain before all others.
fn basic(shape: Shape) -> Option<&'static str> {
    match shape {
        Shape::Text(text) if text.form.name == "ulid" => Some("ULID"),
        Shape::Text(text) if text.form.name == "any" && text.max == BODY_BYTES_MAX => Some("text of any length"),
        Shape::Integer(integer) if integer.name == Some("Timestamp") => Some("time"),
        _ => None,
    }
}

/// Returns the object that a shape is, or is a list of.
fn inner_object(shape: Shape) -> Option<&'static Object> {
    match shape {
        Shape::Object(object) => Some(object),
        Shape::List(list) => inner_object(*list.item),
        Shape::Nullable(inner) => inner_object(*inner),
        Shape::Text(_)
        | Shape::Integer(_)
        | Shape::Flag
        | Shape::True
        | Shape::Words(_)
        | Shape::Tagged(_)
        | Shape::Envelope => None,
    }
}

fn listed_words(words: &Words) -> String {
    let listed: Vec<String> = words.words.iter().map(|word| format!("`{}`", word.name)).collect();
    listed.join(" \\| ")
}

fn integer_words(integer: &Integer) -> String {
    if integer.max == INTEGER_MAX {
        format!("int {}..", grouped(integer.min))
    } else {
        format!("int {}", range(integer.min, integer.max))
    }
}

fn text_words(text: &Text) -> String {
    let units = range(text.min as u64, text.max as u64);
    let trimmed = if text.trimmed { ", white space at both ends removed" } else { "" };
    format!("text, {units} units{trimmed}: {}", text.form.words)
}

/// Writes a range, or the one number in it.
fn range(min: u64, max: u64) -> String {
    if min == max { grouped(max) } else { format!("{}..{}", grouped(min), grouped(max)) }
}

/// Writes a number with its digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

fn rules(rules: &[Rule]) -> String {
    let names = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for rule in rules {
        let sentence = match rule {
            Rule::AnyOf(any) => format!("At least one of {} is there.", names(any)),
            Rule::Together(all) => format!("{} come together.", names(all)),
            Rule::Disjoint(one, other) => format!("No item stands in both `{one}` and `{other}`."),
            Rule::NotBothEmpty { text, list } => format!("`{text}` is empty only if `{list}` is not."),
            Rule::NotEmpty(text) => format!("`{text}` is not empty."),
            Rule::AbsentIf { member, word, absent } => format!("`{absent}` is absent if `{member}` is `{word}`."),
        };
        text.push_str(&format!("\n{sentence}\n"));
    }
    text
}
