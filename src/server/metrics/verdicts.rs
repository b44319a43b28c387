//! What was last said of each experiment becomes gauges, as delivery tools and dashboards ask for them.
//!
//! The experiments of the last hour, at most a hundred with at most a thousand pairs of version and criterion: a scrape
//! stays small, whatever clients send. An experiment that nobody asks about goes, so that no old verdict looks like news.
//!
//! Not here: replays, which say nothing of now.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use tokio::time::Instant;

use crate::Experiment;
use crate::assessment::{Assessment, CriterionAssessment, Verdict};
use crate::error::shorten;

/// What was last said of each experiment. Clones are the same table.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdicts(Arc<Mutex<BTreeMap<Name, Said>>>);

/// Experiment and service, as in the labels.
type Name = (String, String);

#[derive(Debug)]
struct Said {
    at: Instant,
    winner_found: bool,
    versions: Vec<Version>,
}

#[derive(Debug)]
struct Version {
    id: String,
    win_probability: f64,
    percent: Option<i32>,
    rollback: bool,
    /// Criterion -> 1: satisfied, 0: undecided, -1: violated.
    verdicts: Vec<(String, i64)>,
}

impl Verdicts {
    /// Puts what `assessment` says of `experiment` in the place of what was said before.
    pub fn show(&self, experiment: &Experiment, assessment: &Assessment) {
        let name = (shown(experiment.label()), shown(&experiment.service_name));
        let said = Said::of(assessment);
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(name, said);
        table.retain(|_, said| said.at.elapsed() < AGE_MAX);
        while table.len() > EXPERIMENTS_MAX || table.values().map(Said::size).sum::<usize>() > PAIRS_MAX {
            let oldest = table.iter().min_by_key(|(_, said)| said.at).map(|(name, _)| name.clone());
            if oldest.is_none_or(|oldest| table.remove(&oldest).is_none()) {
                break;
            }
        }
    }
}

impl Said {
    fn of(assessment: &Assessment) -> Self {
        let candidates = assessment.candidate_assessments.iter().map(|one| (&one.version, one.rollback));
        let all = candidates.chain([(&assessment.baseline_assessment, false)]);
        let percents = &assessment.traffic_split_recommendation.progressive;
        let versions = all.map(|(version, rollback)| Version {
            id: shown(&version.id),
            win_probability: version.win_probability,
            percent: percents.get(&version.id).copied(),
            rollback,
            verdicts: version.criterion_assessments.iter().filter_map(verdict).collect(),
        });
        Self {
            at: Instant::now(),
            winner_found: assessment.winner_assessment.winning_version_found,
            versions: versions.collect(),
        }
    }

    /// How many gauges it takes, about.
    fn size(&self) -> usize {
        self.versions.iter().map(|version| 1 + version.verdicts.len()).sum()
    }
}

fn verdict(criterion: &CriterionAssessment) -> Option<(String, i64)> {
    let verdict = match criterion.evidence.as_ref()?.verdict {
        Verdict::Satisfied => 1,
        Verdict::Undecided => 0,
        Verdict::Violated => -1,
    };
    Some((shown(&criterion.id), verdict))
}

impl Collector for Verdicts {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent: Vec<_> = table.iter().filter(|(_, said)| said.at.elapsed() < AGE_MAX).collect();
        let mut family = |name: &str, help: &str, values: &dyn Fn(&Said) -> Vec<(Labels, f64)>| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for ((experiment, service), said) in &recent {
                let mut seen = Vec::new();
                for (labels, value) in values(said) {
                    // An experiment may name a version or a criterion twice; a scrape must not.
                    if seen.contains(&labels) {
                        continue;
                    }
                    let mut all = vec![("experiment", experiment.clone()), ("service", service.clone())];
                    all.extend(labels.iter().cloned());
                    ConstGauge::new(value).encode(family.encode_family(&Pairs(all))?)?;
                    seen.push(labels);
                }
            }
            Ok(())
        };
        let help = "Whether the last assessment of the experiment names a winner";
        family("experiment_winner_found", help, &|said| vec![(Vec::new(), f64::from(u8::from(said.winner_found)))])?;
        let help = "Probability that the version wins, 0 to 1, by the last assessment";
        family("experiment_win_probability", help, &|said| of_versions(said, |version| Some(version.win_probability)))?;
        let help = "Percent of traffic that the progressive strategy recommends for the version";
        family("experiment_traffic_percent", help, &|said| {
            of_versions(said, |version| version.percent.map(f64::from))
        })?;
        let help = "Whether the candidate should get no more traffic";
        family("experiment_rollback", help, &|said| {
            of_versions(said, |version| Some(f64::from(u8::from(version.rollback))))
        })?;
        let help = "1: the version is shown to satisfy the criterion, -1: to violate it, 0: neither yet";
        family("experiment_verdict", help, &|said| {
            let of_version = |version: &Version| {
                let labels =
                    |criterion: &str| vec![("version", version.id.clone()), ("criterion", criterion.to_owned())];
                version.verdicts.iter().map(|(id, verdict)| (labels(id), *verdict as f64)).collect::<Vec<_>>()
            };
            said.versions.iter().flat_map(of_version).collect()
        })
    }
}

type Labels = Vec<(&'static str, String)>;

fn of_versions(said: &Said, value: impl Fn(&Version) -> Option<f64>) -> Vec<(Labels, f64)> {
    let labelled = |version: &Version| Some((vec![("version", version.id.clone())], value(version)?));
    said.versions.iter().filter_map(labelled).collect()
}

/// Labels of one sample.
struct Pairs(Labels);

impl EncodeLabelSet for Pairs {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelSetEncoder) -> Result<(), fmt::Error> {
        self.0.encode(encoder)
    }
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn shown(text: &str) -> String {
    shorten(text, LABEL_LENGTH_MAX)
}

const AGE_MAX: Duration = Duration::from_secs(60 * 60);
const EXPERIMENTS_MAX: usize = 100;
const PAIRS_MAX: usize = 1000;
const LABEL_LENGTH_MAX: usize = 100;
