//! Prometheus' HTTP API over the world: requests for `/api/v1/query` and `/api/v1/query_range` -> its JSON.
//!
//! Parameters come in the URL or as a form, times as Unix seconds or RFC 3339, steps as seconds or durations. What the
//! world does not answer is refused as Prometheus refuses a bad query: status 400, `bad_data`, and its words.
//!
//! Not here: queries (`promql`, `evaluate`).

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::evaluate::Plan;
use super::scanner::duration_seconds;
use super::series::{self, Series};
use super::world::World;
use super::{clock, promql};
use crate::Instant;

/// The world's API and its experiment, below whatever path it is mounted at.
pub fn router(world: Arc<World>) -> Router {
    let api = Arc::new(Api { world, series: series::all() });
    Router::new()
        .route("/api/v1/query", get(query).post(query))
        .route("/api/v1/query_range", get(query_range).post(query_range))
        .route("/experiment", get(experiment))
        .with_state(api)
}

#[derive(Debug)]
struct Api {
    world: Arc<World>,
    series: Vec<Series>,
}

async fn experiment(State(api): State<Arc<Api>>) -> Response {
    reply(StatusCode::OK, &super::experiment(&api.world))
}

async fn query(State(api): State<Arc<Api>>, url: RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    envelope(api.instant(&Parameters::read(url, &headers, &body), clock()))
}

async fn query_range(State(api): State<Arc<Api>>, url: RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    envelope(api.range(&Parameters::read(url, &headers, &body), clock()))
}

impl Api {
    fn instant(&self, parameters: &Parameters, now: f64) -> Result<Value, String> {
        let time = match parameters.get("time") {
            "" => now,
            text => unix_seconds(text).ok_or_else(|| {
                format!("invalid parameter \"time\": Invalid time value for 'time': {}", no_time(text))
            })?,
        };
        let query =
            promql::parse(parameters.get("query")).map_err(|error| format!("invalid parameter \"query\": {error}"))?;
        let plan = Plan::new(&query, &self.series);
        Ok(self.world.read(now, |history| plan.vector(history, self.start(), time)))
    }

    fn range(&self, parameters: &Parameters, now: f64) -> Result<Value, String> {
        let times = parameters.times()?;
        let query = promql::parse(parameters.get("query")).map_err(|error| error.to_string())?;
        let plan = Plan::new(&query, &self.series);
        Ok(self.world.read(now, |history| plan.matrix(history, self.start(), &times)))
    }

    fn start(&self) -> f64 {
        self.world.start_unix_seconds() as f64
    }
}

/// A request's parameters, those of its form before those of its URL.
#[derive(Debug, Default)]
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(RawQuery(url): RawQuery, headers: &HeaderMap, body: &[u8]) -> Self {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form = if content_type.starts_with("application/x-www-form-urlencoded") { body } else { &[] };
        let url = url.unwrap_or_default();
        let pairs = form_urlencoded::parse(form).into_owned();
        Self(pairs.chain(form_urlencoded::parse(url.as_bytes()).into_owned()).collect())
    }

    /// The parameter's first value; empty where it is missing.
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The times of a range query.
    fn times(&self) -> Result<Vec<f64>, String> {
        let time = |name: &str| {
            let text = self.get(name);
            unix_seconds(text).ok_or_else(|| format!("invalid parameter \"{name}\": {}", no_time(text)))
        };
        let (start, end) = (time("start")?, time("end")?);
        if end < start {
            return Err("invalid parameter \"end\": end timestamp must not be before start time".to_owned());
        }
        let text = self.get("step");
        let step = finite(text)
            .or_else(|| duration_seconds(text))
            .ok_or_else(|| format!("invalid parameter \"step\": cannot parse {text:?} to a valid duration"))?;
        if step <= 0.0 {
            return Err(NO_STEP.to_owned());
        }
        let steps = (end - start) / step;
        if steps > STEPS_MAX {
            return Err(TOO_MANY_STEPS.to_owned());
        }
        Ok((0..=steps as u32).map(|index| start + f64::from(index) * step).collect())
    }
}

