//! The server as a whole, from the outside: deliveries per server CPU-second, durable creates over REST, what a
//! connection costs.
//!
//! Deliveries go to 1,000 subscribers of one channel on loopback and are compared with a bare loop that only writes the
//! ready-made frame to the sockets.
//! Three servers run as processes of their own, one after another, in rounds, so that a slow minute of the machine hits all alike:
//!
//! | server | what it does per message |
//! | --- | --- |
//! | `bare` | one `write` of the same bytes to every socket, in a loop |
//! | `fanout` | an event of a journal in memory through relay, broadcaster and flush loops |
//! | `whole` | the released server: REST, decision, durable commit, journal, delivery |
//!
//! Only CPU time of the server process is counted (`/proc/<pid>/stat`), and figures are quoted as ratios to `bare` of the same round.
//! `cargo bench -p filament-server --bench system` runs everything; `-- deliveries --rounds 5 --in-flight 16`, `-- creates` and
//! `-- connections` run one part.

mod bare;
mod capacity;
mod client;
mod fanout;
mod load;
mod process;
mod whole;

use load::{Load, Window};

/// Connections in every run.
const SUBSCRIBERS: usize = 1_000;

/// Messages per run with one in flight, and with sixteen.
const MESSAGES: [(Window, usize); 2] = [(Window(1), 2_000), (Window(16), 8_000)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("--role-bare") => bare::serve(number(&arguments, 1)),
        Some("--role-fanout") => fanout::serve(number(&arguments, 1)),
        _ => run(&arguments),
    }
}

/// Runs the parts whose name contains the first word given; all of them without one.
fn run(arguments: &[String]) {
    let filter = arguments.iter().find(|argument| !argument.starts_with('-')).map_or("", String::as_str);
    if "deliveries".contains(filter) {
        compare(option(arguments, "--rounds").unwrap_or(3), option(arguments, "--in-flight"));
    }
    if "creates".contains(filter) {
        runtime().block_on(capacity::creates());
    }
    if "connections".contains(filter) {
        runtime().block_on(capacity::idle());
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn number(arguments: &[String], at: usize) -> usize {
    arguments.get(at).and_then(|text| text.parse().ok()).expect("a number")
}

fn option(arguments: &[String], name: &str) -> Option<usize> {
    let at = arguments.iter().position(|argument| argument == name)?;
    Some(number(arguments, at + 1))
}

/// Runs all three servers in every round and prints each ratio, then the medians.
fn compare(rounds: usize, in_flight: Option<usize>) {
    let runtime = runtime();
    let frame_bytes = runtime.block_on(whole::frame_bytes());
    println!("{SUBSCRIBERS} subscribers, frames of {frame_bytes} bytes, {rounds} rounds");
    for (window, messages) in MESSAGES.into_iter().filter(|(window, _)| in_flight.is_none_or(|only| only == window.0)) {
        let load = Load { subscribers: SUBSCRIBERS, messages, window, frame_bytes };
        let mut ratios = [Vec::new(), Vec::new()];
        for round in 1..=rounds {
            let bare = runtime.block_on(bare::run(load));
            let fanout = runtime.block_on(fanout::run(load));
            let whole = runtime.block_on(whole::run(load));
            println!(
                "{} in flight, round {round}: deliveries per CPU-second: bare {bare:.0}, fanout {fanout:.0}, whole {whole:.0}",
                window.0
            );
            ratios[0].push(fanout / bare);
            ratios[1].push(whole / bare);
        }
        for (name, ratios) in ["fanout alone", "whole server"].iter().zip(&mut ratios) {
            ratios.sort_by(f64::total_cmp);
            println!(
                "{} in flight, {name}: {:.2} times the bare loop (median of {rounds}; {:.2} to {:.2})",
                window.0,
                ratios[rounds / 2],
                ratios[0],
                ratios[rounds - 1]
            );
        }
    }
}
