//! One port number: UDP for everything, UDP once more for reports alone, and TCP.
//!
//! Each subscriber tells every 50 to 100 ms when packets arrived; for fifty that is a thousand datagrams in a second, and none
//! of them is urgent. On a socket of their own they wake nobody up: a worker reads them when it is awake anyway.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Socket, Type};

/// Ports tried until one is free for UDP and TCP alike.
const TRIES: usize = 32;

/// The sockets of a worker, non-blocking.
pub struct Port {
    /// Takes what is not for [`Port::reports`].
    pub udp: UdpSocket,
    /// Takes transport-wide feedback, where the system can tell it apart (Linux from 4.5 on).
    pub reports: Option<UdpSocket>,
    /// Takes connections.
    pub tcp: TcpListener,
}

impl Port {
    /// Binds them. Port 0 takes one that is free.
    pub fn bind(listen: SocketAddr) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let tcp = TcpListener::bind(listen)?;
            let address = tcp.local_addr()?;
            // Alone first: others who would share the number are not to be joined.
            match UdpSocket::bind(address).map(drop).and_then(|()| share(address)) {
                Ok(udp) => {
                    let reports = second(&udp);
                    tcp.set_nonblocking(true)?;
                    return Ok(Self { udp, reports, tcp });
                }
                Err(_) if listen.port() == 0 && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether a datagram is transport-wide feedback: RTCP of type 205 and format 15
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01). The first eight bytes of an SRTCP packet are not encrypted (RFC 3711
/// section 3.4).
pub fn is_report(datagram: &[u8]) -> bool {
    matches!(datagram, [kind, FEEDBACK, ..] if kind & KIND.0 == KIND.1)
}

/// Of the first byte: version 2 and format 15, whether there is padding or not.
const KIND: (u8, u8) = (0xDF, 0x8F);
/// The second byte.
const FEEDBACK: u8 = 205;

/// A socket on an address that may be bound twice.
fn share(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// The second socket of the same address, after the first has been told what is for whom.
#[cfg(target_os = "linux")]
fn second(first: &UdpSocket) -> Option<UdpSocket> {
    use nix::sys::socket::{setsockopt, sockopt::AttachReusePortCbpf};
    let mut program = sorting();
    let length = u16::try_from(program.len()).ok()?;
    let program = nix::libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    let second = setsockopt(first, AttachReusePortCbpf, &program)
        .map_err(io::Error::from)
        .and_then(|()| share(first.local_addr()?));
    second.inspect_err(|error| tracing::debug!(%error, "reports come with everything else")).ok()
}

#[cfg(not(target_os = "linux"))]
fn second(_: &UdpSocket) -> Option<UdpSocket> {
    None
}

/// Which socket of the group a datagram is for, by its number: 1 for [reports](is_report), 0 for all else. A request for
/// lost packets may stand behind a report, in its compound or joined to it by the system; it then waits until the next turn.
#[cfg(target_os = "linux")]
fn sorting() -> [nix::libc::sock_filter; 7] {
    // Loads a byte; keeps some of its bits; skips instructions where it is not equal; answers (linux/filter.h).
    const LOAD: u16 = 0x30;
    const AND: u16 = 0x54;
    const EQUAL: u16 = 0x15;
    const ANSWER: u16 = 0x06;
    let step = |code, otherwise, k| nix::libc::sock_filter { code, jt: 0, jf: otherwise, k };
    [
        step(LOAD, 0, 0),
        step(AND, 0, KIND.0.into()),
        step(EQUAL, 3, KIND.1.into()),
        step(LOAD, 0, 1),
        step(EQUAL, 1, FEEDBACK.into()),
        step(ANSWER, 0, 1),
        step(ANSWER, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn bound() -> Port {
        Port::bind("127.0.0.1:0".parse().unwrap()).unwrap()
    }

    /// The next datagram of a socket.
    fn next(socket: &UdpSocket) -> Vec<u8> {
        socket.set_nonblocking(false).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        bytes[..length].to_vec()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn reports_of_arrivals_have_a_socket_of_their_own_and_everything_else_the_other() {
        let (port, client) = (bound(), UdpSocket::bind("127.0.0.1:0").unwrap());
        client.connect(port.udp.local_addr().unwrap()).unwrap();
        let reports: [&[u8]; 2] = [&[0x8F, 205, 0, 5], &[0xAF, 205, 0, 6]];
        let others: [&[u8]; 10] = [
            &[0x81, 205, 0, 3],  // a request for lost packets
            &[0x81, 206, 0, 2],  // one for a key frame
            &[0x81, 201, 0, 7],  // a receiver report
            &[0x8F, 206, 0, 4],  // REMB
            &[0x8F, 77, 0, 1],   // sound with fifteen contributing sources
            &[0x90, 96, 0, 1],   // a picture
            &[0x00, 0x01, 0, 0], // a connectivity check
            &[22, 254, 253],     // a handshake
            &[0x8F],
            &[],
        ];
        for datagram in others.iter().chain(&reports) {
            client.send(datagram).unwrap();
        }
        assert_eq!(others.map(|_| next(&port.udp)), others);
        assert_eq!(reports.map(|_| next(port.reports.as_ref().unwrap())), reports);
    }

    #[test]
    fn a_number_that_another_server_has_is_refused() {
        let first = bound();
        let taken = Port::bind(first.udp.local_addr().unwrap()).err().map(|error| error.kind());
        assert_eq!(taken, Some(io::ErrorKind::AddrInUse));
    }

    #[test]
    fn a_number_that_another_program_has_for_udp_is_refused_even_if_it_would_share() {
        for other in [UdpSocket::bind("127.0.0.1:0"), share("127.0.0.1:0".parse().unwrap())] {
            let other = other.unwrap();
            let taken = Port::bind(other.local_addr().unwrap()).err().map(|error| error.kind());
            assert_eq!(taken, Some(io::ErrorKind::AddrInUse));
        }
    }
}
