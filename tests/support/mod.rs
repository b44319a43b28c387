//! What the test targets share: matching replies, decoding them as the controller does, a backend and a server.
//!
//! Each target uses its own part of it.
//!
//! Not here: any assertion about the engine.
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by failing")]
#![allow(dead_code, reason = "each test target uses its own part")]

pub mod backend;
pub mod client;
pub mod experiments;
pub mod go_types;
pub mod http;
pub mod matching;
pub mod mutate;
#[cfg(feature = "native")]
pub mod server;
pub mod world;
