//! Light subscribers: media is counted where it enters the process and goes no further.
//!
//! A whole endpoint decrypts each packet and walks it through a chain of handlers, which costs more than a server spends
//! on sending it; a machine could not receive what its own server can send. The header of SRTP is in the clear, so
//! packets and gaps can be counted without that. What a light subscriber cannot do is tell the server what its line
//! carries.

use std::{
    future::Future,
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

use socket2::SockRef;

use super::{
    clock,
    meter::{Meter, Received, Tally},
    stream::Stream,
};

/// Bytes that the kernel may hold for one light subscriber, as far as the system grants them. What is missing is to say
/// something about the server: a usual buffer is full after a few joined datagrams, and one whose thread has to wait loses
/// them here.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;

/// Tokio, with a tap on every UDP socket.
#[derive(Debug)]
pub struct Tapped {
    tokio: TokioRuntime,
    meter: Arc<Meter>,
}

impl Tapped {
    /// Counts into `meter`.
    pub fn new(meter: Arc<Meter>) -> Self {
        Self { tokio: TokioRuntime, meter }
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Runtime for Tapped {
    fn spawn(&self, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        self.tokio.spawn(future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        SockRef::from(&socket).set_recv_buffer_size(KERNEL_BUFFER_BYTES)?;
        let socket = self.tokio.wrap_udp_socket(socket)?;
        Ok(Arc::new(Tap { socket, meter: Arc::clone(&self.meter) }))
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.tokio.wrap_tcp_listener(listener)
    }

    fn connect_tcp(&self, remote: SocketAddr) -> Boxed<'_, io::Result<Arc<dyn AsyncTcpStream>>> {
        self.tokio.connect_tcp(remote)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        self.tokio.resolve_host(host)
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        self.tokio.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.tokio.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.tokio.block_on(future);
    }
}

/// A socket whose media is counted and dropped.
#[derive(Debug)]
struct Tap {
    socket: Arc<dyn AsyncUdpSocket>,
    meter: Arc<Meter>,
}

impl AsyncUdpSocket for Tap {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.socket.poll_send(cx, transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        loop {
            let count = ready!(self.socket.poll_recv(cx, bufs, meta))?;
            // A batch that holds anything else goes on whole; what is media in it is counted all the same.
            let mut only_media = true;
            let (now, mut tally) = (clock::now(), self.meter.tally());
            let unheard = tally.first.is_none();
            for (buf, meta) in bufs.iter().zip(meta.iter()).take(count) {
                let bytes = buf.get(..meta.len).unwrap_or_default();
                for datagram in bytes.chunks(meta.stride.max(1)) {
                    match header(datagram) {
                        Some(header) => note(&mut tally, now, header, datagram.len()),
                        None => only_media = false,
                    }
                }
            }
            if unheard && tally.first.is_some() {
                self.meter.first.notify_one();
            }
            drop(tally);
            if !only_media {
                return Poll::Ready(Ok(count));
            }
        }
    }

    fn max_gso_segments(&self) -> usize {
        self.socket.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.socket.max_gro_segments()
    }
}

/// Notes one packet of media.
fn note(tally: &mut Tally, now: Instant, header: Header, bytes: usize) {
    tally.first.get_or_insert(now);
    let source = tally.received.entry(header.ssrc).or_insert_with(|| Received {
        sound: false,
        stream: Stream::new(90_000, header.sequence),
        bytes: 0,
    });
    source.stream.arrived(now, header.sequence, header.timestamp);
    source.bytes += u64::try_from(bytes).unwrap_or_default();
}

/// What of an RTP header is needed to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

/// The header of a datagram that is RTP, by the rules of RFC 5761 and RFC 7983; `None` for RTCP, STUN and DTLS.
fn header(datagram: &[u8]) -> Option<Header> {
    let head: &[u8; 12] = datagram.first_chunk()?;
    if head[0] >> 6 != 2 || (64..=95).contains(&(head[1] & 0x7F)) {
        return None;
    }
    Some(Header {
        sequence: u16::from_be_bytes([head[2], head[3]]),
        timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_is_told_from_everything_else_by_its_first_two_bytes() {
        let datagram = |first: u8, second: u8| [first, second, 1, 2, 0, 0, 0, 7, 0, 0, 0, 9, 42];
        let media = Header { sequence: 0x0102, timestamp: 7, ssrc: 9 };
        assert_eq!(header(&datagram(0x80, 96)), Some(media));
        assert_eq!(header(&datagram(0x90, 0x80 | 0x6F)), Some(media), "extension and marker");
        assert_eq!(header(&datagram(0x80, 201)), None, "receiver report");
        assert_eq!(header(&datagram(0x00, 1)), None, "STUN");
        assert_eq!(header(&datagram(22, 254)), None, "DTLS");
        assert_eq!(header(&[0x80, 96]), None);
    }
}
