//! Tokenises one hostile text of a given size, to be counted instruction by instruction:
//!
//! ```sh
//! cargo build -p filament-protocol --features markdown --example markdown_cost
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null target/debug/examples/markdown_cost brackets 2048
//! ```
//!
//! Instructions do not depend on what else the machine does, so the growth from one size to the next is exact. Without arguments the
//! names of the families are printed.

use std::env;
use std::process::ExitCode;

use filament_protocol::markdown::tokenize;

/// What is repeated, by name: each is known to be hard for some reader of markdown, or for the search for bare addresses.
const FAMILIES: &[(&str, &str)] = &[
    ("plain", "just some words "),
    ("quotes", "> "),
    ("items", "- "),
    ("brackets", "["),
    ("images", "!["),
    ("half_links", "[a]("),
    ("link_ends", "](http://e.x)"),
    ("links", "[a](http://e.x) "),
    ("definitions", "[a]: x\n"),
    ("stars", "*a **"),
    ("mixed_stars", "*a _b "),
    ("backticks", "`a``"),
    ("fences", "```\n"),
    ("angles", "<"),
    ("comments", "<!--"),
    ("tags", "<a b='"),
    ("entities", "&amp;&#"),
    ("escapes", "\\*"),
    ("lines", "a\n"),
    ("addresses", "http://a.b "),
    ("bare_schemes", "http://!?.,;:) "),
    ("joined_schemes", "http://mailto:"),
];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(bytes)) = (arguments.next(), arguments.next().and_then(|bytes| bytes.parse().ok())) else {
        FAMILIES.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let Some((_, piece)) = FAMILIES.iter().find(|(known, _)| *known == name) else {
        eprintln!("no family is called {name}");
        return ExitCode::FAILURE;
    };
    let text: String = piece.chars().cycle().take(bytes).collect();
    println!("{}", tokenize(&text).len());
    ExitCode::SUCCESS
}
