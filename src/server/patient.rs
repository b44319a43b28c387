//! A stream becomes one that fails once its peer has taken nothing of what is written for a while.
//!
//! hyper bounds how long it waits for a request's head, and `body` how long for the rest; nothing bounds how long a client may
//! leave its reply unread. Time counts only while a write waits, and starts anew with each byte that goes out.
//!
//! Not here: reads.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose writes do not wait for ever.
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    /// Runs while a write waits.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// `stream`, with writes that wait for at most `patience`.
    pub fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, limit: None }
    }

    /// `outcome` of a write, or the end of the patience.
    fn bounded<T>(&mut self, context: &mut Context<'_>, outcome: Poll<Result<T>>) -> Poll<Result<T>> {
        if outcome.is_ready() {
            self.limit = None;
            return outcome;
        }
        let patience = self.patience;
        let limit = self.limit.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(limit.as_mut().poll(context));
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the peer reads nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bounded(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.bounded(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.bounded(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn only_a_peer_that_reads_nothing_at_all_runs_out_of_time() {
        let (near, mut far) = tokio::io::duplex(10);
        let patience = Duration::from_millis(500);
        let mut patient = Patient::new(near, patience);
        let start = tokio::time::Instant::now();
        // A slow reader takes longer than the patience, but never lets go.
        let reader = tokio::spawn(async move {
            for _ in 0..15 {
                sleep(Duration::from_millis(50)).await;
                let _ = tokio::io::AsyncReadExt::read(&mut far, &mut [0; 10]).await;
            }
            far
        });
        assert!(patient.write_all(&[0; 150]).await.is_ok());
        assert!(start.elapsed() > patience);
        let _far = reader.await;
        let end = tokio::time::timeout(Duration::from_secs(20), patient.write_all(&[0; 60])).await;
        assert_eq!(end.map(|end| end.map_err(|error| error.kind())), Ok(Err(ErrorKind::TimedOut)));
    }
}
