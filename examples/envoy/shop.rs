//! Three versions of a shop on ports of their own, and people who visit it.
//!
//! Not here: what stands between them (`process`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Three versions that can be made better or worse while they run.
pub struct Shop {
    pub ports: [u16; 3],
    versions: [Arc<Version>; 3],
}

#[derive(Default)]
struct Version {
    number: usize,
    delay_millis: AtomicU64,
    faults_permille: AtomicU64,
    basket: AtomicU64,
    served: AtomicU64,
}

impl Shop {
    /// Opens on free ports; nothing fails, every basket is worth 10.
    pub async fn open() -> Self {
        let versions = [1, 2, 3].map(|number| Arc::new(Version { number, basket: 10.into(), ..Version::default() }));
        let mut ports = [0; 3];
        for (version, port) in versions.iter().zip(&mut ports) {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            *port = listener.local_addr().unwrap().port();
            let version = Arc::clone(version);
            let answer = move || {
                let version = Arc::clone(&version);
                async move { version.answer().await }
            };
            tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
        }
        Self { ports, versions }
    }

    /// From now on so many of a thousand requests to a version fail.
    pub fn fail(&self, version: usize, permille: u64) {
        self.versions[version].faults_permille.store(permille, Ordering::Relaxed);
    }

    /// From now on a basket of this version is worth this much on average.
    pub fn sell(&self, version: usize, basket: u64) {
        self.versions[version].basket.store(basket, Ordering::Relaxed);
    }

    /// From now on every version takes so long for an answer.
    pub fn dawdle(&self, delay: Duration) {
        let millis = delay.as_millis() as u64;
        self.versions.iter().for_each(|version| version.delay_millis.store(millis, Ordering::Relaxed));
    }

    /// Requests that came to each version.
    pub fn served(&self) -> [u64; 3] {
        [0, 1, 2].map(|version| self.versions[version].served.load(Ordering::Relaxed))
    }
}

impl Version {
    async fn answer(&self) -> (StatusCode, [(&'static str, String); 2], &'static str) {
        self.served.fetch_add(1, Ordering::Relaxed);
        let delay = self.delay_millis.load(Ordering::Relaxed);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let fails = fastrand::u64(..1000) < self.faults_permille.load(Ordering::Relaxed);
        let basket = fastrand::u64(..=2 * self.basket.load(Ordering::Relaxed));
        let status = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        (status, [("x-basket", basket.to_string()), ("x-served-by", self.number.to_string())], "come again\n")
    }
}

/// People who ask for a page again and again.
pub struct Crowd {
    stops: Arc<AtomicBool>,
    people: JoinSet<()>,
    counts: Arc<Counts>,
}

/// What the crowd got.
#[derive(Default)]
pub struct Counts {
    pub answered: AtomicU64,
    pub failed: AtomicU64,
    /// Asked, and no answer came.
    pub lost: AtomicU64,
}

impl Crowd {
    /// So many people, each of whom asks at `url` and waits `pause` after each answer.
    pub fn gather(people: u32, url: String, pause: Duration) -> Self {
        // Fails only where somebody of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (stops, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let mut set = JoinSet::new();
        for _ in 0..people {
            let (client, url, stops, counts) = (client.clone(), url.clone(), Arc::clone(&stops), Arc::clone(&counts));
            set.spawn(async move {
                while !stops.load(Ordering::Relaxed) {
                    let cookie = format!("uid={}", fastrand::u32(..));
                    let of = match client.get(&url).header("cookie", cookie).send().await {
                        Ok(response) => {
                            let status = response.status();
                            match response.bytes().await {
                                Ok(_) if status.is_success() => &counts.answered,
                                Ok(_) => &counts.failed,
                                Err(_) => &counts.lost,
                            }
                        }
                        Err(_) => &counts.lost,
                    };
                    of.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(pause).await;
                }
            });
        }
        Self { stops, people: set, counts }
    }

    /// Waits for the last answers: (answered, failed, lost).
    pub async fn go_home(self) -> (u64, u64, u64) {
        self.stops.store(true, Ordering::Relaxed);
        self.people.join_all().await;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (of(&self.counts.answered), of(&self.counts.failed), of(&self.counts.lost))
    }
}
