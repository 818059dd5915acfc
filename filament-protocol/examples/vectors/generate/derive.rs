//! From a form to documents: every place of the full sample, right at its bounds and wrong in every way its form knows.

use super::envelope;
use super::fault::{Turn, faults, filled, takes_astral};
use super::form::{Extent, Form, PERMISSIONS, TextRule, numbered_id};
use super::json::{Json, Path, Step, join, object, path, raw, shown, text};
use super::kind::{Kind, Side};
use super::vector::{Document, Set, Verdict};

/// Every vector of one kind.
pub(crate) fn vectors(kind: &Kind, turn: &mut Turn) -> Set {
    let mut set = Set::new(kind.side, kind.name);
    let minimal = document(kind, kind.form.sample(Extent::Minimal));
    let full = document(kind, kind.form.sample(Extent::Full));
    set.accept("minimal", "", minimal.written());
    set.accept("full", "", full.written());
    set.accept("members-reversed", "", full.reversed().written());
    set.accept("odd-spelling", "", full.written_oddly());
    let mut places = Vec::new();
    walk(&kind.form, path(kind.side.payload()), &mut places);
    for (place, form) in &places {
        accepted(kind, &full, place, form, &mut set);
    }
    for special in &kind.specials {
        let written = document(kind, special.payload(&kind.form.sample(Extent::Full))).written();
        match special.refused {
            None => set.accept("special", special.name, written),
            Some((code, at)) => {
                let at = join(kind.side.payload(), at);
                set.reject("special", special.name, written, code, at);
            }
        }
    }
    for (place, form) in &places {
        refused(&full, place, form, turn, &mut set);
    }
    envelope::document_faults(kind.side, &full, turn, &mut set);
    set
}

/// The whole document around a payload.
fn document(kind: &Kind, payload: Json) -> Json {
    match kind.side {
        Side::Client | Side::Server => envelope::around(kind.name, payload),
        Side::Rest => payload,
    }
}

/// Lists every place of the full sample with its form, outermost first.
fn walk(form: &Form, place: Path, places: &mut Vec<(Path, Form)>) {
    places.push((place.clone(), form.clone()));
    match form {
        Form::Object { members, .. } => {
            for member in members {
                walk(&member.form, longer(&place, Step::Member(member.name.to_owned())), places);
            }
        }
        Form::List { items, .. } => {
            for (index, item) in items.iter().enumerate() {
                walk(item, longer(&place, Step::Item(index)), places);
            }
        }
        Form::Permissions(names) if !names.is_empty() => {
            places.push((longer(&place, Step::Item(0)), Form::Word(&PERMISSIONS)));
        }
        Form::Nullable(inner) => {
            // The place itself is on the list; what is in it is not.
            let first = places.len();
            walk(inner, place, places);
            places.remove(first);
        }
        _ => {}
    }
}

fn longer(place: &[Step], step: Step) -> Path {
    let mut longer = place.to_vec();
    longer.push(step);
    longer
}

/// What has to be taken at one place: both ends of its bounds, every word, absence.
fn accepted(kind: &Kind, full: &Json, place: &Path, form: &Form, set: &mut Set) {
    for (rule, value) in right(kind.side, form) {
        if !kind.is_contradiction(rule, &shown(place)) {
            set.accept(rule, &shown(place), full.with(place, value).written());
        }
    }
    let Form::Object { members, .. } = form else { return };
    let optional = members.iter().filter(|member| member.optional);
    let alone = members.len() == 1;
    for member in optional.filter(|_| !alone) {
        let absent = longer(place, Step::Member(member.name.to_owned()));
        if !kind.is_contradiction("absent", &shown(&absent)) {
            set.accept("absent", &shown(&absent), full.without(&absent).written());
        }
    }
    if kind.side == Side::Server {
        let extra = longer(place, Step::Member("extra".to_owned()));
        let written = full.with_member(place, "extra", object([("since", text("2.0"))])).written();
        let verdict = Verdict::Accept { unknown: false, strict: Some(("unknown_field", shown(&extra))) };
        set.push("unknown-member", &shown(&extra), Document::Text(written), verdict);
    }
}

