//! The server as a whole, from the outside: deliveries per server CPU-second, durable creates over REST, what a
//! connection costs.
//!
//! Deliveries go to 1,000 subscribers of one channel on loopback and are compared with a bare loop that only writes the
//! ready-made frame to the sockets.
//! Three servers run as processes of their own and deliver in turns, so that a slow second of the machine hits all alike:
//!
//! | server | what it does per message |
//! | --- | --- |
//! | `bare` | one `write` of the same bytes to every socket, in a loop |
//! | `fanout` | an event of a journal in memory through relay, broadcaster and flush loops |
//! | `whole` | the released server: REST, decision, durable commit, journal, delivery |
//!
//! Only CPU time of the server whose turn it is counts (`/proc/<pid>/task/*/schedstat`), and figures are quoted as ratios to `bare` in
//! the same round.
//! `cargo bench -p filament-server --bench system` runs everything; `-- deliveries --rounds 5 --in-flight 16 --only fanout`, `-- creates`
//! and `-- connections` run one part; `-- reconnect` is everybody coming back after a restart;
//! `--against PATH` lets another build of the server take turns with this one, in deliveries and creates;
//! `-- profiles` is a profile change and the co-members who see it (`--members 50 --changes 20` for a short look).

mod bare;
mod capacity;
mod client;
mod fanout;
mod load;
mod process;
mod profiles;
mod reconnect;
mod whole;

use std::time::Duration;

use whole::Build;

/// Connections in every run.
const SUBSCRIBERS: usize = 1_000;

/// How many messages may be under way, and how many a turn has.
const MESSAGES: [(usize, usize); 2] = [(1, 100), (16, 320)];

/// Threads that take less per delivery are not told of, microseconds.
const THREAD_MICROS_MIN: f64 = 0.005;

/// Turns of every server in a round.
const TURNS: usize = 8;

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
    let other = text_option(arguments, "--against");
    if "deliveries".contains(filter) {
        let only = text_option(arguments, "--only");
        let rounds = option(arguments, "--rounds").unwrap_or(3);
        let in_flight = option(arguments, "--in-flight");
        for (window, messages) in MESSAGES.into_iter().filter(|(window, _)| in_flight.is_none_or(|one| one == *window))
        {
            runtime().block_on(compare(rounds, window, messages, only, other));
        }
    }
    if "creates".contains(filter) {
        runtime().block_on(capacity::creates(other));
    }
    if "connections".contains(filter) {
        runtime().block_on(capacity::idle());
    }
    if "profiles".contains(filter) {
        let co_members = option(arguments, "--members").unwrap_or(SUBSCRIBERS);
        let changes = option(arguments, "--changes").unwrap_or(500);
        runtime().block_on(profiles::changes(co_members, changes));
    }
    if "reconnect".contains(filter) {
        runtime()
            .block_on(reconnect::everybody_comes_back(option(arguments, "--clients").unwrap_or(reconnect::CLIENTS)));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn number(arguments: &[String], at: usize) -> usize {
    arguments.get(at).and_then(|text| text.parse().ok()).expect("a number")
}

fn text_option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    arguments.iter().skip_while(|argument| *argument != name).nth(1).map(String::as_str)
}

fn option(arguments: &[String], name: &str) -> Option<usize> {
    let at = arguments.iter().position(|argument| argument == name)?;
    Some(number(arguments, at + 1))
}

/// Connects all servers, then makes them deliver in turns of about a second, so that whatever else the machine does hits all alike.
/// Prints the ratios of every round of turns, then the medians.
async fn compare(rounds: usize, window: usize, messages: usize, only: Option<&str>, other: Option<&str>) {
    let frame_bytes = whole::frame_bytes().await;
    let mut subjects = vec![bare::start(frame_bytes).await];
    if only.is_none_or(|only| only == "fanout") {
        subjects.push(fanout::start(frame_bytes).await);
    }
    if only.is_none_or(|only| only == "whole") {
        subjects.push(whole::start(Build::this(), window).await);
    }
    if let Some(program) = other {
        subjects.push(whole::start(Build::other(program), window).await);
    }
    for subject in &mut subjects {
        // Presence of the members that connected last is told within two seconds; it must not fall into the measurement.
        load::settle(&subject.received).await;
        subject.deliver(messages / 4, window, frame_bytes).await;
    }
    println!(
        "{window} in flight, {SUBSCRIBERS} subscribers, frames of {frame_bytes} bytes, {rounds} rounds of {TURNS} turns"
    );
    let mut ratios = vec![Vec::new(); subjects.len()];
    for round in 1..=rounds {
        let (mut cpu_seconds, mut took) = (vec![0.0; subjects.len()], vec![Duration::ZERO; subjects.len()]);
        let before: Vec<_> = subjects.iter().map(|subject| subject.server.cpu_seconds_by_thread()).collect();
        for _ in 0..TURNS {
            for ((subject, cpu_seconds), took) in subjects.iter_mut().zip(&mut cpu_seconds).zip(&mut took) {
                let (cpu, wall) = subject.deliver(messages, window, frame_bytes).await;
                *cpu_seconds += cpu;
                *took += wall;
            }
        }
        print!("{window} in flight, round {round}: µs of CPU per delivery:");
        let micros = |cpu: f64| cpu / (messages * TURNS * SUBSCRIBERS) as f64 * 1e6;
        for ((subject, cpu), ratios) in subjects.iter().zip(&cpu_seconds).zip(&mut ratios) {
            print!(" {} {:.2} ({:.2})", subject.name, micros(*cpu), cpu_seconds[0] / cpu);
            ratios.push(cpu_seconds[0] / cpu);
        }
        println!();
        for ((subject, before), took) in subjects.iter().zip(&before).zip(&took) {
            let after = subject.server.cpu_seconds_by_thread();
            let used = |name: &String| micros(after[name] - before.get(name).unwrap_or(&0.0));
            let threads = after.keys().filter(|name| used(name) >= THREAD_MICROS_MIN);
            let threads: Vec<String> = threads.map(|name| format!("{name} {:.2}", used(name))).collect();
            let each = *took / u32::try_from(messages * TURNS).expect("few");
            println!("  {}: {each:.2?} per message; {}", subject.name, threads.join(", "));
        }
    }
    for (subject, ratios) in subjects.iter().zip(&mut ratios).skip(1) {
        ratios.sort_by(f64::total_cmp);
        let (least, median, most) = (ratios[0], ratios[rounds / 2], ratios[rounds - 1]);
        println!("{window} in flight, {}: {median:.2} times the bare loop ({least:.2} to {most:.2})", subject.name);
    }
}
