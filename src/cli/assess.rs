//! `assess`: an experiment and metric data become an assessment, as the server's reply or as a text.
//!
//! The metric data come from the first of: `--observations`, the Prometheus of `--prometheus`, the experiment itself.
//! A Prometheus that answers some queries gives an assessment with notes, as over HTTP; one that answers none is
//! exit code 1, since a person (or a pipeline) stands there who can do something about it.
//!
//! Not here: the engine, the client of Prometheus, how the text looks.

use std::io::IsTerminal;

use serde_json::Value;

use super::args::{Assess, Format};
use super::output::Output;
use super::{Failure, clock, read, settings, text};
use crate::server::config::Backend;
use crate::server::prometheus::{Client, refusal};
use crate::{Experiment, MetricData, Observations, Options, Query};

pub(super) fn run(arguments: &Assess) -> Result<Output, Failure> {
    if arguments.observations.as_deref().is_some_and(read::is_stdin) && read::is_stdin(&arguments.experiment) {
        return Err(Failure::Wrong("--observations: standard input already holds the experiment".to_owned()));
    }
    let mut value = read::read(&arguments.experiment)?;
    let settings = settings()?;

    let given = arguments.observations.as_deref().map(read::read).transpose()?;
    if let (Some(_), Some(fields)) = (&arguments.prometheus, value.as_object_mut()) {
        // The flag beats the field: what is asked of a backend must be there although observations are.
        fields.shift_remove("observations");
    }
    let data = if arguments.prometheus.is_some() { MetricData::Fetched } else { MetricData::Given };
    let experiment = Experiment::parse(&value, data, &settings)?;
    let options = Options {
        now: arguments.now.or_else(|| experiment.now()).unwrap_or_else(clock),
        method: arguments.method.map(Into::into),
        seed: arguments.seed,
        entropy: entropy()?,
        settings,
    };

    let assessment = match (&given, &arguments.prometheus) {
        (Some(given), _) => experiment.assess(&experiment.read_observations(given)?, &options),
        (None, Some(url)) => experiment.assess(&fetch(&experiment, url, &options)?, &options),
        (None, None) if experiment.has_observations() => experiment.assess(experiment.own_observations()?, &options),
        (None, None) => return Err(Failure::Wrong(NO_DATA.to_owned())),
    };

    let is_terminal = std::io::stdout().is_terminal();
    let format = arguments.format.unwrap_or(if is_terminal { Format::Text } else { Format::Json });
    match format {
        Format::Text => Ok(Output::Styled(text::describe(&value, experiment.label(), &assessment))),
        Format::Json => {
            let reply = serde_json::to_string(&assessment).map_err(|error| Failure::Cannot(error.to_string()))?;
            Ok(Output::Plain(if is_terminal { reply + "\n" } else { reply }))
        }
    }
}

/// What the Prometheus at `url` knows of `experiment`.
fn fetch(experiment: &Experiment, url: &str, options: &Options) -> Result<Observations, Failure> {
    let backend = Backend::at("--prometheus", url).map_err(|error| Failure::Wrong(error.to_string()))?;
    let client = Client::new(&backend).map_err(cannot)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let (mut queries, mut answers) = (Vec::new(), Vec::new());
    loop {
        let next = experiment.queries(options, &answers)?;
        if next.is_empty() {
            break;
        }
        answers.extend(runtime.block_on(client.fetch_all(&next)));
        queries.extend(next);
        if answers.iter().all(|answer| refusal(answer).is_some()) {
            return Err(Failure::Cannot(refusals(&queries, &answers)));
        }
    }
    Ok(experiment.observe(&answers, options)?)
}

fn cannot(error: impl std::fmt::Display) -> Failure {
    Failure::Cannot(format!("--prometheus: {error}"))
}

/// `metric: why`, a line for each query; one line where all failed alike.
fn refusals(queries: &[Query], answers: &[Value]) -> String {
    let whys: Vec<String> = answers.iter().filter_map(refusal).collect();
    match whys.split_first() {
        Some((first, rest)) if rest.iter().all(|why| why == first) => format!("no query was answered: {first}"),
        _ => {
            let lines = queries.iter().zip(&whys).map(|(query, why)| format!("{}: {why}", query.metric));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

fn entropy() -> Result<u64, Failure> {
    getrandom::u64().map_err(|error| Failure::Cannot(format!("the system gives no random numbers: {error}")))
}

const NO_DATA: &str = "observations: the experiment holds none: give --observations FILE or --prometheus URL";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(metric: &str) -> Query {
        Query::instant(metric, String::new(), 0.into())
    }

    #[test]
    fn one_reason_for_all_queries_is_said_once() {
        let answers = [json!({"error": "connection refused"}), json!({"error": "connection refused"})];
        let message = refusals(&[query("a"), query("b")], &answers);
        assert_eq!(message, "no query was answered: connection refused");
    }

    #[test]
    fn different_reasons_are_said_with_their_metrics() {
        let answers = [json!({"status": "error", "errorType": "bad_data", "error": "no"}), json!({"html": "?"})];
        let message = refusals(&[query("a"), query("b")], &answers);
        let lines =
            ["a: the backend refused the query (bad_data): no", "b: the answer is not one of Prometheus' query API"];
        assert_eq!(message.lines().collect::<Vec<_>>(), lines);
    }
}
