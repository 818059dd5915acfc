//! Which crate may know which: the table of `docs/ARCHITECTURE.md`, checked against what cargo says.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Every workspace member and the members it may depend on, in code, build scripts and tests alike.
const ALLOWED: &[(&str, &[&str])] = &[
    ("filament-protocol", &[]),
    ("filament-core", &["filament-protocol"]),
    ("filament-fanout", &["filament-core", "filament-protocol"]),
    ("filament-store", &["filament-core", "filament-protocol"]),
    ("filament-server", &["filament-core", "filament-fanout", "filament-protocol", "filament-store"]),
    ("filament-axum-server", &["filament-core", "filament-fanout", "filament-protocol", "filament-store"]),
    ("filament-chat-cli", &["filament-protocol"]),
    ("filament-tail", &["filament-protocol"]),
    ("xtask", &[]),
];

/// Clocks, randomness, I/O and runtimes: what pure crates may not reach even through others.
const IMPURE: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "futures-executor",
    "async-std",
    "smol",
    "hyper",
    "fastwebsockets",
    "rusqlite",
    "libsqlite3-sys",
    "getrandom",
    "rand",
    "rand_core",
    "fastrand",
    "chrono",
    "time",
    "jiff",
];

/// What a crate may not reach through any normal or build dependency, with all its features on.
const UNREACHABLE: &[(&str, &[&str])] = &[
    ("filament-protocol", IMPURE),
    ("filament-core", IMPURE),
    ("filament-fanout", &["rusqlite", "libsqlite3-sys", "hyper", "fastwebsockets"]),
    ("filament-store", &["hyper", "fastwebsockets"]),
];

/// The feature that compiles the places at which a test ends the process.
const FAILPOINTS: &str = "failpoints";

/// A member of the workspace as far as this test looks at it.
struct Member {
    name: String,
    /// Names of all direct dependencies: normal, build and dev.
    dependencies: Vec<String>,
    /// Names of features with what each switches on.
    features: Vec<(String, Vec<String>)>,
    manifest: String,
}

fn workspace_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies inside the workspace folder")
}

fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(arguments).current_dir(workspace_folder()).output().expect("cargo starts");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn members() -> Vec<Member> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo metadata prints JSON");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| Member {
            name: text(&package["name"]),
            dependencies: package["dependencies"]
                .as_array()
                .expect("a list of dependencies")
                .iter()
                .map(|dependency| text(&dependency["name"]))
                .collect(),
            features: package["features"]
                .as_object()
                .expect("a table of features")
                .iter()
                .map(|(name, on)| (name.clone(), on.as_array().expect("a list").iter().map(text).collect()))
                .collect(),
            manifest: std::fs::read_to_string(text(&package["manifest_path"])).expect("the manifest can be read"),
        })
        .collect()
}

/// Edges between members that the table does not list, and members it does not know.
fn edge_violations(members: &[Member], allowed: &[(&str, &[&str])]) -> Vec<String> {
    let mut violations = Vec::new();
    for member in members {
        let Some((_, may)) = allowed.iter().find(|(name, _)| *name == member.name) else {
            violations.push(format!("{} is not in the table of allowed edges", member.name));
            continue;
        };
        for dependency in &member.dependencies {
            // A crate that names itself switches on a feature for its own tests; cargo allows no other use.
            let is_member = members.iter().any(|other| other.name == *dependency && other.name != member.name);
            if is_member && !may.contains(&dependency.as_str()) {
                violations.push(format!("{} must not depend on {dependency}", member.name));
            }
        }
    }
    violations
}

/// Crates of `unreachable` among the lines of `cargo tree --prefix none`, each of which starts with a crate's name.
fn reach_violations(name: &str, tree: &str, unreachable: &[&str]) -> Vec<String> {
    let mut reached: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|dependency| unreachable.contains(dependency))
        .collect();
    reached.sort_unstable();
    reached.dedup();
    reached.into_iter().map(|dependency| format!("{name} must not reach {dependency}")).collect()
}

/// The settings (`key = value`, without white space) of one table of a manifest.
fn table(manifest: &str, header: &str) -> Vec<String> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .map(|line| line.split_whitespace().collect::<String>())
        .collect()
}

/// Members that do not take the workspace's lints as they are.
fn lint_violations(members: &[Member]) -> Vec<String> {
    members
        .iter()
        .filter(|member| !table(&member.manifest, "[lints]").contains(&"workspace=true".to_owned()))
        .map(|member| format!("{} does not inherit the workspace's lints", member.name))
        .collect()
}

