//! The UDP sockets of workers and of TURN: datagrams come in batches, and leave in runs that the kernel cuts apart.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, SystemTime};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::SockRef;

use super::port::is_report;

/// Bytes that the kernel may hold each way: a key frame to 150 subscribers is about 8 MB.
const KERNEL_BUFFER_BYTES: usize = 8 << 20;
/// Room for one datagram of a batch, or several of one sender that the kernel hands over as one, at most 64 kB. A bit more than
/// a power of two, here and below, or the first lines of all would crowd each other out of the caches.
const JOINED_BYTES: usize = (1 << 16) + 64;
/// The same for reports, which are short: all of a batch lies close together. What does not fit in is lost, as on any line.
const REPORT_BYTES: usize = (1 << 11) + 64;

/// Largest datagram of a run: with its wrapping it passes Ethernet and tunnels over it (WireGuard 1420, VXLAN 1450). Browsers
/// make packets of 1200 bytes.
const TOGETHER_BYTES: usize = 1280;

/// Longest time that a datagram can have waited here: a thread that stood still for longer has other worries.
const MAX_WAITED: Duration = Duration::from_secs(1);

/// A socket with its buffers.
pub struct Udp {
    socket: UdpSocket,
    state: UdpSocketState,
    buffers: Vec<u8>,
    /// Bytes of each buffer.
    room: usize,
    meta: [RecvMeta; BATCH_SIZE],
}

/// The socket for reports, where there is one.
pub struct Reports(Option<Udp>);

impl Udp {
    /// Takes a bound, non-blocking socket.
    pub fn new(socket: UdpSocket) -> io::Result<Self> {
        Self::with_room(socket, JOINED_BYTES)
    }

    fn with_room(socket: UdpSocket, room: usize) -> io::Result<Self> {
        let state = prepare(&socket)?;
        Ok(Self {
            socket,
            state,
            buffers: vec![0; BATCH_SIZE * room],
            room,
            meta: [RecvMeta::default(); BATCH_SIZE],
        })
    }

    /// Reads one batch: each datagram with how long ago it came in, as far as the system tells. False when nothing more waits.
    pub fn read(&mut self, take: impl FnMut(SocketAddr, Duration, &mut [u8])) -> bool {
        let read = self.receive();
        // Fewer than there was room for: the next call would only say that it would have to wait. Other systems than Linux
        // may hand over one datagram at a time. An error may be of one that was sent.
        let more = match &read {
            Ok(count) => *count == BATCH_SIZE || !cfg!(target_os = "linux"),
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        };
        self.hand_over(read.unwrap_or_default(), take);
        more
    }

    fn receive(&mut self) -> io::Result<usize> {
        let mut buffers = self.buffers.chunks_exact_mut(self.room);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(buffers.next().unwrap_or_default()));
        self.state.recv((&self.socket).into(), &mut slices, &mut self.meta)
    }

    /// Hands over the first `count` of what was read.
    fn hand_over(&mut self, count: usize, mut take: impl FnMut(SocketAddr, Duration, &mut [u8])) {
        let now = since_epoch();
        for (buffer, meta) in self.buffers.chunks_exact_mut(self.room).zip(&self.meta).take(count) {
            let length = meta.len.min(buffer.len());
            // A wall clock that was set meanwhile says nothing.
            let waited =
                meta.timestamp.and_then(|came| now.checked_sub(came)).filter(|ago| *ago < MAX_WAITED);
            for datagram in buffer[..length].chunks_mut(meta.stride.max(1)) {
                take(meta.addr, waited.unwrap_or_default(), datagram);
            }
        }
    }

    /// Sends datagrams of one size (the last may be shorter) to one address.
    pub fn send(&self, to: SocketAddr, bytes: &[u8], size: usize) {
        for run in bytes.chunks(together(size, self.state.max_gso_segments())) {
            let segment_size = (run.len() > size).then_some(size);
            let transmit = Transmit { destination: to, ecn: None, contents: run, segment_size, src_ip: None };
            if let Err(error) = self.state.try_send((&self.socket).into(), &transmit) {
                metrics::counter!("giaoban_media_udp_dropped_total").increment(1);
                tracing::trace!(%error, "datagrams were not sent");
            }
        }
    }
}

impl Reports {
    /// Takes a bound, non-blocking socket.
    pub fn new(socket: Option<UdpSocket>) -> io::Result<Self> {
        socket.map(|socket| Udp::with_room(socket, REPORT_BYTES)).transpose().map(Self)
    }

