//! The host inside Envoy: an experiment that runs where the requests are.
//!
//! Two shapes. **Filter**: [`Worker`] in each worker thread picks a version for each request and counts what becomes of it;
//! one [`Assessor`] on the main thread (or, where there is none, whichever worker has the lease) assesses and sets the split;
//! they talk through shared memory. **[`Pilot`]**: nothing on the path of a request; it reads Envoy's own counters and sets
//! Envoy's own weights.
//!
//! Behaviour is in terms of the traits of [`host`], so that it is tested without Envoy; `adapter` alone knows proxy-wasm.
//! Nothing here may panic, since that ends a virtual machine, and every loop is bounded, since nothing would end it.
//!
//! Not here: statistics; the engine is called as by any other host.

#[cfg(all(target_family = "wasm", target_os = "wasi"))]
mod adapter;
mod assessor;
mod config;
mod facts;
mod figures;
mod guard;
mod history;
pub mod host;
mod lease;
mod observe;
mod pilot;
mod publish;
mod registry;
mod running;
mod section;
mod shared;
mod split;
mod worker;

pub use assessor::Assessor;
pub use pilot::Pilot;
pub use worker::Worker;
