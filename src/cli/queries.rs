//! `queries`: an experiment becomes what would be asked of Prometheus, as indented JSON.
//!
//! Not here: sending it.

use serde_json::Value;

use super::args::Queries;
use super::output::Output;
use super::{Failure, clock, settings, subjects};
use crate::{Experiment, MetricData, Options};

pub(super) fn run(arguments: &Queries) -> Result<Output, Failure> {
    let settings = settings()?;
    let mut all = Vec::new();
    let mut subjects = subjects::read(&arguments.subject)?;
    for subject in &mut subjects {
        subject.start(clock(), false);
        let experiment = Experiment::parse(&subject.request, MetricData::Fetched, &settings)
            .map_err(|error| Failure::Wrong(subject.told(&error)))?;
        let now = arguments.now.or_else(|| subject.end()).or_else(|| experiment.now()).unwrap_or_else(clock);
        let queries = experiment.queries(&Options { settings, ..Options::new(now) }, &[])?;
        all.push((experiment.label().to_owned(), queries));
    }
    let text = match all.as_slice() {
        [(_, queries)] => serde_json::to_string_pretty(queries),
        all => {
            let named =
                |(name, queries): &(String, Vec<crate::Query>)| serde_json::json!({"name": name, "queries": queries});
            serde_json::to_string_pretty(&Value::from_iter(all.iter().map(named)))
        }
    };
    text.map(|text| Output::Plain(text + "\n")).map_err(|error| Failure::Cannot(error.to_string()))
}
