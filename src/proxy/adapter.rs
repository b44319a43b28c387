//! The one file that knows proxy-wasm: its contexts call the behaviour, the behaviour's traits call it.
//!
//! The plugin's `root_id` says which role a root context has: `iter8_assessor`, `iter8_pilot`, any other the filter. Calls
//! go to `hostcalls` rather than to the methods of the contexts, which panic where Envoy answers oddly; header values are
//! taken as bytes for the same reason.
//!
//! Not here: any decision.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, LogLevel, MapType, MetricType};

use super::host::{Admin, Finished, Host, Level, Request};
use super::{Assessor, Pilot, Worker};
use crate::error::Error;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root { role: Role::Idle }) });
}}

struct Root {
    role: Role,
}

enum Role {
    /// Not configured.
    Idle,
    Filter(Rc<RefCell<Worker>>),
    Assessor(Assessor),
    Pilot(Box<Pilot>),
}

impl Context for Root {
    fn on_http_call_response(&mut self, _: u32, _: usize, body_size: usize, _: usize) {
        if let Role::Pilot(pilot) = &mut self.role {
            let body = hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, body_size).ok().flatten();
            pilot.answer(&Envoy, &body.unwrap_or_default());
        }
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let text = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size).ok().flatten().unwrap_or_default();
        match configure(&property("plugin_root_id").unwrap_or_default(), &text) {
            Ok((role, tick_seconds)) => {
                self.role = role;
                hostcalls::set_tick_period(Duration::from_secs_f64(tick_seconds)).is_ok()
            }
            Err(error) => {
                Envoy.log(Level::Error, &format!("iter8: {error}"));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        match &mut self.role {
            Role::Filter(worker) => worker.borrow_mut().tick(&Envoy),
            Role::Assessor(assessor) => assessor.tick(&Envoy),
            Role::Pilot(pilot) => pilot.tick(&Envoy),
            Role::Idle => {}
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        let worker = if let Role::Filter(worker) = &self.role { Some(worker.clone()) } else { None };
        Some(Box::new(Stream { worker, routed: None }))
    }
}

/// A role, and the seconds between its ticks.
fn configure(root_id: &[u8], text: &[u8]) -> Result<(Role, f64), Error> {
    match root_id {
        b"iter8_assessor" => Ok((Role::Assessor(Assessor::new()), ASSESSOR_TICK_SECONDS)),
        b"iter8_pilot" => {
            let pilot = Pilot::configure(&Envoy, text)?;
            let seconds = pilot.tick_seconds();
            Ok((Role::Pilot(Box::new(pilot)), seconds))
        }
        _ => {
            let worker = Worker::configure(&Envoy, text, IS_FIRST.replace(false))?;
            let seconds = worker.tick_seconds();
            Ok((Role::Filter(Rc::new(RefCell::new(worker))), seconds))
        }
    }
}

struct Stream {
    worker: Option<Rc<RefCell<Worker>>>,
    /// What the request got, and when; `None` before its headers came.
    routed: Option<(usize, Instant)>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        if let Some(worker) = &self.worker {
            // Envoy has chosen a route already, by the header as it was. In the ABI of this crate's version (0.2.1) it
            // chooses anew by itself once a header changes; a newer one has to be told, by `clear_route_cache`.
            self.routed = Some((worker.borrow_mut().route(&Envoy), now()));
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        if let (Some(worker), Some((version, began))) = (&self.worker, self.routed) {
            worker.borrow_mut().finish(version, &Over { began });
        }
    }
}

/// Whatever context Envoy calls in, its calls answer for.
struct Envoy;

impl Host for Envoy {
    fn unix_nanos(&self) -> u64 {
        let now = hostcalls::get_current_time().ok().and_then(|now| now.duration_since(UNIX_EPOCH).ok());
        now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
    }

    fn read(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        let (value, stamp) = hostcalls::get_shared_data(key).ok()?;
        Some((value?, stamp?))
    }

    fn write(&self, key: &str, value: &[u8], stamp: Option<u32>) -> bool {
        hostcalls::set_shared_data(key, Some(value), stamp).is_ok()
    }

    fn count(&self, name: &str, more: u64) {
        if let Some(id) = metric(MetricType::Counter, name) {
            let _ = hostcalls::increment_metric(id, i64::try_from(more).unwrap_or(i64::MAX));
        }
    }

    fn gauge(&self, name: &str, value: u64) {
        if let Some(id) = metric(MetricType::Gauge, name) {
            let _ = hostcalls::record_metric(id, value);
        }
    }

    fn log(&self, level: Level, line: &str) {
        let level = match level {
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        let _ = hostcalls::log(level, line);
    }
}

impl Request for Envoy {
    fn header(&self, name: &str) -> Option<String> {
        String::from_utf8(hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, name).ok()??).ok()
    }

    fn source(&self) -> Option<String> {
        String::from_utf8(property("source\0address")?).ok()
    }

    fn set_header(&self, name: &str, value: &str) {
        let _ = hostcalls::set_map_value_bytes(MapType::HttpRequestHeaders, name, Some(value.as_bytes()));
    }
}

/// The request that is over in the context in which Envoy calls.
struct Over {
    began: Instant,
}

impl Finished for Over {
    fn code(&self) -> u16 {
        number("response\0code").and_then(|code| u16::try_from(code).ok()).unwrap_or(0)
    }

    fn flags(&self) -> u64 {
        number("response\0flags").unwrap_or(0)
    }

    /// By the clock, which tells a number at once; how long Envoy says that it took is one of its attributes, for each of
    /// which it parses a path and asks for memory.
    fn duration_nanos(&self) -> Option<u64> {
        u64::try_from(now().duration_since(self.began).as_nanos()).ok()
    }

    fn attempts(&self) -> Option<u64> {
        number("upstream\0request_attempt_count")
    }

    fn response_header(&self, name: &str) -> Option<String> {
        String::from_utf8(hostcalls::get_map_value_bytes(MapType::HttpResponseHeaders, name).ok()??).ok()
    }
}

impl Admin for Envoy {
    fn call(&self, cluster: &str, method: &str, path: &str) -> bool {
        let headers = vec![(":method", method), (":path", path), (":authority", cluster)];
        hostcalls::dispatch_http_call(cluster, headers, None, Vec::new(), ADMIN_TIMEOUT).is_ok()
    }
}

#[expect(clippy::disallowed_methods, reason = "a proxy has a clock, and this one never goes back")]
fn now() -> Instant {
    Instant::now()
}

/// An attribute of Envoy's. Parts of its path stand apart by a zero byte, as Envoy is told of them: not put together anew for
/// each request.
fn property(path: &str) -> Option<Vec<u8>> {
    hostcalls::get_property(vec![path]).ok()?
}

/// Integers are eight bytes, the lowest first.
#[inline(always)]
fn number(path: &str) -> Option<u64> {
    Some(u64::from_le_bytes(property(path)?.try_into().ok()?))
}

/// A metric's number in Envoy, which is looked up by its name once.
fn metric(kind: MetricType, name: &str) -> Option<u32> {
    METRICS.with_borrow_mut(|known| {
        if let Some(id) = known.get(name) {
            return Some(*id);
        }
        let id = hostcalls::define_metric(kind, name).ok()?;
        known.insert(name.to_owned(), id);
        Some(id)
    })
}

thread_local! {
    /// Whether nothing was configured yet in this virtual machine.
    static IS_FIRST: Cell<bool> = const { Cell::new(true) };
    static METRICS: RefCell<BTreeMap<String, u32>> = const { RefCell::new(BTreeMap::new()) };
}

/// How often the assessor looks for what came in; intervals are longer.
const ASSESSOR_TICK_SECONDS: f64 = 0.25;
const ADMIN_TIMEOUT: Duration = Duration::from_secs(5);
