//! `assess --watch`: an assessment at every interval, each with the state of the last, as the controller asks for them.
//!
//! On a terminal each look takes the place of the last; elsewhere the looks follow one another: texts, or a line of JSON
//! each. A Prometheus that does not answer is told on standard error, and the next look is awaited. Ctrl-C ends it.
//!
//! Not here: how one assessment is made (`assess`).

use std::io::IsTerminal;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::Failure;
use super::args::Assess;
use super::assess::{Asked, experiment, print};
use super::output::{Output, write_error};
use super::subjects::Subject;
use crate::Settings;

pub(super) fn run(arguments: &Assess, mut subjects: Vec<Subject>, settings: Settings) -> Result<Output, Failure> {
    let asked = Asked::new(arguments.prometheus.as_deref().unwrap_or_default())?;
    let interval = interval(arguments, &subjects);
    let mut looks = 0;
    asked.runtime.block_on(async {
        let mut next = Instant::now();
        loop {
            let look = look(arguments, &asked, &mut subjects, settings);
            tokio::select! {
                shown = look => match shown {
                    Ok(output) => output.write()?,
                    // A wrong experiment stays wrong.
                    Err(Failure::Cannot(message)) => write_error(&message),
                    Err(wrong) => return Err(wrong),
                },
                _ = tokio::signal::ctrl_c() => break,
            }
            looks += 1;
            if arguments.looks.is_some_and(|wanted| looks >= wanted) {
                break;
            }
            next += interval;
            tokio::select! {
                () = sleep_until(next) => {}
                _ = tokio::signal::ctrl_c() => break,
            }
        }
        Ok(Output::Plain(String::new()))
    })
}

/// The time between two looks: the shortest that one of the resources asks for.
fn interval(arguments: &Assess, subjects: &[Subject]) -> Duration {
    let of_resources =
        subjects.iter().filter_map(|one| one.resource.as_ref()).map(|(resource, _)| resource.interval_seconds);
    let shortest = of_resources.fold(f64::INFINITY, f64::min);
    let seconds = match arguments.interval {
        Some(seconds) => f64::from(seconds),
        None if shortest.is_finite() => shortest.max(INTERVAL_SECONDS_MIN),
        None => INTERVAL_SECONDS_DEFAULT,
    };
    Duration::from_secs_f64(seconds)
}

/// One look at every experiment; what it learnt goes into the next.
async fn look(
    arguments: &Assess,
    asked: &Asked,
    subjects: &mut [Subject],
    settings: Settings,
) -> Result<Output, Failure> {
    let mut found = Vec::new();
    for subject in subjects.iter_mut() {
        let (experiment, options) = experiment(subject, arguments, settings)?;
        let observations = asked.ask(&experiment, &options).await?;
        let assessment = experiment.assess(&observations, &options);
        if let Some(members) = subject.request.as_object_mut() {
            let state = serde_json::to_value(&assessment.last_state).unwrap_or_default();
            members.insert("last_state".to_owned(), state);
            let iteration = members.get("iteration_number").and_then(Value::as_u64).map_or(1, |number| number + 1);
            members.insert("iteration_number".to_owned(), Value::from(iteration));
        }
        found.push((experiment, assessment));
    }
    let done: Vec<_> = subjects
        .iter()
        .zip(found)
        .map(|(subject, (experiment, assessment))| (subject, experiment, assessment))
        .collect();
    let is_terminal = std::io::stdout().is_terminal();
    Ok(match print(arguments.format, &done)? {
        Output::Styled(text) if is_terminal => Output::Styled(format!("{CLEAR}{text}\n")),
        Output::Styled(text) => Output::Styled(format!("{text}\n\n")),
        Output::Plain(text) if is_terminal => Output::Plain(text),
        Output::Plain(text) => Output::Plain(text + "\n"),
    })
}

/// To the upper left corner, and everything behind it away.
const CLEAR: &str = "\x1b[H\x1b[2J";
const INTERVAL_SECONDS_DEFAULT: f64 = 30.0;
/// More often nothing new is there to see.
const INTERVAL_SECONDS_MIN: f64 = 1.0;
