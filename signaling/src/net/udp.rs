//! The UDP sockets of a worker: datagrams come in batches, and leave in runs that the kernel cuts apart.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, SystemTime};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::SockRef;

use super::port::is_report;

/// Bytes that the kernel may hold each way: a key frame to 150 subscribers is about 8 MB.
const KERNEL_BUFFER_BYTES: usize = 8 << 20;
/// Room for one read: the kernel may hand over up to 64 kB of joined datagrams.
const READ_BYTES: usize = 1 << 16;

/// Largest datagram of a run: with its wrapping it passes Ethernet and tunnels over it (WireGuard 1420, VXLAN 1450). Browsers
/// make packets of 1200 bytes.
const TOGETHER_BYTES: usize = 1280;

/// Longest time that a datagram can have waited here: a thread that stood still for longer has other worries.
const MAX_WAITED: Duration = Duration::from_secs(1);

/// A socket with its buffers, and one for reports where there is one.
pub struct Udp {
    socket: UdpSocket,
    state: UdpSocketState,
    reports: Option<(UdpSocket, UdpSocketState)>,
    buffers: [Vec<u8>; BATCH_SIZE],
    meta: [RecvMeta; BATCH_SIZE],
}

impl Udp {
    /// Takes bound, non-blocking sockets.
    pub fn new(socket: UdpSocket, reports: Option<UdpSocket>) -> io::Result<Self> {
        let state = prepare(&socket)?;
        let reports = reports.map(|socket| prepare(&socket).map(|state| (socket, state))).transpose()?;
        Ok(Self {
            socket,
            state,
            reports,
            buffers: std::array::from_fn(|_| vec![0; READ_BYTES]),
            meta: [RecvMeta::default(); BATCH_SIZE],
        })
    }

    /// Reads one batch: each datagram with how long ago it came in, as far as the system tells. False when nothing more waits.
    pub fn read(&mut self, take: impl FnMut(SocketAddr, Duration, &mut [u8])) -> bool {
        let mut slices = self.buffers.each_mut().map(|buffer| IoSliceMut::new(buffer));
        let read = self.state.recv((&self.socket).into(), &mut slices, &mut self.meta);
        // Fewer than there was room for: the next call would only say that it would have to wait. Other systems than Linux
        // may hand over one datagram at a time.
        let more = read.as_ref().is_ok_and(|count| *count == BATCH_SIZE || !cfg!(target_os = "linux"));
        self.hand_over(read.unwrap_or_default(), take);
        more
    }

    /// The same of reports, for which nobody waits. Where the system sorts nothing out although it said that it would (it then
    /// shares clients out between the two sockets), the second one is given up.
    pub fn read_reports(&mut self, take: impl FnMut(SocketAddr, Duration, &mut [u8])) -> bool {
        let Some((socket, state)) = &self.reports else { return false };
        let mut slices = self.buffers.each_mut().map(|buffer| IoSliceMut::new(buffer));
        let count = state.recv(socket.into(), &mut slices, &mut self.meta).unwrap_or_default();
        // What the filter saw is the first of those that the system has joined.
        let mut read = self.buffers.iter().zip(&self.meta).take(count);
        let sorted = read.all(|(buffer, meta)| is_report(&buffer[..meta.len.min(buffer.len())]));
        self.hand_over(count, take);
        if !sorted {
            tracing::warn!(
                "the system does not tell reports apart: they come with everything else from now on"
            );
            self.reports = None;
        }
        count == BATCH_SIZE
    }

    /// Hands over the first `count` of what was read.
    fn hand_over(&mut self, count: usize, mut take: impl FnMut(SocketAddr, Duration, &mut [u8])) {
        let now = since_epoch();
        for (buffer, meta) in self.buffers.iter_mut().zip(&self.meta).take(count) {
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

impl AsFd for Udp {
    /// The socket on which something may come that is not to wait.
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
        let (first, second, client) = (bound(), bound(), bound());
        first.set_nonblocking(true).unwrap();
        second.set_nonblocking(true).unwrap();
        let address = second.local_addr().unwrap();
        let mut udp = Udp::new(first, Some(second)).unwrap();
        for (datagram, kept) in [([0x8F, 205], true), ([0x81, 205], false)] {
            client.send_to(&datagram, address).unwrap();
            let mut taken = Vec::new();
            udp.read_reports(|_, _, datagram| taken.push(datagram.to_vec()));
            assert_eq!(taken, [datagram], "it is taken all the same");
            assert_eq!(udp.reports.is_some(), kept);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_request_that_the_system_has_joined_to_a_report_is_no_sign_that_it_sorts_nothing() {
        let bound = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (first, second, client) = (bound(), bound(), bound());
        first.set_nonblocking(true).unwrap();
        second.set_nonblocking(true).unwrap();
        let to = second.local_addr().unwrap();
        let mut udp = Udp::new(first, Some(second)).unwrap();
        let state = UdpSocketState::new((&client).into()).unwrap();
        let contents = [0x8F, 205, 0x81, 205];
        let transmit =
            Transmit { destination: to, ecn: None, contents: &contents, segment_size: Some(2), src_ip: None };
        state.try_send((&client).into(), &transmit).unwrap();
        let mut taken = Vec::new();
        udp.read_reports(|_, _, datagram| taken.push(datagram.to_vec()));
        assert_eq!(taken, [[0x8F, 205], [0x81, 205]]);
        assert!(udp.reports.is_some());
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
