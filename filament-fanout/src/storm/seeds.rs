//! Plans made of seeds, run, and shrunk where they fail.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestError, TestRng, TestRunner},
};

use super::{
    op::{Op, plan, racing_plan},
    run_to_the_end,
};

/// Kinds of commands, and how often each is accepted at least in a run.
const DEEDS: usize = 30;
const TIMES_MIN: u64 = 10;

/// Events received in a run at least.
const HEARD_MIN: u64 = 20_000;

/// Plans per test; `FILAMENT_STORM_CASES` asks for more.
const CASES: u64 = 500;

const COUNT: &str = "FILAMENT_STORM_CASES";
const SEED: &str = "FILAMENT_STORM_SEED";
const SHRINKS: &str = "FILAMENT_STORM_SHRINKS";

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Shorter plans that are tried once one has failed.
const SHRINKS_MAX: u64 = 4_000;

/// Runs the plans of all seeds, or of one in so many, and panics with the seed and the shortest plan that fails.
pub(super) fn run_plans<P: Strategy>(
    plans: &P,
    one_in: u64,
    show: impl Fn(&P::Value) -> String,
    run: impl Fn(P::Value),
) {
    let seeds = asked(SEED).map_or(0..asked(COUNT).unwrap_or(CASES) / one_in, |seed| seed..seed + 1);
    for seed in seeds {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = ProptestConfig {
            cases: 1,
            max_shrink_iters: u32::try_from(asked(SHRINKS).unwrap_or(SHRINKS_MAX)).unwrap_or(u32::MAX),
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let outcome = TestRunner::new_with_rng(config, rng).run(plans, |plan| {
            run(plan);
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, plan)) => {
                panic!("seed {seed}: {reason}\nthe shortest plan that fails:{}", show(&plan))
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
}

/// Steps, one a line.
pub(super) fn lines<S: std::fmt::Debug>(steps: &[S]) -> String {
    steps.iter().map(|step| format!("\n  {step:?}")).collect()
}

/// What a number of plans came to: commands accepted, by name, and events received.
type Came = (BTreeMap<String, u64>, u64);

fn weather(plans: &impl Strategy<Value = Vec<Op>>) -> Came {
    let came = RefCell::new(Came::default());
    run_plans(
        plans,
        1,
        |plan| lines(plan),
        |plan| {
            let storm = run_to_the_end(plan);
            let mut came = came.borrow_mut();
            storm.accepted.into_iter().for_each(|(name, times)| *came.0.entry(name).or_default() += times);
            came.1 += storm.heard;
        },
    );
    came.into_inner()
}

/// Proves DEL-1 to DEL-5, DEL-7, ACT-2, CMP-1 to CMP-6, EMI-1, EMI-3, EMI-6, FEN-2 to FEN-4, GW-11, GW-20, GW-22, GW-30, GW-31, ORD-1
/// to ORD-3, RES-1, RES-3, RES-30, PE-0 to PE-8.
#[test]
fn every_connection_hears_exactly_its_audience_in_order_or_is_closed() {
    let (accepted, heard) = weather(&plan());
    println!("{accepted:?}, {heard} events heard");
    if asked(SEED).is_none() && asked(COUNT).is_none_or(|count| count >= CASES) {
        let rare = accepted.iter().filter(|(_, times)| **times < TIMES_MIN).collect::<Vec<_>>();
        assert_eq!((accepted.len(), rare), (DEEDS, Vec::new()), "every command happens, and often enough to matter");
        assert!(heard > HEARD_MIN, "connections hear something: {heard}");
    }
}

/// Proves GW-11 and FEN-4 for connections that are taken in while access changes.
#[test]
fn access_that_changes_while_it_is_loaded_is_exact() {
    let (_, heard) = weather(&racing_plan());
    assert!(heard > 0, "connections hear something");
}