#[test]
fn members_depend_only_on_the_members_they_may_know() {
    let violations = edge_violations(&members(), ALLOWED);
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn table_of_edges_names_only_members_that_exist() {
    let members = members();
    for (name, may) in ALLOWED {
        for named in std::iter::once(name).chain(may.iter()) {
            assert!(members.iter().any(|member| member.name == *named), "{named} is no workspace member");
        }
    }
}

#[test]
fn pure_crates_reach_no_clock_randomness_input_output_or_runtime() {
    for (name, unreachable) in UNREACHABLE {
        let tree = cargo(&["tree", "--package", name, "--edges", "normal,build", "--all-features", "--prefix", "none"]);
        assert!(tree.lines().any(|line| line.starts_with(name)), "cargo tree does not show {name}:\n{tree}");
        let violations = reach_violations(name, &tree, unreachable);
        assert!(violations.is_empty(), "{violations:#?}\n{tree}");
    }
}

#[test]
fn every_member_inherits_lints_that_forbid_unsafe_code() {
    let manifest = std::fs::read_to_string(workspace_folder().join("Cargo.toml")).expect("the manifest can be read");
    let lints = table(&manifest, "[workspace.lints.rust]");
    assert!(lints.contains(&r#"unsafe_code="forbid""#.to_owned()), "{lints:?}");
    let violations = lint_violations(&members());
    assert!(violations.is_empty(), "{violations:#?}");
}

/// Features that switch on the places at which a test ends the process, and are not that feature themselves; and dependencies that do.
fn failpoint_violations(members: &[Member]) -> Vec<String> {
    let mut violations = Vec::new();
    for member in members {
        for (name, on) in &member.features {
            if name != FAILPOINTS && on.iter().any(|feature| feature.contains(FAILPOINTS)) {
                violations.push(format!("feature {name} of {} must not switch on {FAILPOINTS}", member.name));
            }
        }
        let named = member.manifest.lines().any(|line| line.contains("features = [") && line.contains(FAILPOINTS));
        if named {
            violations.push(format!("a dependency of {} must not switch on {FAILPOINTS}", member.name));
        }
    }
    violations
}

#[test]
fn places_that_end_the_process_are_in_no_build_that_does_not_ask_for_them() {
    let members = members();
    assert!(members.iter().any(|member| member.features.iter().any(|(name, _)| name == FAILPOINTS)));
    let violations = failpoint_violations(&members);
    assert!(violations.is_empty(), "{violations:#?}");
}

/// The checks above are worth something only if they can fail.
mod checks_can_fail {
    use super::*;

    fn member(name: &str, dependencies: &[&str], manifest: &str) -> Member {
        let dependencies = dependencies.iter().map(|&dependency| dependency.to_owned()).collect();
        Member { name: name.to_owned(), dependencies, features: Vec::new(), manifest: manifest.to_owned() }
    }

    #[test]
    fn failpoints_switched_on_by_something_else_are_reported() {
        let mut by_default = member("filament-server", &[], "");
        by_default.features.push(("default".to_owned(), vec!["filament-store/failpoints".to_owned()]));
        by_default.features.push((FAILPOINTS.to_owned(), vec!["filament-store/failpoints".to_owned()]));
        let depending = "filament-store = { workspace = true, features = [\"failpoints\"] }";
        assert_eq!(
            failpoint_violations(&[by_default, member("newcomer", &[], depending)]),
            [
                "feature default of filament-server must not switch on failpoints",
                "a dependency of newcomer must not switch on failpoints"
            ]
        );
    }

    #[test]
    fn edge_outside_the_table_is_reported() {
        let members = [
            member("filament-store", &["serde", "filament-fanout"], ""),
            member("filament-fanout", &["tokio", "filament-fanout"], ""),
            member("newcomer", &[], ""),
        ];
        assert_eq!(
            edge_violations(&members, ALLOWED),
            ["filament-store must not depend on filament-fanout", "newcomer is not in the table of allowed edges"]
        );
    }

    #[test]
    fn unreachable_crate_is_reported_once_and_not_by_part_of_its_name() {
        let tree =
            "filament-core v0.1.0 (/w)\ntokio-util v0.7.0\ngetrandom v0.4.3\nserde v1.0.0\ngetrandom v0.4.3 (*)\n";
        assert_eq!(reach_violations("filament-core", tree, IMPURE), ["filament-core must not reach getrandom"]);
    }

    #[test]
    fn member_without_the_workspace_lints_is_reported() {
        let members = [
            member("good", &[], "[package]\nname = \"good\"\n[lints]\nworkspace = true\n[dependencies]\n"),
            member("none", &[], "[package]\nname = \"none\"\n"),
            member("own", &[], "[lints]\n[lints.rust]\nworkspace = true\n"),
        ];
        assert_eq!(
            lint_violations(&members),
            ["none does not inherit the workspace's lints", "own does not inherit the workspace's lints"]
        );
    }
}
