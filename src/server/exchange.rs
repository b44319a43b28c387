//! One request body becomes one assessment: read, ask the backend, observe, assess.
//!
//! The engine computes on threads of its own, one for each core, so that I/O and health checks go on beside a
//! large experiment. Queries of one request are all for one instant: the experiment's `now`, or the clock's. The
//! deadline runs from the body's last byte: a wait for a core is part of it.
//! A backend that fails is no failure here: its answer says so, and the engine makes the best of the rest. Where there is a
//! memory, a request that brings no `last_state` is given what was kept, and what it leads to is kept before it is told.
//!
//! Not here: paths and methods (`routes`), how the backend is asked (`prometheus`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Follow;
use super::body::{BodyMemory, HeldBody, MemoryShare};
use super::log::Facts;
use super::metrics::Metrics;
use super::prometheus::{Client, refusal};
use super::recollection::{self, Recollection};
use super::reply;
use super::store::Store;
use crate::assessment::Assessment;
use crate::{Error, Experiment, Instant, MetricData, Options, Query, Settings, parse_json};

/// What answers `POST /assessment`.
pub(super) struct Exchange {
    client: Client,
    memory: BodyMemory,
    cores: Semaphore,
    store: Option<Store>,
    engine: Engine,
}

/// What the engine's threads need.
#[derive(Clone)]
struct Engine {
    settings: Settings,
    follow: Option<Follow>,
    metrics: Arc<Metrics>,
    remembers: bool,
}

impl Exchange {
    pub fn new(
        client: Client,
        memory: BodyMemory,
        settings: Settings,
        store: Option<Store>,
        follow: Option<Follow>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let cores = Semaphore::new(available_parallelism().map_or(1, usize::from));
        let engine = Engine { settings, follow, metrics, remembers: store.is_some() };
        Self { client, memory, cores, store, engine }
    }

    /// The reply to `request`.
    pub async fn answer(&self, request: Request) -> Response {
        let body = match self.memory.read(request).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let deadline = self.client.deadline();
        let engine = self.engine.clone();
        let is_small = body.bytes.len() <= BODY_LENGTH_SMALL;
        let mut step = self.compute(is_small, move || engine.begin(body)).await;
        loop {
            let engine = self.engine.clone();
            step = match step {
                Some(Step::Finished(response)) => return response,
                None => return broken(),
                Some(Step::Begun(task)) => self.compute(task.is_small, move || engine.start(task)).await,
                Some(Step::Recall(mut task)) => {
                    self.recall(&mut task).await;
                    self.compute(task.is_small, move || engine.resume(task)).await
                }
                // A second round asks for intervals once the first has told how often the backend scrapes; there is no third.
                Some(Step::Fetch(mut task)) => {
                    self.fetch(&mut task, deadline).await;
                    self.compute(task.is_small, move || engine.go_on(task)).await
                }
                Some(Step::Remember(mut task, assessment)) => {
                    self.remember(&mut task, &assessment).await;
                    self.compute(task.is_small, move || Step::Finished(engine.tell(*task, *assessment))).await
                }
            };
        }
    }

    async fn recall(&self, task: &mut Task) {
        if let (Some(store), Some(recollection)) = (&self.store, &mut task.recollection) {
            recollection.recall(store, &self.engine.metrics).await;
        }
    }

    async fn fetch(&self, task: &mut Task, deadline: tokio::time::Instant) {
        let start = tokio::time::Instant::now();
        let answers = self.client.fetch_all_until(&task.queries[task.answers.len()..], deadline).await;
        self.engine.metrics.asked(start.elapsed(), &answers);
        task.answers.extend(answers);
    }

    async fn remember(&self, task: &mut Task, assessment: &Assessment) {
        if let (Some(store), Some(recollection)) = (&self.store, &mut task.recollection) {
            recollection.remember(store, assessment, &self.engine.metrics).await;
        }
    }

    /// What `work` gives on a thread of the engine's, or right here for a request that is small; `None` if it panicked.
    async fn compute<T: Send + 'static>(&self, is_small: bool, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        if is_small {
            // To hand it over and to be woken again takes longer than the work.
            return catch_unwind(AssertUnwindSafe(work)).inspect_err(|_| tracing::error!("the engine broke")).ok();
        }
        // The semaphore is never closed; without a permit there would only be more threads than cores.
        let _core = self.cores.acquire().await.ok();
        spawn_blocking(work).await.inspect_err(|error| tracing::error!("the engine broke: {error}")).ok()
    }
}

