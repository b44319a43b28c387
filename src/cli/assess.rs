//! `assess`: experiments and metric data become assessments, as the server's reply, as a text, or as a resource's status.
//!
//! The metric data come from the first of: `--observations`, the Prometheus of `--prometheus`, the experiment itself.
//! A Prometheus that answers some queries gives an assessment with notes, as over HTTP; one that answers none is
//! exit code 1, since a person (or a pipeline) stands there who can do something about it.
//!
//! Not here: the engine, the client of Prometheus, how the text looks, looking again (`watch`).

use std::io::IsTerminal;

use serde_json::{Value, json};

use super::args::{Assess, AssessFormat};
use super::output::Output;
use super::subjects::{self, Subject};
use super::{Failure, clock, read, settings, text, watch};
use crate::assessment::Assessment;
use crate::server::config::Backend;
use crate::server::prometheus::{Client, refusal};
use crate::{Experiment, MetricData, Observations, Options, Query, Settings, to_status};

pub(super) fn run(arguments: &Assess) -> Result<Output, Failure> {
    let named = &arguments.subject;
    if subjects::shares_stdin(&[Some(&named.experiment), named.metrics.as_deref(), arguments.observations.as_deref()]) {
        return Err(Failure::Wrong(STDIN_TWICE.to_owned()));
    }
    let mut subjects = subjects::read(named)?;
    let settings = settings()?;
    if arguments.start.is_some() && subjects.iter().all(|subject| subject.resource.is_none()) {
        return Err(Failure::Wrong(START_OF_REQUEST.to_owned()));
    }
    let start = arguments.start.unwrap_or_else(clock);
    subjects.iter_mut().for_each(|subject| subject.start(start, arguments.start.is_some()));
    let given = arguments.observations.as_deref().map(read::read).transpose()?;
    if given.is_some() && subjects.len() > 1 {
        return Err(Failure::Wrong(format!(
            "--observations: they are of one of {} experiments: say which with --name",
            subjects.len()
        )));
    }
    if arguments.watch {
        return watch::run(arguments, subjects, settings);
    }
    let asked = arguments.prometheus.as_deref().map(Asked::new).transpose()?;
    let mut done = Vec::new();
    for subject in &mut subjects {
        let (experiment, options) = experiment(subject, arguments, settings)?;
        let assessment = match (&given, &asked) {
            (Some(given), _) => experiment.assess(&experiment.read_observations(given)?, &options),
            (None, Some(asked)) => experiment.assess(&asked.fetch(&experiment, &options)?, &options),
            (None, None) if experiment.has_observations() => {
                let own = experiment.own_observations().map_err(|error| Failure::Wrong(subject.told(&error)))?;
                experiment.assess(own, &options)
            }
            (None, None) => return Err(Failure::Wrong(NO_DATA.to_owned())),
        };
        done.push((&*subject, experiment, assessment));
    }
    print(arguments.format, &done)
}

/// The checked experiment, and as of when it is assessed.
pub(super) fn experiment(
    subject: &mut Subject,
    arguments: &Assess,
    settings: Settings,
) -> Result<(Experiment, Options), Failure> {
    if let (Some(_), Some(fields)) = (&arguments.prometheus, subject.request.as_object_mut()) {
        // The flag beats the field: what is asked of a backend must be there although observations are.
        fields.shift_remove("observations");
    }
    let data = if arguments.prometheus.is_some() { MetricData::Fetched } else { MetricData::Given };
    let experiment =
        Experiment::parse(&subject.request, data, &settings).map_err(|error| Failure::Wrong(subject.told(&error)))?;
    let of_status = if arguments.replay { subject.last() } else { subject.end() };
    if arguments.replay && of_status.is_none() {
        return Err(Failure::Wrong("--replay: there is no assessment yet (no status.lastUpdateTime)".to_owned()));
    }
    let options = Options {
        now: arguments.now.or(of_status).or_else(|| experiment.now()).unwrap_or_else(clock),
        method: arguments.method.map(Into::into),
        seed: arguments.seed,
        entropy: entropy()?,
        settings,
    };
    Ok((experiment, options))
}

