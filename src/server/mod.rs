//! The HTTP host: v1.0.0's endpoints over the engine, with Prometheus behind.

pub mod demo;
