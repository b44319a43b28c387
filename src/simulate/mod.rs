//! A world as data, a seed -> what an experiment in it would have seen and decided, iteration by iteration.
//!
//! Each iteration does what iter8's controller does: the engine is asked with all intervals so far and the last state, and
//! what it recommends routes the next interval's requests. What passes between them passes as typed values, not as JSON: a
//! trajectory is then no slower than its assessments, and a test holds that JSON would say the same. The same world and seed give the same trajectory on every host.
//!
//! Not here: Prometheus, lost scrapes, restarts: intervals are handed over as they were drawn.

mod decode;
mod draws;
mod experiment;
mod latency;
mod traffic;
mod trajectory;
mod truth;
mod world;
mod worlds;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::experiment::{Experiment, FETCH_SECONDS_MIN, Options, Settings};
use crate::stats::rng;
use crate::wire::assessment::{Assessment, Entries, Method};
use crate::wire::decode::{Decoder, Path};
use crate::wire::fields::Fields;
use crate::wire::last_state::LastState;
use crate::wire::observations::Observations;
use crate::wire::request::{self, METHODS, SEED_MAX, Seed};
pub use decode::names as world_names;
use experiment::History;
pub use trajectory::{CriterionStep, Iteration, Summary, Trajectory, Truth, VersionStep};
use world::{Split, World};

/// How a world is run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SimulateOptions {
    /// Where the draws start, 0 to 2^53 - 1.
    pub seed: u64,
    /// Statistics to assess with; `None`: the world's, or else `sequential`.
    pub method: Option<Method>,
    /// The chance of ever declaring wrongly, above 0 and at most 0.1; `None`: the world's, or else the engine's default.
    pub alpha: Option<f64>,
    /// Whether each iteration keeps the whole assessment.
    pub keeps_assessments: bool,
}

impl SimulateOptions {
    /// Options as JSON: `seed` (mandatory), `method`, `alpha`, `assessments` (true: each iteration keeps the whole one).
    ///
    /// # Errors
    /// Every fault of shape.
    pub fn decode(members: &Map<String, Value>) -> Result<Self, Error> {
        let mut decoder = Decoder::default();
        let fields = Fields { members, path: Path::Root };
        // A trajectory that nobody can see again would explain nothing: no `random`.
        let seed = fields.needed(&mut decoder, "seed").map(|value| value.as_u64().filter(|seed| *seed <= SEED_MAX));
        if seed == Some(None) {
            decoder.fail(fields.at("seed"), "value_error.seed", SEED_ALLOWED);
        }
        let method = fields.choice(&mut decoder, "method", METHODS);
        let alpha = fields.optional(&mut decoder, "alpha", request::alpha);
        let keeps = fields.optional(&mut decoder, "assessments", Decoder::boolean);
        match seed {
            Some(Some(seed)) if !decoder.has_failed() => {
                Ok(Self { seed, method, alpha, keeps_assessments: keeps.unwrap_or(false) })
            }
            _ => Err(decoder.into_error()),
        }
    }
}

/// What an experiment in `world` sees and decides: `world` is the name of a ready one, or an object, in which `base` may
/// name the ready one whose fields it replaces.
///
/// ```
/// use iter8_analytics::{SimulateOptions, simulate};
/// use serde_json::json;
///
/// let world = json!({"base": "canary", "iterations": 12});
/// let trajectory = simulate(&world, &SimulateOptions { seed: 1, ..SimulateOptions::default() })?;
/// assert_eq!(trajectory.summary.winner.as_deref(), Some("reviews-v3"));
/// # Ok::<(), iter8_analytics::Error>(())
/// ```
///
/// # Errors
/// Every fault of shape of the world; else what the engine says of the experiment that it describes.
pub fn simulate(world: &Value, options: &SimulateOptions) -> Result<Trajectory, Error> {
    let mut world = decode::decode(world)?;
    if let Some(alpha) = options.alpha {
        world.alpha = Some(alpha.into());
    }
    let method = options.method.unwrap_or(world.method);
    let experiment = experiment::parse(&world)?;
    let truth = truth::of(&world, &experiment);
    let mut run = Run { world: &world, method, options, experiment, history: History::of(&world) };
    let mut stream = rng::stream(options.seed);
    let mut split = run.split_of(0);
    let mut iterations = Vec::with_capacity(world.iterations);
    for iteration in 0..world.iterations {
        let mut served = Vec::new();
        if iteration > 0 {
            served = traffic::serve(&world, iteration - 1, &split, &mut stream);
            run.history.add(&world, &served);
        }
        let assessment = run.assess(iteration);
        let next = match &world.split {
            Split::Recommended => experiment::recommended(&world, &assessment),
            Split::Given(_) => run.split_of(iteration),
        };
        let is_over = world.split == Split::Recommended
            && next.iter().skip(1).all(|percent| *percent == 0.0)
            && assessment.candidate_assessments.iter().all(|candidate| candidate.rollback)
            && !assessment.candidate_assessments.is_empty();
        iterations.push(trajectory::iteration(
            &world,
            iteration,
            &served,
            &next,
            assessment,
            options.keeps_assessments,
        ));
        split = next;
        if is_over {
            // The controller ends an experiment whose candidates are all rolled back.
            break;
        }
    }
    let summary = trajectory::summary(&world, &truth, &iterations, &run.history);
    Ok(Trajectory { world: world.name.clone(), seed: options.seed, method, truth, iterations, summary })
}

