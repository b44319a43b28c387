//! An experiment and its past become the next request of the controller or of Kui, and the reply what they see.
//!
//! Between two calls the last state goes through the cluster: Go writes 180.0 as 180 and sorts every object's
//! keys; the first release's resource definition even drops all of it.
//!
//! Not here: what the replies should say.

use std::net::SocketAddr;

use serde_json::{Map, Number, Value, json};

use super::go_types::{Response, decode};
use super::http::Connection;

/// A client with one experiment.
pub struct Client {
    connection: Connection,
    pub experiment: Value,
    /// Seconds since the start at the next call.
    pub elapsed: i64,
    start: i64,
}

impl Client {
    /// A client of the server at `address`; the experiment starts at 2026-06-01T09:00:00Z.
    pub fn new(address: SocketAddr, experiment: Value) -> Self {
        let connection = Connection::open(address).expect("a connection");
        Self { connection, experiment, elapsed: 0, start: 1_780_304_400 }
    }

    /// The reply `seconds` after the last one, decoded; the last state is kept as the cluster would.
    pub fn call(&mut self, seconds: i64) -> Response {
        self.elapsed += seconds;
        let mut request = self.experiment.clone();
        request["now"] = json!(self.start + self.elapsed);
        let reply = self.connection.post("/assessment", request.to_string().as_bytes()).expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let response = decode(&reply.text()).unwrap_or_else(|fault| panic!("{fault}\n{}", reply.text()));
        self.experiment["last_state"] = through_go(&response.last_state);
        if let Some(iteration) = self.experiment["iteration_number"].as_i64() {
            self.experiment["iteration_number"] = json!(iteration + 1);
        }
        response
    }
}

/// A value as Go hands it on: keys sorted, whole floats without their fraction.
pub fn through_go(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), through_go(&map[key]))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.iter().map(through_go).collect()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Value::Number(Number::from(float as i64)),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}
