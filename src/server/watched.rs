//! A few files become a value, and another one once they change.
//!
//! For certificates and tokens, which are exchanged under a running server. Nothing runs in the background: who wants the
//! value looks at the files, at most once a second. Files that cannot be read, or make no value (half of a pair was
//! exchanged), leave the last good one in place, with a warning.
//!
//! Not here: what the files hold.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// Makes the value from the contents of the files, in their order.
type Make<T> = dyn Fn(&[Vec<u8>]) -> Result<T, String> + Send + Sync;

/// A value that is made of files.
pub(super) struct Watched<T> {
    paths: Vec<PathBuf>,
    make: Box<Make<T>>,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: T,
    /// What the files held when they were last looked at, or why they could not be read.
    seen: Result<Vec<Vec<u8>>, String>,
    looked_at: Instant,
}

impl<T: Clone> Watched<T> {
    /// The value of the files at `paths`; of none it never changes.
    ///
    /// # Errors
    /// A file cannot be read, or `make` says why it makes nothing of them.
    pub fn new(
        paths: Vec<PathBuf>,
        make: impl Fn(&[Vec<u8>]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Arc<Self>, String> {
        let contents = read(&paths)?;
        let value = make(&contents)?;
        let state = Mutex::new(State { value, seen: Ok(contents), looked_at: Instant::now() });
        Ok(Arc::new(Self { paths, make: Box::new(make), state }))
    }

    /// The value of the files as they are now, or were a second ago.
    pub async fn current(&self) -> T {
        let mut state = self.state.lock().await;
        if !self.paths.is_empty() && state.looked_at.elapsed() >= LOOK_PAUSE {
            let paths = self.paths.clone();
            let seen = spawn_blocking(move || read(&paths)).await;
            state.looked_at = Instant::now();
            self.take_up(&mut state, seen.unwrap_or_else(|error| Err(error.to_string())));
        }
        state.value.clone()
    }

    fn take_up(&self, state: &mut State<T>, seen: Result<Vec<Vec<u8>>, String>) {
        if seen == state.seen {
            return;
        }
        let made = seen.as_ref().map_err(Clone::clone).and_then(|contents| (self.make)(contents));
        let files = self.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        match made {
            Ok(value) => {
                tracing::info!(files, "changed files are taken up");
                state.value = value;
            }
            Err(why) => tracing::warn!(files, why, "changed files are of no use; what they held before stays in force"),
        }
        state.seen = seen;
    }
}

fn read(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, String> {
    paths.iter().map(|path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))).collect()
}

/// Kubernetes takes a minute to exchange a file; a person who does it by hand waits for a breath.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn text(contents: &[Vec<u8>]) -> Result<String, String> {
        String::from_utf8(contents.concat()).map_err(|_| "no text".to_owned())
    }

    #[tokio::test]
    async fn what_is_of_no_use_leaves_the_last_good_value_in_place() {
        let path = std::env::temp_dir().join(format!("iter8-watched-{}-{:x}", std::process::id(), fastrand::u64(..)));
        assert!(Watched::new(vec![path.clone()], text).is_err(), "there is no such file yet");
        let write = |bytes: &[u8]| std::fs::write(&path, bytes).is_ok();
        assert!(write(b"first"));
        let watched = Watched::new(vec![path.clone()], text).unwrap_or_else(|why| panic!("{why}"));
        let later = async || {
            let mut state = watched.state.lock().await;
            watched.take_up(&mut state, read(&watched.paths));
            state.value.clone()
        };
        assert!(write(b"second"));
        assert_eq!(watched.current().await, "first", "nobody looks within a second");
        assert_eq!(later().await, "second");
        assert!(write(b"\xff"));
        assert_eq!(later().await, "second");
        assert!(std::fs::remove_file(&path).is_ok());
        assert_eq!(later().await, "second");
        assert!(write(b"third"));
        assert_eq!(later().await, "third");
        assert!(std::fs::remove_file(&path).is_ok());
    }
}