/// A world under way.
struct Run<'a> {
    world: &'a World,
    method: Method,
    options: &'a SimulateOptions,
    experiment: Experiment,
    history: History,
}

impl Run<'_> {
    /// What the engine says at an iteration, after `iteration` intervals.
    fn assess(&mut self, iteration: usize) -> Assessment {
        let elapsed = self.world.elapsed_seconds(iteration);
        let options = Options {
            now: experiment::now(elapsed),
            method: Some(self.method),
            seed: Some(Seed::Number(rng::seed_from(&[&self.options.seed.to_le_bytes(), &elapsed.to_le_bytes()]))),
            entropy: 0,
            settings: Settings::default(),
        };
        self.experiment.iteration_number = Some(iteration as u64);
        let assessment = match elapsed < FETCH_SECONDS_MIN as u64 {
            // As over HTTP: nothing is asked for in the first seconds.
            true => {
                let nothing = Observations { versions: Entries(Vec::new()), blocks: None, problems: Vec::new() };
                self.experiment.assess(&nothing, &options)
            }
            false => self.experiment.assess(self.history.observations(), &options),
        };
        // A cluster that prunes leaves `{}`.
        self.experiment.last_state = Some(match self.world.echoes_last_state {
            true => experiment::echoed(&assessment.last_state),
            false => LastState::default(),
        });
        assessment
    }

    /// The split that routes after an iteration where the world does not follow what is recommended, percents; before the
    /// first reply all goes to the baseline.
    fn split_of(&self, iteration: usize) -> Vec<f64> {
        match &self.world.split {
            Split::Given(splits) => splits[iteration % splits.len()].clone(),
            Split::Recommended => {
                let mut split = vec![0.0; self.world.versions.len()];
                split[0] = 100.0;
                split
            }
        }
    }
}

/// When every world's experiment starts, 2026-01-01T00:00:00Z, in microseconds since the Unix epoch.
const START_UNIX_MICROS: i64 = 1_767_225_600_000_000;

/// With [`SEED_MAX`] in it.
const SEED_ALLOWED: &str = "a simulation's seed is an integer from 0 to 9007199254740991";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(world: Value, seed: u64) -> Trajectory {
        simulate(&world, &SimulateOptions { seed, ..SimulateOptions::default() }).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_trajectory_and_another_one_another() {
        let one = run(json!("abn"), 1);
        assert_eq!(one, run(json!("abn"), 1));
        assert_ne!(one.iterations, run(json!("abn"), 2).iterations);
    }

    #[test]
    fn every_ready_world_runs() {
        for name in world_names() {
            let trajectory = run(json!({"base": name, "iterations": 6}), 3);
            let is_over = !trajectory.summary.rolled_back.is_empty();
            assert!(trajectory.iterations.len() == 6 || is_over, "{name}");
        }
    }

    #[test]
    fn totals_alone_lead_to_the_same_values_as_intervals() {
        let split = json!([50, 50]);
        let intervals = run(json!({"base": "canary", "split": split}), 5);
        let totals = run(json!({"base": "canary", "split": split, "observations": "totals"}), 5);
        let value = |trajectory: &Trajectory| trajectory.iterations[7].versions[1].criteria[0].value;
        assert_eq!(value(&intervals), value(&totals));
        assert!(value(&intervals).is_some());
    }

    #[test]
    fn a_candidate_that_is_rolled_back_ends_the_experiment() {
        let trajectory = run(json!("canary_bad"), 1);
        assert_eq!(trajectory.truth.violating, ["reviews-v4"]);
        assert_eq!(trajectory.summary.rolled_back, ["reviews-v4"]);
        assert!(trajectory.iterations.len() < 100);
    }

    #[test]
    fn options_in_json_need_a_seed_that_is_a_number() {
        let decode = |value: Value| SimulateOptions::decode(value.as_object().unwrap());
        assert_eq!(decode(json!({"seed": 7})).map(|options| options.seed), Ok(7));
        let message = decode(json!({"alpha": 1})).unwrap_err().to_string();
        assert!(message.contains("seed: field required") && message.contains("alpha: "), "{message}");
        for seed in [json!("random"), json!(-1), json!(1.5), json!(9_007_199_254_740_992_u64)] {
            let message = decode(json!({"seed": seed})).unwrap_err().to_string();
            assert_eq!(message, "seed: a simulation's seed is an integer from 0 to 9007199254740991");
        }
    }

    #[test]
    fn v1_can_be_asked_for() {
        let options = SimulateOptions { seed: 1, method: Some(Method::V1), ..SimulateOptions::default() };
        assert_eq!(simulate(&json!("canary"), &options).unwrap().method, Method::V1);
    }
}