/// Unix seconds or RFC 3339 text; `None` where it is neither, or out of any calendar.
fn unix_seconds(text: &str) -> Option<f64> {
    finite(text).or_else(|| Instant::parse(text).map(Instant::unix_seconds)).filter(|time| time.abs() < TIME_MAX)
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn no_time(text: &str) -> String {
    format!("cannot parse {text:?} to a valid timestamp")
}

fn envelope(result: Result<Value, String>) -> Response {
    match result {
        Ok(data) => reply(StatusCode::OK, &json!({ "status": "success", "data": data })),
        Err(error) => {
            reply(StatusCode::BAD_REQUEST, &json!({ "status": "error", "errorType": "bad_data", "error": error }))
        }
    }
}

fn reply(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

const NO_STEP: &str = "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. \
                       Try a positive integer";

const TOO_MANY_STEPS: &str = "exceeded maximum resolution of 11,000 points per timeseries. \
                              Try decreasing the query resolution (?step=XX)";

/// Prometheus' own limit on the points of a range query.
const STEPS_MAX: f64 = 11_000.0;

/// The year 9999, in Unix seconds.
const TIME_MAX: f64 = 253_402_300_800.0;

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_767_225_600;
    const NOW: f64 = 1_767_225_900.0;
    const QUERY: &str = "sum(increase(istio_requests_total{}[300s]))";

    fn api() -> Api {
        Api { world: Arc::new(World::new(START, 1)), series: series::all() }
    }

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn an_instant_query_answers_now_or_at_its_time() {
        let at = |time: &str| api().instant(&parameters(&[("query", QUERY), ("time", time)]), NOW);
        let all = json!({"resultType": "vector", "result": [{"metric": {}, "value": [1_767_225_900, "3000"]}]});
        assert_eq!(at(""), Ok(all.clone()));
        assert_eq!(at("1767225900.000"), Ok(all));
        let later = at("9999999999").map(|data| data["result"].clone());
        assert_eq!(later, Ok(json!([])), "the future has no samples");
        let unreadable = "Invalid time value for 'time': cannot parse \"1e300\" to a valid timestamp";
        assert_eq!(at("1e300"), Err(format!("invalid parameter \"time\": {unreadable}")));
    }

    #[test]
    fn a_range_query_answers_at_each_step() {
        let pairs = [
            ("query", "sum(increase(istio_requests_total[60s]))"),
            ("start", "1767225660"),
            ("end", "1767225799"),
            ("step", "1m"),
        ];
        assert_eq!(
            api().range(&parameters(&pairs), NOW),
            Ok(json!({"resultType": "matrix", "result": [
                {"metric": {}, "values": [[1_767_225_660, "600"], [1_767_225_720, "600"], [1_767_225_780, "600"]]}
            ]}))
        );
    }

    #[test]
    fn a_range_that_cannot_be_walked_is_refused() {
        let fails = |start: &str, end: &str, step: &str, message: &str| {
            let pairs = parameters(&[("query", QUERY), ("start", start), ("end", end), ("step", step)]);
            assert_eq!(api().range(&pairs, NOW), Err(message.to_owned()));
        };
        fails("1", "200000", "1", TOO_MANY_STEPS);
        fails("1", "2", "1e-300", TOO_MANY_STEPS);
        fails("2", "1", "1", "invalid parameter \"end\": end timestamp must not be before start time");
        fails("NaN", "1", "1", "invalid parameter \"start\": cannot parse \"NaN\" to a valid timestamp");
        fails("", "1", "1", "invalid parameter \"start\": cannot parse \"\" to a valid timestamp");
        fails("1", "2", "zz", "invalid parameter \"step\": cannot parse \"zz\" to a valid duration");
        fails("1", "2", "0", NO_STEP);
        fails("1", "2", "-1", NO_STEP);
    }

    #[test]
    fn a_bad_query_is_refused_in_prometheus_words() {
        assert_eq!(
            api().instant(&parameters(&[("query", "rate(up[5m])")]), NOW),
            Err("invalid parameter \"query\": 1:1: parse error: unknown function with name \"rate\"".to_owned())
        );
        assert_eq!(
            api().instant(&Parameters::default(), NOW),
            Err("invalid parameter \"query\": 1:1: parse error: no expression found in input".to_owned())
        );
        let pairs = [("query", "up"), ("start", "1"), ("end", "2"), ("step", "1")];
        assert!(api().range(&parameters(&pairs), NOW).is_err_and(|error| error.starts_with("1:1: parse error: ")));
    }

    #[test]
    fn a_form_goes_before_the_url_and_json_is_no_form() {
        let url = || RawQuery(Some("query=up%5B5m%5D&time=1".to_owned()));
        let mut headers = HeaderMap::new();
        let in_url = Parameters::read(url(), &headers, b"query=down");
        assert_eq!((in_url.get("query"), in_url.get("time"), in_url.get("step")), ("up[5m]", "1", ""));
        headers.insert(
            CONTENT_TYPE,
            axum::http::HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
        );
        let in_form = Parameters::read(url(), &headers, b"query=down+%2B+1");
        assert_eq!((in_form.get("query"), in_form.get("time")), ("down + 1", "1"));
    }
}