fn right(side: Side, form: &Form) -> Vec<(&'static str, Json)> {
    match form {
        Form::Id(_) => vec![("lowest-id", text("0".repeat(26))), ("highest-id", text(format!("7{}", "Z".repeat(25))))],
        Form::Integer { min, max, .. } => {
            vec![("minimum", raw(min.to_string())), ("maximum", raw(max.to_string()))]
        }
        Form::Flag(flag) => vec![("other-flag", raw((!flag).to_string()))],
        Form::True | Form::Tag(_) => Vec::new(),
        Form::Text { rule, min, max, .. } => right_texts(side, *rule, *min, *max),
        Form::Word(words) if words.len() == PERMISSIONS.len() => Vec::new(),
        Form::Word(words) => words.iter().skip(1).map(|&word| ("other-word", text(word))).collect(),
        Form::Permissions(_) => vec![
            ("no-permissions", Json::List(Vec::new())),
            ("all-permissions", Json::List(PERMISSIONS.into_iter().map(text).collect())),
        ],
        Form::Opaque { max, items } => {
            right(side, &Form::List { min: 1, max: Some(*max), unique: false, items: items.clone() })
        }
        Form::List { min, max, items, .. } => {
            let fewest = (0..*min).map(|number| items[0].numbered(number)).collect();
            let mut lists = vec![("fewest-items", Json::List(fewest))];
            if let Some(max) = max {
                lists.push(("most-items", Json::List((0..*max).map(|number| items[0].numbered(number)).collect())));
            }
            lists
        }
        Form::Object { .. } => Vec::new(),
        Form::Nullable(inner) => {
            let mut values = right(side, inner);
            values.push(("allowed-null", raw("null")));
            values
        }
    }
}

fn right_texts(side: Side, rule: TextRule, min: usize, max: usize) -> Vec<(&'static str, Json)> {
    if rule == TextRule::Free {
        return vec![("empty-text", text("")), ("long-text", text("a".repeat(5_000)))];
    }
    let mut texts = vec![("shortest", text(filled(rule, min)))];
    if max > min {
        texts.push(("longest", text(filled(rule, max))));
    }
    if takes_astral(rule) && max > 1 {
        let wide = "\u{1F525}".repeat(max / 2) + if max.is_multiple_of(2) { "" } else { "a" };
        texts.push(("longest-in-utf-16", text(wide)));
    }
    match rule {
        TextRule::Plain => {
            texts.push(("awkward-text", text("\u{1}\"\\/\u{7F}\u{85}\u{2028}\u{FEFF}\u{FFFF}")));
        }
        TextRule::Name if side != Side::Server => {
            texts.push(("untrimmed", text(" \u{A0}general\u{3000}\n")));
        }
        _ => {}
    }
    texts
}

/// What has to be refused at one place.
fn refused(full: &Json, place: &Path, form: &Form, turn: &mut Turn, set: &mut Set) {
    // An envelope whose `d` is no object is no envelope; that is another rule's business.
    let is_payload = shown(place) == "d";
    for fault in faults(form, turn) {
        let whole = fault.code == "syntax";
        let is_envelope = is_payload && matches!(fault.code, "null" | "wrong_type");
        let code = if is_envelope { "not_envelope" } else { fault.code };
        let at = if whole { String::new() } else { shown(place) };
        set.reject(fault.rule, &shown(place), full.with(place, fault.value).written(), code, at);
    }
    let Form::Object { members, .. } = form else { return };
    for member in members {
        let at = longer(place, Step::Member(member.name.to_owned()));
        if !member.optional {
            set.reject("missing", &shown(&at), full.without(&at).written(), "missing_field", shown(&at));
        }
    }
    let Some(first) = members.first() else { return };
    let at = longer(place, Step::Member(first.name.to_owned()));
    let again = first.form.sample(Extent::Full);
    let written = full.with_member(place, first.name, again).written();
    set.reject("duplicate", &shown(&at), written, "duplicate", shown(&at));
    if set.side != Side::Server {
        let at = longer(place, Step::Member("extra".to_owned()));
        let value = turn.some(1, &[raw("null"), text(numbered_id(9)), raw("[]"), object([])]).remove(0);
        let written = full.with_member(place, "extra", value).written();
        set.reject("unknown-member", &shown(&at), written, "unknown_field", shown(&at));
    }
}
