//! Finished experiments, from a watched folder and from the assessments that the server gives, become iter8-trend's gauges.
//!
//! The files of the folder hold Experiment resources or assessments; an experiment of the server's own counts while its
//! newest assessment names a candidate as winner, with the time at which that winner was first named, so that its labels
//! stay. Once a period the folder is looked at again, and Prometheus is asked what new winners used; what it does not answer
//! is asked again in the next period. A file of no use leaves what it told before, with a warning.
//!
//! Not here: what counts as finished, names and labels (`crate::trend`). What the server itself saw is gone when it ends.

mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use self::folder::Folder;
use super::config::Trends;
use super::prometheus::{Client, refusal};
use super::store::Key;
use crate::assessment::Assessment;
use crate::resource::VERSION_KINDS;
use crate::trend::{Finished, exposition};

/// What is known of finished experiments. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Trend(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// What lies in the folder.
    filed: Vec<Finished>,
    /// What the server was asked about, by experiment, and how many were added before.
    seen: BTreeMap<[u8; 32], (u64, Finished)>,
    count: u64,
    /// What Prometheus said of what a winner used, by the labels of the experiment.
    used: BTreeMap<Labels, Vec<Value>>,
}

type Labels = Vec<(&'static str, String)>;

impl Trend {
    /// Takes note of `assessment`, which answers `request`. A replay says nothing.
    pub fn follow(&self, request: &Value, assessment: &Assessment) {
        if request.get("now").is_some_and(|now| !now.is_null()) {
            return;
        }
        let key = Key::of(request).0;
        let finished = finished(request, assessment);
        let mut known = self.lock();
        let Some(finished) = finished else {
            known.seen.remove(&key);
            return;
        };
        let count = known.count;
        match known.seen.get_mut(&key) {
            Some((_, before)) if before.label("winner") == finished.label("winner") => before.values = finished.values,
            Some((_, before)) => *before = finished,
            None => {
                known.seen.insert(key, (count, finished));
                known.count += 1;
            }
        }
        while known.is_too_much() {
            let oldest = known.seen.iter().min_by_key(|(_, (count, _))| *count).map(|(key, _)| *key);
            if oldest.is_none_or(|oldest| known.seen.remove(&oldest).is_none()) {
                break;
            }
        }
    }

    /// All gauges in Prometheus' text format. What a file tells of an experiment is said rather than what was seen of it.
    pub fn text(&self) -> String {
        let known = self.lock();
        let mut all: Vec<Finished> = known.all().cloned().collect();
        for finished in &mut all {
            if let Some(answers) = known.used.get(&finished.labels) {
                finished.take(answers);
            }
        }
        drop(known);
        exposition(all.iter())
    }

    /// Looks at the folder and asks Prometheus, once a period, for as long as it is polled.
    pub async fn watch(self, settings: Trends, client: Client) {
        let mut folder = settings.folder.map(Folder::new);
        let mut ticks = interval(settings.period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(mut watched) = folder.take() {
                let looked = spawn_blocking(move || {
                    let all = watched.look();
                    (watched, all)
                });
                // It ends in a panic alone; there is no folder to look at then.
                let Ok((watched, all)) = looked.await else { return };
                folder = Some(watched);
                self.lock().filed = all;
            }
            self.ask(&client).await;
        }
    }

    async fn ask(&self, client: &Client) {
        let unasked: Vec<Finished> = {
            let mut known = self.lock();
            let wanted: Vec<Finished> = known.all().cloned().collect();
            let labels: BTreeSet<&Labels> = wanted.iter().map(|finished| &finished.labels).collect();
            known.used.retain(|known, _| labels.contains(known));
            wanted.into_iter().filter(|finished| !known.used.contains_key(&finished.labels)).collect()
        };
        for finished in unasked {
            let queries = finished.queries();
            let answers = if queries.is_empty() { Vec::new() } else { client.fetch_all(&queries).await };
            let refused = answers.iter().find_map(|answer| Some((answer, refusal(answer)?)));
            let Some((answer, why)) = refused else {
                self.lock().used.insert(finished.labels, answers);
                continue;
            };
            tracing::warn!(experiment = finished.label("name"), why, "what a winner used is not known");
            // Who refuses this query may answer the next one; who does not answer would let that wait too.
            if answer.get("status").is_none() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked in here left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether a scrape would be larger than it may be, whatever clients send.
    fn is_too_much(&self) -> bool {
        let values: usize = self.seen.values().map(|(_, finished)| finished.values.len()).sum();
        self.seen.len() > EXPERIMENTS_MAX || values > VALUES_MAX
    }

    fn all(&self) -> impl Iterator<Item = &Finished> {
        let filed: BTreeSet<(&str, &str)> = self.filed.iter().map(name_and_start).collect();
        let seen = self.seen.values().map(|(_, finished)| finished);
        self.filed.iter().chain(seen.filter(move |seen| !filed.contains(&name_and_start(seen))))
    }
}

/// By what an experiment in the folder is known to be one that was seen: no request names its namespace.
fn name_and_start(finished: &Finished) -> (&str, &str) {
    (finished.label("name"), finished.label("start_time"))
}

/// What `assessment` of `request` tells; `None` where no candidate has won.
fn finished(request: &Value, assessment: &Assessment) -> Option<Finished> {
    if !assessment.winner_assessment.winning_version_found {
        return None;
    }
    let text = |field: &str| request.get(field).and_then(Value::as_str);
    let baseline = request.get("baseline")?;
    let document = json!({
        "namespace": label_of(baseline, |(_, namespace)| namespace),
        "name": text("name"),
        "service_name": text("service_name"),
        "start_time": text("start_time"),
        "assessment": serde_json::to_value(assessment).ok()?,
    });
    let mut finished = Finished::of(&document, text("service_name").unwrap_or_default())?;
    let candidates = request.get("candidates").and_then(Value::as_array).into_iter().flatten();
    let versions: Vec<&Value> = std::iter::once(baseline).chain(candidates).collect();
    for (_, value) in finished.labels.iter_mut().filter(|(label, _)| ["baseline", "winner"].contains(label)) {
        let version = versions.iter().find(|version| version.get("id").and_then(Value::as_str) == Some(value.as_str()));
        // The controller's ids are `baseline` and `candidate-0`; its pods are called by what the labels say.
        if let Some(name) = version.and_then(|version| label_of(version, |(name, _)| name)) {
            *value = name.to_owned();
        }
    }
    Some(finished)
}

/// The label of `version` that tells its name or its namespace, by what iter8's controller sends.
fn label_of(version: &Value, which: fn((&'static str, &'static str)) -> &'static str) -> Option<&str> {
    let given = version.get("version_labels")?;
    VERSION_KINDS.iter().find_map(|(_, labels)| given.get(which(*labels))?.as_str())
}

/// Experiments of a kind that are told of, and values of the server's own; beyond them the first goes.
const EXPERIMENTS_MAX: usize = 1000;
const VALUES_MAX: usize = 10_000;