enum Step {
    Finished(Response),
    Begun(Box<Task>),
    Recall(Box<Task>),
    Fetch(Box<Task>),
    Remember(Box<Task>, Box<Assessment>),
}

/// An experiment that waits for the backend.
struct Task {
    experiment: Experiment,
    /// The experiment as sent, where somebody follows or remembers.
    value: Option<Value>,
    /// What is kept of it between requests, where something is.
    recollection: Option<Recollection>,
    options: Options,
    /// All that was asked so far or is to be asked next.
    queries: Vec<Query>,
    /// The answers so far.
    answers: Vec<Value>,
    /// Whether it is read and assessed within a millisecond or so.
    is_small: bool,
    /// An experiment takes as much memory as its text: the share goes with the task.
    _share: MemoryShare,
}

impl Engine {
    fn begin(&self, body: HeldBody) -> Step {
        self.read(body).unwrap_or_else(|error| Step::Finished(refuse(&error)))
    }

    fn read(&self, HeldBody { bytes, share }: HeldBody) -> Result<Step, Error> {
        let value = parse_json(&bytes)?;
        let is_short = bytes.len() <= BODY_LENGTH_SMALL;
        drop(bytes);
        let experiment = Experiment::parse(&value, MetricData::Fetched, &self.settings)?;
        let is_small = is_short && experiment.versions.len() * experiment.criteria.len() <= PAIRS_SMALL;
        let now = experiment.now().unwrap_or_else(clock);
        let options = Options { entropy: entropy(), settings: self.settings, ..Options::new(now) };
        let recollection = self.remembers.then(|| Recollection::of(&value, &experiment, now)).flatten();
        let value = (self.follow.is_some() || recollection.is_some()).then_some(value);
        let (queries, answers) = (Vec::new(), Vec::new());
        let task =
            Box::new(Task { experiment, value, recollection, options, queries, answers, is_small, _share: share });
        Ok(if task.recollection.is_some() { Step::Recall(task) } else { Step::Begun(task) })
    }

    /// Goes on with what was kept, if anything was.
    fn resume(&self, mut task: Box<Task>) -> Step {
        if let (Some(value), Some(state)) = (&mut task.value, task.recollection.as_ref().and_then(Recollection::state))
            && let Some(experiment) = recollection::with_state(value, state, &self.settings)
        {
            task.experiment = experiment;
        }
        task.value = task.value.take().filter(|_| self.follow.is_some());
        self.start(task)
    }

    fn start(&self, task: Box<Task>) -> Step {
        if task.experiment.has_observations() { self.finish(task) } else { self.go_on(task) }
    }

    /// What comes after the answers so far: more queries, or the reply.
    fn go_on(&self, mut task: Box<Task>) -> Step {
        match task.experiment.queries(&task.options, &task.answers) {
            Ok(next) if next.is_empty() => self.finish(task),
            // A backend that has answered nothing is not asked for more: it would only say the same once again.
            Ok(_) if has_only_refusals(&task.answers) => self.finish(task),
            Ok(next) => {
                task.queries.extend(next);
                Step::Fetch(task)
            }
            Err(error) => Step::Finished(refuse(&error)),
        }
    }

    fn finish(&self, task: Box<Task>) -> Step {
        let assessment = match self.assess(&task) {
            Ok(assessment) => Box::new(assessment),
            Err(error) => return Step::Finished(with_facts(refuse(&error), &task)),
        };
        self.metrics.assessed(&task.experiment, &assessment);
        if let (Some(follow), Some(value)) = (&self.follow, &task.value) {
            follow(value, &assessment);
        }
        if task.recollection.is_some() {
            Step::Remember(task, assessment)
        } else {
            Step::Finished(self.tell(*task, *assessment))
        }
    }

    fn assess(&self, task: &Task) -> Result<Assessment, Error> {
        Ok(if task.experiment.has_observations() {
            task.experiment.assess(task.experiment.own_observations()?, &task.options)
        } else {
            task.experiment.assess(&task.experiment.observe(&task.answers, &task.options)?, &task.options)
        })
    }

