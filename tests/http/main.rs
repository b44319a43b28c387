//! The HTTP server from outside: what goes in over a socket and what comes out.
//!
//! Every test starts the real server on a port of its own, most with a backend whose answers are scripted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod assessments;
mod backend;
mod certificates;
mod client;
mod configuration;
mod connections;
mod credentials;
mod encryption;
mod faults;
mod inbound;
mod logs;
mod operations;
mod rounds;
mod routes;
mod server;
mod soak;
mod traces;
mod trend;
