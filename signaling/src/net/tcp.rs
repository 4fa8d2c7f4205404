//! ICE over TCP, passive side, on a thread of its own: each connection is a task that reads datagrams and one that writes them.

use std::time::Duration;
use std::{io, thread};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::door::{Delivery, Door, MAX_WAITING};
use super::framing;
use super::seats::{self, Seat, Seats};
use crate::media::Source;

/// Connections of one worker at once.
const MAX_CONNECTIONS: usize = 512;
/// Those from one address: two of each of 200 endpoints behind one address translation. The others are for the others.
const MAX_PER_ADDRESS: usize = 400;
/// So many datagrams a connection hands over before it was answered; the next is read when it was. A client sends some
/// twenty checks in a second until then, and of a bad line they come all at once.
const MAX_UNPROVEN: usize = 32;

/// Time for what the worker sent last to be written, once it has stopped.
const PARTING: Duration = Duration::from_secs(3);

/// How long connections are borne with.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// Until the first datagram to the client. Media is sent only where a connectivity check came from that was
    /// authentic, and every such check is answered: so long a stranger has to prove itself. Browsers check as soon as
    /// they are connected, and again within 2.5 s.
    proof: Duration,
    /// Between two datagrams, each way. A client that is there checks every few seconds (RFC 7675), and is answered.
    silence: Duration,
}

const PATIENCE: Patience = Patience { proof: Duration::from_secs(15), silence: Duration::from_secs(30) };

/// Serves the worker behind `door` on a thread of their own, until that worker has stopped.
pub fn serve(listener: std::net::TcpListener, door: Door) -> io::Result<()> {
    serve_with(listener, door, PARTING)
}

fn serve_with(listener: std::net::TcpListener, door: Door, parting: Duration) -> io::Result<()> {
    let port = listener.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _within = runtime.enter();
        TcpListener::from_std(listener)?
    };
    let serve = move || {
        runtime.block_on(async move {
            let writers = TaskTracker::new();
            tokio::select! {
                () = accept(listener, &door, &writers) => {}
                () = door.closed() => {}
            }
            writers.close();
            // Who does not take the worker's last words now never will.
            let _ = timeout(parting, writers.wait()).await;
        });
    };
    thread::Builder::new().name(format!("media-tcp-{port}")).spawn(serve).map(drop)
}

/// Takes connections for ever.
async fn accept(listener: TcpListener, door: &Door, writers: &TaskTracker) {
    let seats = Seats::new(MAX_CONNECTIONS, MAX_PER_ADDRESS, "giaoban_media_tcp_connections");
    for number in 1.. {
        let (stream, address) = seats::accept(&listener).await;
        let Some(seat) = seats.take(address.ip()) else {
            metrics::counter!("giaoban_media_tcp_refused_total").increment(1);
            tracing::debug!("a media connection over TCP was refused: there are too many");
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a media connection over TCP keeps its delay");
        }
        let source = Source::Tcp(number, address);
        let (from_client, to_client) = stream.into_split();
        let (deliveries, waiting) = mpsc::channel(MAX_WAITING);
        let (answered, proof) = watch::channel(false);
        tokio::spawn(read(from_client, source, door.clone(), deliveries, proof, PATIENCE));
        writers.spawn(write(to_client, waiting, answered, seat, PATIENCE));
    }
}

/// Reads until the client ends, falls silent, its writer has given it up, or the worker has stopped.
async fn read(
    stream: impl AsyncRead + Unpin,
    source: Source,
    door: Door,
    deliveries: mpsc::Sender<Delivery>,
    proof: watch::Receiver<bool>,
    patience: Patience,
) {
    door.open(source, deliveries.clone()).await;
    tokio::select! {
        () = pass_on(stream, source, &door, proof, patience) => {}
        () = deliveries.closed() => {}
        () = door.closed() => {}
    }
    drop(deliveries);
    door.close(source).await;
}

async fn pass_on(
    mut stream: impl AsyncRead + Unpin,
    source: Source,
    door: &Door,
    mut proof: watch::Receiver<bool>,
    patience: Patience,
) {
    let mut buffer = vec![0; framing::MAX_BYTES];
    let mut unproven = 0;
    while let Ok(Ok(Some(length))) = timeout(patience.silence, framing::read(&mut stream, &mut buffer)).await
    {
        // One without content is allowed (RFC 4571), and says nothing.
        if length > 0 {
            door.bring(source, BytesMut::from(&buffer[..length])).await;
        }
        if unproven < MAX_UNPROVEN {
            unproven += 1;
            if unproven == MAX_UNPROVEN && proof.wait_for(|answered| *answered).await.is_err() {
                return;
            }
        }
    }
}

