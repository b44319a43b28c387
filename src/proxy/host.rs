//! What behaviour inside a proxy needs of the proxy: three small traits.
//!
//! The adapter implements them with proxy-wasm's calls, the tests with a simulated Envoy. Every call may find nothing, and
//! none of them fails: what a proxy does not tell is `None`, and the behaviour says what that means.
//!
//! Not here: any behaviour; the calls themselves (`adapter`).

/// What every context has: clock, memory shared by all threads of the proxy, metrics, log.
pub trait Host {
    /// Nanoseconds since 1970.
    fn unix_nanos(&self) -> u64;

    /// The shared value of `key` with its stamp, which changes with each write; `None`: nobody wrote one.
    fn read(&self, key: &str) -> Option<(Vec<u8>, u32)>;

    /// Writes the shared value of `key`, if its stamp is still `stamp` (`None`: in any case); false: somebody else wrote.
    fn write(&self, key: &str, value: &[u8], stamp: Option<u32>) -> bool;

    /// Adds to a counter of the proxy; 0 makes it visible.
    fn count(&self, name: &str, more: u64);

    /// Sets a gauge of the proxy.
    fn gauge(&self, name: &str, value: u64);

    /// A line in the proxy's log.
    fn log(&self, level: Level, line: &str);
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What happened.
    Info,
    /// What somebody should look at.
    Warn,
    /// What keeps the experiment from going on.
    Error,
}

/// A request whose headers have come.
pub trait Request {
    /// A header's value; `None` where it is absent or no text.
    fn header(&self, name: &str) -> Option<String>;

    /// The client's address, with its port.
    fn source(&self) -> Option<String>;

    /// Sets a header, whatever the client sent under its name.
    fn set_header(&self, name: &str, value: &str);
}

/// A request that is over.
pub trait Finished {
    /// The status of the response; 0 where none came.
    fn code(&self) -> u16;

    /// Nanoseconds from the headers of the request to the last byte of the response.
    fn duration_nanos(&self) -> Option<u64>;

    /// Envoy's response flags, one bit each.
    fn flags(&self) -> u64;

    /// How often an upstream was tried, the first time included.
    fn attempts(&self) -> Option<u64>;

    /// A header of the response.
    fn response_header(&self, name: &str) -> Option<String>;
}

/// What the pilot needs beside: calls to the proxy's own administration.
pub trait Admin: Host {
    /// Sends a request to the cluster `cluster`; the answer comes later. False: it cannot be sent.
    fn call(&self, cluster: &str, method: &str, path: &str) -> bool;
}
