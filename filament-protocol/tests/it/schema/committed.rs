//! What is committed is what the types say.

use filament_protocol::schema;

use super::{root, schema_names, text};

/// Proves the part of ROL-1 that concerns the files.
#[test]
fn the_committed_documents_are_the_generated_ones() {
    let documents =
        schema::documents().into_iter().map(|document| (format!("schema/v1/{}", document.name), document.text));
    let pages = schema::pages().into_iter().map(|page| (format!("docs/{}", page.name), page.text));
    for (path, generated) in documents.chain(pages) {
        assert!(text(&path) == generated, "{path} is not what the types say; run `cargo xtask schema`");
    }
}

#[test]
fn no_file_lies_among_the_documents_that_nothing_makes() {
    let made: Vec<String> = schema::documents().into_iter().map(|document| document.name).collect();
    for entry in std::fs::read_dir(root().join("schema/v1")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(made.contains(&name), "schema/v1/{name}: run `cargo xtask schema`");
    }
}

/// The server answers them under a template with one segment of this form.
#[test]
fn names_of_documents_stand_in_a_path_as_they_are() {
    for name in schema_names() {
        let stem = name.strip_suffix(".json").unwrap_or_else(|| panic!("{name}"));
        assert!(stem.len() <= 64, "{name}");
        assert!(stem.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')), "{name}");
    }
}

#[test]
fn making_the_documents_twice_gives_the_same_bytes() {
    assert_eq!(schema::documents(), schema::documents());
    assert_eq!(schema::pages(), schema::pages());
    let one = schema::document("catalog.json").unwrap();
    assert_eq!(Some(one), schema::documents().into_iter().find(|document| document.name == "catalog.json"));
    assert_eq!(schema::document("none.json"), None);
}

/// Every link inside of a page leads to a heading or an anchor of it, every link to the other page to one of that.
#[test]
fn links_of_the_pages_lead_somewhere() {
    let pages = schema::pages();
    for page in &pages {
        for target in links(&page.text) {
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.name.as_str() } else { file };
            match pages.iter().find(|page| page.name == file) {
                Some(other) => assert!(
                    fragment.is_empty() || anchors(&other.text).any(|anchor| anchor == fragment),
                    "{}: {target} leads nowhere",
                    page.name
                ),
                None => assert!(root().join("docs").join(file).exists(), "{}: {file} does not exist", page.name),
            }
        }
    }
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// The anchors a page offers: one per heading, as GitHub spells them, and those set by hand.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept: String = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_')).collect();
        kept.replace(' ', "-")
    });
    let set = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned()));
    headings.chain(set)
}