/// Writes until the client takes nothing any more, or there has been nothing to write for too long. The seat is its own:
/// as long as it holds the socket, the connection counts.
async fn write(
    mut stream: impl AsyncWrite + Unpin,
    mut waiting: mpsc::Receiver<Delivery>,
    answered: watch::Sender<bool>,
    seat: Seat,
    patience: Patience,
) {
    let mut longest = patience.proof;
    let mut framed = Vec::new();
    while let Ok(Some(delivery)) = timeout(longest, waiting.recv()).await {
        framed.clear();
        delivery.datagrams().for_each(|datagram| framing::write(&mut framed, datagram));
        if !seats::write(&mut stream, &framed).await {
            break;
        }
        longest = patience.silence;
        answered.send_replace(true);
    }
    drop(stream);
    drop(seat);
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::net::arrivals::Arrival;
    use crate::net::bell::Sleeper;

    const SHORT: Duration = Duration::from_millis(20);
    /// Nothing here takes this long; a test that waits so long has failed.
    const LONG: Duration = Duration::from_secs(10);
    /// More than a stranger may hand over.
    const MANY: usize = 10_000;

    /// A connection: the client's end, the worker's way to it, and what the worker hears of it.
    async fn connect(
        seats: &Arc<Seats>,
        patience: Patience,
    ) -> (DuplexStream, mpsc::Sender<Delivery>, mpsc::Receiver<Arrival>) {
        let address = SocketAddr::from(([192, 0, 2, 1], 4000));
        let place = seats.take(address.ip()).expect("a free seat");
        let (client, server) = duplex(1024);
        let (from_client, to_client) = tokio::io::split(server);
        let (arrivals, mut heard) = mpsc::channel(MANY);
        let (sender, waiting) = mpsc::channel(MAX_WAITING);
        let (answered, proof) = watch::channel(false);
        let source = Source::Tcp(1, address);
        let door = Door::new(arrivals, Sleeper::new().unwrap().bell(), [].into());
        tokio::spawn(read(from_client, source, door, sender.clone(), proof, patience));
        tokio::spawn(write(to_client, waiting, answered, place, patience));
        assert!(matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Opened(..))));
        (client, sender, heard)
    }

    fn delivery() -> Delivery {
        Delivery { line: Source::Tcp(1, ([192, 0, 2, 1], 4000).into()), bytes: b"two".to_vec(), size: 3 }
    }

    async fn end(heard: &mut mpsc::Receiver<Arrival>) {
        loop {
            match timeout(LONG, heard.recv()).await.expect("an end") {
                Some(Arrival::Closed(_)) => return,
                Some(_) => {}
                None => panic!("the worker was not told"),
            }
        }
    }

    #[tokio::test]
    async fn whoever_only_talks_loses_its_place() {
        let seats = Seats::new(1, 1, "test_connections");
        let patience = Patience { proof: SHORT, silence: LONG };
        let (mut client, sender, mut heard) = connect(&seats, patience).await;
        client.write_all(&[0, 3, b'o', b'n', b'e']).await.unwrap();
        assert!(matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Datagram(..))));
        end(&mut heard).await;
        assert!(sender.is_closed());
        assert_eq!(timeout(LONG, client.read(&mut [0; 16])).await.unwrap().unwrap(), 0, "hung up on");
        // The writer's task ends a moment after its queue.
        while seats.take([192, 0, 2, 1].into()).is_none() {
            tokio::task::yield_now().await;
        }
    }

    /// Writes as fast as is read; gives the client back once all is read, or nothing is any more.
    fn flood(mut client: DuplexStream, datagram: &[u8]) -> tokio::task::JoinHandle<DuplexStream> {
        let mut framed = Vec::new();
        (0..MANY).for_each(|_| framing::write(&mut framed, datagram));
        tokio::spawn(async move {
            let _ = client.write_all(&framed).await;
            client
        })
    }

    #[tokio::test]
    async fn a_stranger_hands_over_a_few_datagrams_and_the_rest_when_it_was_answered() {
        let seats = Seats::new(1, 1, "test_connections");
        let (client, sender, mut heard) = connect(&seats, Patience { proof: LONG, silence: LONG }).await;
        let client = flood(client, b"?");
        for _ in 0..MAX_UNPROVEN {
            assert!(matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Datagram(..))));
        }
        assert!(heard.is_empty(), "no more comes");
        sender.send(delivery()).await.unwrap();
        for _ in MAX_UNPROVEN..MANY {
            assert!(matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Datagram(..))));
        }
        drop(client.await.unwrap());
        end(&mut heard).await;
    }

    #[tokio::test]
    async fn datagrams_in_which_nothing_is_cost_nothing_and_prove_nothing() {
        let seats = Seats::new(1, 1, "test_connections");
        let (client, sender, mut heard) = connect(&seats, Patience { proof: SHORT, silence: LONG }).await;
        let client = flood(client, b"");
        assert!(matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Closed(_))));
        assert!(sender.is_closed());
        drop(timeout(LONG, client).await.unwrap().unwrap());
    }

    #[tokio::test]
    async fn whoever_was_answered_is_borne_with_for_longer() {
        let seats = Seats::new(1, 1, "test_connections");
        let patience = Patience { proof: SHORT, silence: LONG };
        let (mut client, sender, mut heard) = connect(&seats, patience).await;
        sender.send(delivery()).await.unwrap();
        let mut told = [0; 5];
        timeout(LONG, client.read_exact(&mut told)).await.unwrap().unwrap();
        assert_eq!(&told[2..], b"two");
        assert!(timeout(2 * SHORT, heard.recv()).await.is_err(), "nothing ends");
        drop(client);
        end(&mut heard).await;
        assert!(seats.take([192, 0, 2, 1].into()).is_none(), "the writer has the socket still");
        drop(sender);
        while seats.take([192, 0, 2, 1].into()).is_none() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_connection_is_told_of_heard_and_over_in_that_order() {
        let seats = Seats::new(1, 1, "test_connections");
        let patience = Patience { proof: LONG, silence: LONG };
        let (mut client, _sender, mut heard) = connect(&seats, patience).await;
        client.write_all(&[0, 3, b'o', b'n', b'e']).await.unwrap();
        drop(client);
        assert!(
            matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Datagram(_, bytes)) if bytes == "one")
        );
        assert!(matches!(timeout(LONG, heard.recv()).await.unwrap(), Some(Arrival::Closed(_))));
    }

    /// Some 15 MB.
    const SENT: usize = MAX_WAITING * 60_000;

    /// A client of a worker that has stopped, after more was sent to it than the system holds, and where it connected.
    async fn parted(parting: Duration) -> (tokio::net::TcpStream, SocketAddr) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (arrivals, mut heard) = mpsc::channel(MANY);
        let door = Door::new(arrivals, Sleeper::new().unwrap().bell(), [].into());
        serve_with(listener, door, parting).unwrap();
        let client = tokio::net::TcpStream::connect(address).await.unwrap();
        let Some(Arrival::Opened(_, deliveries)) = timeout(LONG, heard.recv()).await.unwrap() else {
            panic!("nobody was told")
        };
        let bytes = vec![7; SENT / MAX_WAITING];
        for _ in 0..MAX_WAITING {
            let (bytes, size) = (bytes.clone(), bytes.len());
            deliveries.try_send(Delivery { bytes, size, ..delivery() }).unwrap();
        }
        (client, address)
    }

    #[tokio::test]
    async fn when_the_worker_has_stopped_its_last_words_are_written() {
        let (mut client, _) = parted(LONG).await;
        let mut told = Vec::new();
        timeout(LONG, client.read_to_end(&mut told)).await.unwrap().unwrap();
        assert_eq!(told.len(), SENT + 2 * MAX_WAITING);
    }

    #[tokio::test]
    async fn whoever_takes_nothing_of_them_is_not_waited_for() {
        let (mut client, _) = parted(Duration::ZERO).await;
        let mut told = Vec::new();
        // It may be told that the rest is lost.
        let _ = timeout(LONG, client.read_to_end(&mut told)).await.unwrap();
        assert!(told.len() < SENT);
    }

    #[tokio::test]
    async fn nobody_connects_to_a_worker_that_has_stopped() {
        let (_client, address) = parted(LONG).await;
        let refused = async {
            while tokio::net::TcpStream::connect(address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, refused).await.unwrap();
    }
}