    fn tell(&self, task: Task, mut assessment: Assessment) -> Response {
        assessment.notes.extend(task.recollection.as_ref().and_then(Recollection::note));
        let response = match serde_json::to_vec(&assessment) {
            Ok(text) => reply::json_text(StatusCode::OK, text),
            Err(error) => {
                tracing::error!("an assessment cannot be written: {error}");
                broken()
            }
        };
        let codes: Vec<&str> = assessment.status.iter().map(|status| status.code()).collect();
        let mut response = with_facts(response, &task);
        if let Some(facts) = response.extensions_mut().get_mut::<Facts>() {
            facts.data = Some(codes.join(", ")).filter(|codes| !codes.is_empty());
        }
        response
    }
}

/// `response` with what the log is to say about `task`.
fn with_facts(mut response: Response, task: &Task) -> Response {
    let mut facts = Facts { experiment: Some(task.experiment.label().to_owned()), ..Facts::default() };
    if !task.queries.is_empty() {
        note_failures(&mut facts, &task.queries, &task.answers);
    }
    if let Some(Facts { problem: Some(problem), .. }) = response.extensions().get::<Facts>() {
        facts.problem = Some(problem.clone());
    }
    response.extensions_mut().insert(facts);
    response
}

fn has_only_refusals(answers: &[Value]) -> bool {
    !answers.is_empty() && answers.iter().all(|answer| refusal(answer).is_some())
}

/// Notes in `facts` how many queries went unanswered, and what the first of them met.
fn note_failures(facts: &mut Facts, queries: &[Query], answers: &[Value]) {
    let mut failures = queries
        .iter()
        .zip(answers)
        .filter_map(|(query, answer)| Some(format!("{}: {}", query.metric, refusal(answer)?)));
    let first = failures.next();
    facts.backend_failures = Some(failures.count() + usize::from(first.is_some()));
    facts.problem = first;
}

fn refuse(error: &Error) -> Response {
    let mut response = reply::detail(StatusCode::UNPROCESSABLE_ENTITY, error);
    response.extensions_mut().insert(Facts { problem: Some(error.to_string()), ..Facts::default() });
    response
}

fn broken() -> Response {
    reply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn clock() -> Instant {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Instant::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// What `seed: "random"` becomes; without a source of entropy the clock must do.
fn entropy() -> u64 {
    getrandom::u64().unwrap_or_else(|_| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos() as u64))
}

/// A body of this length is read within a tenth of a millisecond.
const BODY_LENGTH_SMALL: usize = 4 << 10;
/// So many pairs of version and criterion are assessed within a millisecond or so.
const PAIRS_SMALL: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Limits;
    use axum::body::Body;

    const EXPERIMENT: &str = r#"{
        "method": "v1", "start_time": "2026-01-01T10:00:00Z", "now": "2026-01-01T10:10:00Z", "service_name": "shop",
        "baseline": {"id": "v1", "version_labels": {"version": "v1"}},
        "candidates": [{"id": "v2", "version_labels": {"version": "v2"}}],
        "metric_specs": {"counter_metrics": [{"name": "iter8_request_count",
            "query_template": "sum(increase(requests[$interval])) by ($version_labels)"}], "ratio_metrics": []},
        "criteria": [{"id": "requests", "metric_id": "iter8_request_count"}]
    }"#;

    #[tokio::test]
    async fn a_body_keeps_its_share_of_the_memory_until_its_reply_is_made() {
        let memory = BodyMemory::new(&Limits::default());
        let free = memory.free_bytes();
        let body = memory.read(Request::new(Body::from(EXPERIMENT))).await.unwrap_or_else(|reply| panic!("{reply:?}"));
        let metrics = Arc::new(Metrics::new(None));
        let engine = Engine { settings: Settings::default(), follow: None, metrics, remembers: false };
        let begun = match engine.begin(body) {
            Step::Begun(task) => task,
            Step::Finished(reply) => panic!("{:?}", reply.extensions().get::<Facts>()),
            _ => panic!("nothing is kept and nothing asked yet"),
        };
        let Step::Fetch(mut task) = engine.start(begun) else { panic!("there is a query") };
        assert_eq!(free - memory.free_bytes(), 1024);
        task.answers = vec![serde_json::json!({"error": "nobody there"}); task.queries.len()];
        let Step::Finished(reply) = engine.go_on(task) else { panic!("all is asked") };
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(memory.free_bytes(), free);
    }
}
