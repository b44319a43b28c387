//! Whole experiments, iteration by iteration, over HTTP: what the controller or Kui says becomes what it sees.
//!
//! Every reply is decoded with the controller's types (`support/go_types.rs`). The backend is a small world without
//! chance behind the Prometheus API; each test has a server of its own. The world has totals and no history, so the method
//! is v1.0.0's; `tutorials` runs the default method in simulated worlds.
//!
//! Not here: single requests (`cases`), bad ones (`mutations`).

#![cfg(feature = "native")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by failing")]

#[path = "../support/mod.rs"]
mod support;

mod controller;
mod kui;
mod outages;
mod tutorials;
