//! What every stream of a client gets, whatever is spoken on it: a way in, a seat, and a writer that does not wait for ever.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A client that takes nothing for so long is gone.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// Pause after the system could not give us a connection: it has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Waits for the next connection.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Writes all of it; false when the client is gone, or takes nothing any more.
pub async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    let written = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    matches!(timeout(WRITE_TIMEOUT, written).await, Ok(Ok(())))
}

/// Who may hold a connection: so many in all, so many from one address.
pub struct Seats {
    taken: Mutex<HashMap<IpAddr, usize>>,
    all: usize,
    per_address: usize,
    gauge: &'static str,
}

/// One connection's seat, given back when dropped.
pub struct Seat {
    seats: Arc<Seats>,
    ip: IpAddr,
}

impl Seats {
    /// All free. Those taken are shown under the name `gauge`.
    pub fn new(all: usize, per_address: usize, gauge: &'static str) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), all, per_address, gauge })
    }

    /// A seat, if there is one.
    pub fn take(self: &Arc<Self>, ip: IpAddr) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.all || taken.get(&ip).is_some_and(|n| *n >= self.per_address)
        {
            return None;
        }
        *taken.entry(ip).or_default() += 1;
        metrics::gauge!(self.gauge).increment(1);
        Some(Seat { seats: Arc::clone(self), ip })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.ip);
            }
        }
        metrics::gauge!(self.seats.gauge).decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_takes_its_share_and_all_together_theirs_and_a_seat_comes_back() {
        let seats = Seats::new(3, 2, "test_seats");
        let (here, elsewhere) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = seats.take(here);
        let second = seats.take(here);
        assert!(first.is_some() && second.is_some());
        assert!(seats.take(here).is_none(), "its share");
        let third = seats.take(elsewhere);
        assert!(third.is_some());
        assert!(seats.take(elsewhere).is_none(), "all are taken");
        drop(first);
        assert!(seats.take(elsewhere).is_some());
    }
}
