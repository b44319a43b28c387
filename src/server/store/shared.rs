//! Records in a Redis (or Valkey) that several replicas share.
//!
//! `GET`, and `SET` with an expiry: whatever speaks the protocol will do. One connection carries all requests and is
//! made anew after a failure; after one that cost its whole time the store is left alone for a second, so that a dead one
//! does not slow down every request. How much is kept is the Redis' own to limit (`maxmemory`, `allkeys-lru`).
//!
//! Not here: TLS to the Redis; what a record holds.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, cmd};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::Key;
use crate::server::config::{Memory, StoreUrl};

/// Records in a Redis.
pub(super) struct Shared {
    url: StoreUrl,
    age_max: Duration,
    link: Mutex<Link>,
}

#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    /// Until then nobody is to try.
    rests_until: Option<Instant>,
}

impl Shared {
    pub fn new(url: &StoreUrl, memory: &Memory) -> Self {
        Self { url: url.clone(), age_max: memory.age_max, link: Mutex::default() }
    }

    pub async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, String> {
        self.ask(cmd("GET").arg(name(key))).await
    }

    pub async fn write(&self, key: Key, bytes: Vec<u8>) -> Result<(), String> {
        self.ask(cmd("SET").arg(name(key)).arg(bytes).arg("EX").arg(self.age_max.as_secs().max(1))).await
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, String> {
        let outcome = match timeout(TIME_MAX, self.attempt(command)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} ms", TIME_MAX.as_millis())),
        };
        if let Err(why) = &outcome
            && why != RESTS
        {
            tracing::error!("the memory's store {} cannot be used: {why}", self.url);
            *self.link.lock().await = Link { connection: None, rests_until: Some(Instant::now() + REST) };
        }
        outcome.map_err(|why| format!("{}: {why}", self.url))
    }

    async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, String> {
        let (mut connection, is_fresh) = self.connection().await?;
        match command.query_async(&mut connection).await {
            // A connection that broke while nobody used it: the store may be well.
            Err(error) if !is_fresh && (error.is_io_error() || error.is_connection_dropped()) => {
                self.link.lock().await.connection = None;
                let (mut connection, _) = self.connection().await?;
                command.query_async(&mut connection).await.map_err(|error| error.to_string())
            }
            outcome => outcome.map_err(|error| error.to_string()),
        }
    }

    /// The connection, and whether it is a new one.
    async fn connection(&self) -> Result<(MultiplexedConnection, bool), String> {
        let mut link = self.link.lock().await;
        if link.rests_until.is_some_and(|until| Instant::now() < until) {
            return Err(RESTS.to_owned());
        }
        if let Some(connection) = &link.connection {
            return Ok((connection.clone(), false));
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(TIME_MAX)).set_response_timeout(Some(TIME_MAX));
        let client = Client::open(self.url.reveal()).map_err(|error| error.to_string())?;
        let connection = client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = connection.map_err(|error| error.to_string())?;
        link.connection = Some(connection.clone());
        Ok((connection, true))
    }
}

fn name(key: Key) -> String {
    format!("iter8-analytics:last-state:{}", key.hex())
}

/// What one look-up or one write may take; a request makes one of each.
const TIME_MAX: Duration = Duration::from_millis(500);
/// From a failure to the next try.
const REST: Duration = Duration::from_secs(1);
const RESTS: &str = "it failed a moment ago";
