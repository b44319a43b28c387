//! A running experiment: totals come in, an assessment goes out each interval, and everything is remembered.
//!
//! The engine has no memory: its last state, which holds the split that increments count from, is kept here, as is the
//! history. Both lie in shared memory too, so that an assessor that starts again goes on where the last one was. Each
//! interval is claimed there before it is assessed: whatever two assessors do at once, one of them gets it. Where the
//! engine refuses (it cannot: the configuration was checked) the split stays.
//!
//! Not here: where totals come from and where the split goes (`assessor`, `pilot`).

use serde_json::{Map, Value};

use super::config::Config;
use super::guard::{self, Guard};
use super::history::{self, History};
use super::host::{Host, Level};
use super::split::Split;
use super::{facts, publish, shared, worker};
use crate::assessment::{Assessment, Entries};
use crate::wire::write;
use crate::{Error, Experiment, Instant, MetricData, Options, Settings, parse_json};

/// An experiment that is assessed again and again.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) config: Config,
    history: History,
    guard: Guard,
    last_state: Option<Value>,
    published: publish::Published,
    /// What the last assessment said, so that the log tells what is new.
    facts: Vec<String>,
}

impl Running {
    /// The experiment of a checked configuration, as far as it was remembered.
    pub(super) fn resume(host: &impl Host, config: Config) -> Self {
        let published = publish::Published::resume(host, &config);
        shared::create(host, &shared::key(&config.name, config.shape, CLAIMED), &shared::encode(&[0.0]));
        let (history, guard) = (History::default(), Guard::resume(&config, &History::default(), None));
        let mut running = Self { history, guard, last_state: None, published, facts: Vec::new(), config };
        running.recall(host);
        running
    }

    /// Takes up what was remembered.
    fn recall(&mut self, host: &impl Host) {
        let key = |what: &str| shared::key(&self.config.name, self.config.shape, what);
        self.last_state = host.read(&key(LAST_STATE)).and_then(|(bytes, _)| parse_json(&bytes).ok());
        let history = shared::numbers(host, &key(HISTORY)).and_then(|numbers| History::from_numbers(&numbers));
        self.history = history.unwrap_or_default();
        self.guard = Guard::resume(&self.config, &self.history, shared::numbers(host, &key(GUARD)));
    }

    /// Publishes the versions' `rows`, and if an interval has passed, assesses: then the split from now on.
    pub(super) fn advance(&mut self, host: &impl Host, rows: &[Vec<f64>]) -> Option<Split> {
        self.published.publish(host, &self.config, rows);
        let now = host.unix_nanos();
        let reading = history::reading(&self.config, rows);
        let claimed = self.claim_interval(host, now, &reading)?;
        let assessment = match self.assess(host, now, &reading) {
            Ok(assessment) => assessment,
            Err(error) => {
                host.log(Level::Error, &format!("iter8: {}: {error}", self.config.name));
                return None;
            }
        };
        self.look_at_recent_intervals(host, now, &assessment);
        let split = self.split_of(&assessment)?;
        // Whoever has claimed a later interval meanwhile knows better.
        if shared::numbers(host, &self.key(CLAIMED)) != Some(vec![claimed]) {
            self.recall(host);
            return None;
        }
        let nanos = host.unix_nanos().saturating_sub(now);
        publish::assessment(host, &self.config, &self.guard, &assessment, &split, nanos);
        facts::log(host, &self.config, &self.guard, &mut self.facts, &assessment);
        self.last_state = parse_json(write::to_text(&assessment.last_state).as_bytes()).ok();
        self.take_out_of_last_state();
        self.remember(host, &split);
        Some(split)
    }

    /// Takes note of the `reading`; where that ends an interval which is ours to assess, the configured lengths until then.
    fn claim_interval(&mut self, host: &impl Host, now: u64, reading: &[f64]) -> Option<f64> {
        let (seconds, length) = (now as f64 / 1e9, self.config.section.interval_seconds);
        if self.history.begin(seconds, reading) {
            // When it began decides when every interval ends.
            self.write(host, HISTORY, &self.history.to_numbers());
            self.write(host, CLAIMED, &[0.0]);
        }
        let steps = self.history.due(seconds, length)?;
        if !self.claims(host, steps) {
            self.recall(host);
            return None;
        }
        self.history.advance(steps, reading).then_some(steps)
    }

    /// Takes out, and logs, whom the last intervals by themselves show to be bad.
    fn look_at_recent_intervals(&mut self, host: &impl Host, now: u64, assessment: &Assessment) {
        let is_out = |id: &str| assessment.candidate_assessments.iter().any(|one| one.rollback && one.version.id == id);
        for version in self.guard.look(&self.config, &self.history, instant(now), is_out) {
            let (name, id) = (&self.config.name, &self.config.versions[version].id);
            host.log(Level::Warn, &format!("iter8: {name}: {id} is rolled back: it has turned bad"));
        }
    }

    /// The split in force: what was remembered, else the first one.
    pub(super) fn current_split(&self, host: &impl Host) -> Split {
        let percents = shared::numbers(host, &self.key(worker::SPLIT));
        percents
            .and_then(|percents| Split::of(percents, self.config.versions.len()))
            .unwrap_or_else(|| self.config.first_split())
    }