    /// Reads one batch, as [`Udp::read`] does. Where the system sorts nothing out although it said that it would (it then shares
    /// clients out between the two sockets), this one is given up.
    pub fn read(&mut self, take: impl FnMut(SocketAddr, Duration, &mut [u8])) -> bool {
        let Some(udp) = &mut self.0 else { return false };
        let count = udp.receive().unwrap_or_default();
        // What the filter saw is the first of those that the system has joined.
        let mut read = udp.buffers.chunks_exact(udp.room).zip(&udp.meta).take(count);
        let sorted = read.all(|(buffer, meta)| is_report(&buffer[..meta.len.min(buffer.len())]));
        udp.hand_over(count, take);
        if !sorted {
            tracing::warn!(
                "the system does not tell reports apart: they come with everything else from now on"
            );
            self.0 = None;
        }
        count == BATCH_SIZE
    }
}

impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Sets a socket's options.
fn prepare(socket: &UdpSocket) -> io::Result<UdpSocketState> {
    let raw = SockRef::from(socket);
    // The system may grant less; then a burst may be lost, and repaired.
    for outcome in
        [raw.set_recv_buffer_size(KERNEL_BUFFER_BYTES), raw.set_send_buffer_size(KERNEL_BUFFER_BYTES)]
    {
        if let Err(error) = outcome {
            tracing::debug!(%error, "the system keeps its own buffer size");
        }
    }
    let state = UdpSocketState::new(socket.into())?;
    if let Err(error) = hush(socket) {
        tracing::debug!(%error, "the system tells more than is asked for");
    }
    Ok(state)
}

/// Asks the system not to tell with each datagram what nobody here wants to know, and `quinn-udp` has asked for: its marks, and
/// to which of this machine's addresses it came.
#[cfg(target_os = "linux")]
fn hush(socket: &UdpSocket) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    let raw = SockRef::from(socket);
    if socket.local_addr()?.is_ipv6() {
        raw.set_recv_tclass_v6(false)?;
        setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &false)?;
    } else {
        setsockopt(socket, sockopt::Ipv4PacketInfo, &false)?;
    }
    raw.set_recv_tos_v4(false)
}

#[cfg(not(target_os = "linux"))]
fn hush(_: &UdpSocket) -> io::Result<()> {
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the clock by which the system stamps what comes in")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Bytes of a run that leave in one system call. Where datagrams are larger than the line takes, older Linux refuses
/// their run as if the card could not cut it apart, and `quinn-udp` then never asks for it again: one publisher with large
/// packets would slow down everybody. Such datagrams leave one by one, each to its own fate.
fn together(size: usize, most: usize) -> usize {
    let most = if size > TOGETHER_BYTES { 1 } else { most.max(1) };
    most.saturating_mul(size.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_socket_that_gets_what_is_no_report_is_given_up() {
        let bound = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (second, client) = (bound(), bound());
        second.set_nonblocking(true).unwrap();
        let address = second.local_addr().unwrap();
        let mut reports = Reports::new(Some(second)).unwrap();
        for (datagram, kept) in [([0x8F, 205], true), ([0x81, 205], false)] {
            client.send_to(&datagram, address).unwrap();
            let mut taken = Vec::new();
            reports.read(|_, _, datagram| taken.push(datagram.to_vec()));
            assert_eq!(taken, [datagram], "it is taken all the same");
            assert_eq!(reports.0.is_some(), kept);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_request_that_the_system_has_joined_to_a_report_is_no_sign_that_it_sorts_nothing() {
        let bound = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (second, client) = (bound(), bound());
        second.set_nonblocking(true).unwrap();
        let to = second.local_addr().unwrap();
        let mut reports = Reports::new(Some(second)).unwrap();
        let state = UdpSocketState::new((&client).into()).unwrap();
        let contents = [0x8F, 205, 0x81, 205];
        let transmit =
            Transmit { destination: to, ecn: None, contents: &contents, segment_size: Some(2), src_ip: None };
        state.try_send((&client).into(), &transmit).unwrap();
        let mut taken = Vec::new();
        reports.read(|_, _, datagram| taken.push(datagram.to_vec()));
        assert_eq!(taken, [[0x8F, 205], [0x81, 205]]);
        assert!(reports.0.is_some());
    }

    #[test]
    fn what_a_line_may_not_take_leaves_one_by_one() {
        assert_eq!(together(1200, 64), 64 * 1200);
        assert_eq!(together(TOGETHER_BYTES, 64), 64 * TOGETHER_BYTES);
        assert_eq!(together(TOGETHER_BYTES + 1, 64), TOGETHER_BYTES + 1);
        assert_eq!(together(1200, 1), 1200, "a card that cannot");
        assert_eq!(together(0, 0), 1);
    }
}