/// An experiment, checked, and its assessment.
pub(super) type Done<'s> = (&'s Subject, Experiment, Assessment);

/// What goes to standard output.
pub(super) fn print(format: Option<AssessFormat>, done: &[Done]) -> Result<Output, Failure> {
    let is_terminal = std::io::stdout().is_terminal();
    let format = format.unwrap_or(if is_terminal { AssessFormat::Text } else { AssessFormat::Json });
    let end = if is_terminal { "\n" } else { "" };
    match (format, done) {
        (AssessFormat::Text, done) => {
            let text = |(subject, experiment, assessment): &Done| match subject.title() {
                Some((label, versions)) => {
                    text::describe(&subject.request, &label, assessment).replacen('\n', &format!("\n{versions}\n"), 1)
                }
                None => text::describe(&subject.request, experiment.label(), assessment),
            };
            Ok(Output::Styled(done.iter().map(text).collect::<Vec<_>>().join("\n\n")))
        }
        (AssessFormat::Json, [(_, _, assessment)]) => {
            serde_json::to_string(assessment).map(|reply| Output::Plain(reply + end)).map_err(unwritable)
        }
        (AssessFormat::Status, [one]) => Ok(Output::Plain(status(one)?.to_string() + end)),
        (format, done) => {
            let value = |one: &Done| -> Result<Value, Failure> {
                let (subject, experiment, assessment) = one;
                let namespace = subject.resource.as_ref().map(|(resource, _)| &resource.namespace);
                let (key, value) = match format {
                    AssessFormat::Status => ("status", status(one)?),
                    _ => ("assessment", serde_json::to_value(assessment).map_err(unwritable)?),
                };
                Ok(json!({"namespace": namespace, "name": experiment.label(), key: value}))
            };
            Ok(Output::Plain(Value::Array(done.iter().map(value).collect::<Result<_, _>>()?).to_string() + end))
        }
    }
}

fn status((subject, _, assessment): &Done) -> Result<Value, Failure> {
    let Some((_, document)) = &subject.resource else {
        return Err(Failure::Wrong("--format status: a request has no status: give an Experiment resource".to_owned()));
    };
    Ok(to_status(document, &serde_json::to_value(assessment).map_err(unwritable)?)?)
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::Cannot(error.to_string())
}

/// A Prometheus that is asked.
pub(super) struct Asked {
    client: Client,
    pub(super) runtime: tokio::runtime::Runtime,
}

impl Asked {
    /// The Prometheus at `url`.
    pub(super) fn new(url: &str) -> Result<Self, Failure> {
        let backend = Backend::at("--prometheus", url).map_err(|error| Failure::Wrong(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
        Ok(Self { client: Client::new(&backend).map_err(cannot)?, runtime })
    }

    /// Its answers to `queries`.
    pub(super) fn answers(&self, queries: &[Query]) -> Vec<Value> {
        self.runtime.block_on(self.client.fetch_all(queries))
    }

    /// What it knows of `experiment`.
    fn fetch(&self, experiment: &Experiment, options: &Options) -> Result<Observations, Failure> {
        self.runtime.block_on(self.ask(experiment, options))
    }

    /// The same, for whoever waits for something else too.
    pub(super) async fn ask(&self, experiment: &Experiment, options: &Options) -> Result<Observations, Failure> {
        let (mut queries, mut answers) = (Vec::new(), Vec::new());
        loop {
            let next = experiment.queries(options, &answers)?;
            if next.is_empty() {
                return Ok(experiment.observe(&answers, options)?);
            }
            answers.extend(self.client.fetch_all(&next).await);
            queries.extend(next);
            if answers.iter().all(|answer| refusal(answer).is_some()) {
                return Err(Failure::Cannot(refusals(&queries, &answers)));
            }
        }
    }
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

const STDIN_TWICE: &str = "--observations, --metrics: standard input already holds another file";
const START_OF_REQUEST: &str = "--start: a request says itself when it starts (start_time); a resource may not yet";
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