    fn assess(&self, host: &impl Host, now: u64, reading: &[f64]) -> Result<Assessment, Error> {
        let mut experiment = self.config.experiment.clone();
        experiment.insert("alpha".to_owned(), Value::from(guard::alpha_of_the_whole(self.config.alpha)));
        experiment.insert("iteration_number".to_owned(), Value::from(self.history.steps as u64));
        let last_state = self.last_state.clone().unwrap_or_else(|| self.first_state(&self.current_split(host)));
        experiment.insert("last_state".to_owned(), last_state);
        let experiment = Value::Object(experiment);
        let checked = Experiment::parse(&experiment, MetricData::Given, &Settings::default())?;
        let observations = self.history.observations(&self.config, reading);
        let now = instant(now);
        let assessment = checked.assess(&observations, &Options::new(now));
        if self.config.section.logs_evidence {
            let text = write::to_text(&experiment);
            let (now, observations) = (now.to_text(), write::to_text(&observations));
            let open = text.strip_suffix('}').unwrap_or_default();
            host.log(
                Level::Info,
                &format!("iter8 evidence {open},\"now\":\"{now}\",\"observations\":{observations}}}"),
            );
            host.log(Level::Info, &format!("iter8 assessment {}", write::to_text(&assessment)));
        }
        Ok(assessment)
    }

    /// A last state that says no more than the split, which the increments of the first assessment count from.
    fn first_state(&self, split: &Split) -> Value {
        let percents = self.config.versions.iter().zip(split.percents());
        let percents: Map<String, Value> =
            percents.map(|(version, percent)| (version.id.clone(), Value::from(*percent))).collect();
        let splits = STRATEGIES.iter().map(|name| ((*name).to_owned(), Value::Object(percents.clone())));
        let splits = Value::Object(splits.collect());
        let members = [("traffic_split_recommendation".to_owned(), splits), ("schema".to_owned(), Value::from(1))];
        Value::Object(members.into_iter().collect())
    }

    fn split_of(&self, assessment: &Assessment) -> Option<Split> {
        let splits = &assessment.traffic_split_recommendation;
        let split: &Entries<i32> = match self.config.strategy.as_str() {
            "top_2" => &splits.top_2,
            "uniform" => &splits.uniform,
            _ => &splits.progressive,
        };
        let percents = self.config.versions.iter().map(|version| split.get(&version.id).copied().map(f64::from));
        let mut percents: Vec<f64> = percents.collect::<Option<_>>()?;
        take_out(&self.guard, &mut percents);
        Split::of(percents, self.config.versions.len())
    }

    /// The split that increments count from is the one in force.
    fn take_out_of_last_state(&mut self) {
        let Some(splits) = self.last_state.as_mut().and_then(|state| state.get_mut("traffic_split_recommendation"))
        else {
            return;
        };
        let ids = || self.config.versions.iter().map(|version| version.id.as_str());
        for split in splits.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            let shares: Option<Vec<f64>> = ids().map(|id| split.get(id)?.as_f64()).collect();
            let Some(mut shares) = shares else { continue };
            take_out(&self.guard, &mut shares);
            ids().zip(shares).for_each(|(id, share)| drop(split.insert(id.to_owned(), Value::from(share))));
        }
    }

    fn remember(&self, host: &impl Host, split: &Split) {
        self.write(host, HISTORY, &self.history.to_numbers());
        self.write(host, GUARD, &self.guard.to_numbers());
        if let Some(state) = &self.last_state {
            host.write(&self.key(LAST_STATE), write::to_text(state).as_bytes(), None);
        }
        // Last: whoever sees the split finds what led to it.
        self.write(host, worker::SPLIT, split.percents());
    }

    /// Whether the interval that ends after so many configured lengths is ours: nobody has claimed it or a later one.
    fn claims(&self, host: &impl Host, steps: f64) -> bool {
        shared::update(host, &self.key(CLAIMED), |old| {
            let claimed = *shared::decode(old)?.first()?;
            (steps > claimed).then(|| shared::encode(&[steps]))
        })
    }

    fn key(&self, what: &str) -> String {
        shared::key(&self.config.name, self.config.shape, what)
    }

    fn write(&self, host: &impl Host, what: &str, numbers: &[f64]) {
        host.write(&self.key(what), &shared::encode(numbers), None);
    }
}

/// Gives to the baseline, the first, what those have who are held back.
fn take_out(guard: &Guard, shares: &mut [f64]) {
    let Some((baseline, candidates)) = shares.split_first_mut() else { return };
    for (place, share) in candidates.iter_mut().enumerate() {
        if guard.holds(place + 1) {
            *baseline += std::mem::take(share);
        }
    }
}

fn instant(unix_nanos: u64) -> Instant {
    Instant::from_unix_micros(i64::try_from(unix_nanos / 1_000).unwrap_or(i64::MAX))
}

/// How far intervals were claimed, in configured lengths since the beginning.
const CLAIMED: &str = "claimed";
const GUARD: &str = "guard";
const HISTORY: &str = "history";
const LAST_STATE: &str = "last_state";
const STRATEGIES: &[&str] = &["progressive", "top_2", "uniform"];
