//! The project's commands, run as `cargo xtask <command>`.
//!
//! Standard library only, so that the first command of a fresh clone starts after a second of compiling.

mod autobahn;
mod bench;
mod cargo;
mod fuzz;
mod livekit;
mod mutants;
mod node;
mod schema;
mod serve;
mod shell;
mod step;
mod test;
mod typescript;

use std::process::ExitCode;

/// Exit code of a command line that cannot be understood, as of most command-line tools.
const EXIT_USAGE: u8 = 2;

const HELP: &str = "\
cargo xtask <command>

  serve [--release] [-- FLAGS]   build and run the server on 127.0.0.1:8080 with its data in ./data and the app shell at /
                                 (without node: a page that says so); FLAGS go to the server: `cargo xtask serve -- --help`
  test [STEP…]                   check everything, or only the named steps; what a tool is missing for is skipped loudly
  autobahn                       only the step of that name: the WebSocket layer against Autobahn's fuzzing client
  schema [--check|--publish]     write schema/v1, docs/GATEWAY_EVENTS.md and docs/API.md from the types; --check only compares
                                 them; --publish also makes them what later versions are compared with
  fuzz [TARGET…] [--seconds N]   run the fuzz targets, or the named ones, for 30 s each, or N; skipped loudly without
                                 a nightly compiler or cargo-fuzz
  mutants [NAME…]                break the code in every way of filament-fanout/mutations, or the named ones, in a copy of the
                                 tree, and see that the storm test finds each
  bench [-- FILTER]              run the benchmarks
  help                           this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    match command {
        "serve" => serve::run(rest),
        "test" => test::run(rest),
        "autobahn" => test::run(&["autobahn".to_owned()]),
        "schema" => schema::run(rest),
        "fuzz" => fuzz::run(rest),
        "mutants" => mutants::run(rest),
        "bench" => bench::run(rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}\n{}", test::steps_help());
            ExitCode::SUCCESS
        }
        unknown => usage(&format!("no command `{unknown}`")),
    }
}

/// Says what was wrong with the command line, then how it should look.
fn usage(problem: &str) -> ExitCode {
    eprint!("xtask: {problem}\n\n{HELP}");
    ExitCode::from(EXIT_USAGE)
}
