//! What the statistics cost: single functions, and k versions at once.
//!
//! The module is compiled in from the library's sources, where it is private.

use divan::{Bencher, black_box};

#[allow(
    dead_code,
    unused_imports,
    unfulfilled_lint_expectations,
    reason = "the library's module: this measures a part of it"
)]
#[path = "../src/stats/mod.rs"]
mod stats;

use stats::batch_means::Prior;
use stats::best::{Preferred, Race};
use stats::beta::Beta;
use stats::evidence::rate_ratio::Stratum;
use stats::evidence::t_process::Effects;
use stats::evidence::{bernoulli, odds_ratio, rate_ratio, t_process};
use stats::lift;
use stats::student::Student;
use stats::superiority::Compare;

fn main() {
    divan::main();
}

const SMALL: [Beta; 2] = [Beta { a: 0.5, b: 200.5 }, Beta { a: 3.5, b: 197.5 }];
const USUAL: [Beta; 2] = [Beta { a: 40.5, b: 960.5 }, Beta { a: 52.5, b: 948.5 }];
const LARGE: [Beta; 2] = [Beta { a: 100_000.5, b: 900_000.5 }, Beta { a: 100_400.5, b: 899_600.5 }];
const CASES: [&str; 3] = ["small", "usual", "large"];

fn case(name: &str) -> [Beta; 2] {
    match name {
        "small" => SMALL,
        "usual" => USUAL,
        _ => LARGE,
    }
}

#[divan::bench(args = CASES)]
fn beta_cdf(bencher: Bencher, name: &str) {
    let [beta, _] = case(name);
    bencher.bench(|| black_box(beta).cdf(beta.a / (beta.a + beta.b) * 0.97));
}

#[divan::bench(args = CASES)]
fn beta_quantile(bencher: Bencher, name: &str) {
    let [beta, _] = case(name);
    bencher.bench(|| black_box(beta).quantile(0.025));
}

#[divan::bench(args = CASES)]
fn beta_superiority(bencher: Bencher, name: &str) {
    let [x, y] = case(name);
    bencher.bench(|| black_box(y).at_most(black_box(x), 1.0));
}

#[divan::bench(args = CASES)]
fn beta_relative_limit(bencher: Bencher, name: &str) {
    let [x, y] = case(name);
    bencher.bench(|| black_box(y).at_most(black_box(x), 1.2));
}

#[divan::bench(args = CASES)]
fn beta_lift_interval(bencher: Bencher, name: &str) {
    let [x, y] = case(name);
    bencher.bench(|| lift::beta_interval(black_box(x), black_box(y), 0.025));
}

#[divan::bench(args = [2.0, 9.0, 60.0, 1000.0])]
fn student_superiority(bencher: Bencher, degrees: f64) {
    let x = Student { mean: 100.0, scale: 3.0, degrees };
    let y = Student { mean: 104.0, scale: 2.0, degrees };
    bencher.bench(|| black_box(y).at_most(black_box(x), 1.0));
}

#[divan::bench(args = [2.0, 9.0, 60.0, 1000.0])]
fn student_interval(bencher: Bencher, degrees: f64) {
    let x = Student { mean: 100.0, scale: 3.0, degrees };
    bencher.bench(|| black_box(x).interval(0.025));
}

#[divan::bench(args = [2, 4, 10, 50])]
fn best_and_best_two_of_betas(bencher: Bencher, count: usize) {
    let betas: Vec<Beta> = (0..count).map(|i| Beta { a: 40.5 + i as f64, b: 960.5 - i as f64 }).collect();
    let all = vec![1.0; count];
    bencher.bench(|| {
        let race = Race::new(black_box(&betas), Preferred::Higher);
        race.places_of(&all)
    });
}

#[divan::bench(args = [2, 4, 10, 50])]
fn best_of_students(bencher: Bencher, count: usize) {
    let means: Vec<Student> =
        (0..count).map(|i| Student { mean: 100.0 + i as f64, scale: 3.0, degrees: 2.0 }).collect();
    let all = vec![1.0; count];
    bencher.bench(|| Race::new(black_box(&means), Preferred::Higher).places_of(&all));
}

/// `count` intervals with `trials` of each version, of which `percent` are events, give or take a few.
fn strata(count: usize, trials: f64, percent: f64) -> Vec<Stratum> {
    let events = |k: usize| trials * percent / 100.0 + (k % 5) as f64;
    let stratum = |k| Stratum {
        base_exposure: trials + (k % 13) as f64,
        base_events: events(k),
        exposure: trials - (k % 7) as f64,
        events: events(k + 2),
    };
    (0..count).map(stratum).collect()
}

#[divan::bench(args = [1_000.0, 1_000_000.0])]
fn evidence_of_an_absolute_limit(bencher: Bencher, trials: f64) {
    let both = || {
        let (trials, events) = (black_box(trials), black_box(0.048 * trials));
        (bernoulli::evidence(trials, events, 0.05), bernoulli::confidence_sequence(trials, events, 0.05))
    };
    bencher.bench(both);
}

#[divan::bench(args = [1, 100, 1000])]
fn evidence_of_a_rate_ratio(bencher: Bencher, count: usize) {
    let strata = strata(count, 500.0, 1.0);
    bencher.bench(|| rate_ratio::evidence(black_box(&strata), 1.1));
}

#[divan::bench(args = [1, 100, 1000])]
fn confidence_sequence_of_a_rate_ratio(bencher: Bencher, count: usize) {
    let strata = strata(count, 500.0, 1.0);
    bencher.bench(|| rate_ratio::confidence_sequence(black_box(&strata), 0.05));
}

#[divan::bench(args = [200.0, 20_000.0])]
fn evidence_of_an_odds_ratio_in_100_intervals(bencher: Bencher, trials: f64) {
    let strata = strata(100, trials, 30.0);
    bencher.bench(|| odds_ratio::evidence(black_box(&strata)));
}

#[divan::bench(args = [1, 100, 1000])]
fn evidence_of_effects(bencher: Bencher, count: usize) {
    let pairs: Vec<(f64, f64)> = (0..count).map(|k| ((k * 7 % 11) as f64 - 4.8, 150.0 + (k % 13) as f64)).collect();
    let kappas = [0.1, 0.5, 2.0];
    bencher.bench(|| {
        let effects = Effects::of(black_box(&pairs).iter().copied());
        let evidence = t_process::evidence_under_both_priors(effects, Prior { variance: 4.0, degrees: 2.0 }, kappas);
        (evidence, t_process::confidence_sequence(effects, kappas, 0.05))
    });
}
