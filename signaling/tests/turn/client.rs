//! The TURN client of `rtc-turn`, on real sockets. It was written for datagrams; on streams its messages are cut apart
//! here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use rtc_shared::{TransportContext, TransportMessage, TransportProtocol};
use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter as _, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;
use rtc_turn::client::{ClientConfig, Event};
use sansio::Protocol as _;
use signaling::turn::framing;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig as TlsConfig, RootCertStore, crypto::aws_lc_rs};

use super::world::{Joined, PATIENCE};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
}

pub const ALL: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

enum Socket {
    Udp(UdpSocket),
    Stream(Box<dyn Stream>, BytesMut),
}

pub struct Client {
    protocol: rtc_turn::client::Client,
    socket: Socket,
    server: SocketAddr,
    local: SocketAddr,
}

#[expect(clippy::disallowed_methods, reason = "these tests talk to real sockets")]
fn now() -> Instant {
    Instant::now()
}

impl Client {
    pub async fn new(
        transport: Transport,
        server: SocketAddr,
        (name, roots): (&str, &RootCertStore),
        username: &str,
        password: &str,
    ) -> Self {
        let (socket, local) = match transport {
            Transport::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
                let local = socket.local_addr().expect("bound");
                (Socket::Udp(socket), local)
            }
            Transport::Tcp | Transport::Tls => {
                let stream = TcpStream::connect(server).await.expect("listening");
                let local = stream.local_addr().expect("connected");
                let stream: Box<dyn Stream> = if transport == Transport::Tls {
                    Box::new(encrypted(stream, name, roots).await)
                } else {
                    Box::new(stream)
                };
                (Socket::Stream(stream, BytesMut::new()), local)
            }
        };
        let config = ClientConfig {
            stun_serv_addr: server.to_string(),
            turn_serv_addr: server.to_string(),
            local_addr: local,
            username: username.to_owned(),
            password: password.to_owned(),
            ..ClientConfig::default()
        };
        let crypto = rtc_stun::crypto::default_provider().expect("cryptography");
        let protocol = rtc_turn::client::Client::new(config, crypto).expect("a client");
        Self { protocol, socket, server, local }
    }

    /// Asks for an allocation: its relayed address, or why not.
    pub async fn allocate(&mut self) -> Result<SocketAddr, String> {
        self.protocol.allocate(now()).expect("a request");
        match self.event().await {
            Event::AllocateResponse(_, relayed) => Ok(relayed),
            Event::AllocateError(_, error) => Err(error.to_string()),
            other => panic!("{other:?}"),
        }
    }

    /// Asks for leave to talk to a peer.
    pub async fn permit(&mut self, relayed: SocketAddr, peer: SocketAddr) -> Result<(), String> {
        let mut relay = self.protocol.relay(relayed).expect("allocated");
        relay.create_permission(now(), peer).expect("a request");
        match self.event().await {
            Event::CreatePermissionResponse(..) => Ok(()),
            Event::CreatePermissionError(_, error) => Err(error.to_string()),
            other => panic!("{other:?}"),
        }
    }

    /// Sends to a peer, first by indications, and by a channel as soon as there is one.
    pub async fn send(&mut self, relayed: SocketAddr, peer: SocketAddr, data: &[u8]) {
        let mut relay = self.protocol.relay(relayed).expect("allocated");
        relay.send_to(now(), data, peer).expect("permitted");
        self.flush().await;
    }

    /// Makes a connectivity check through the relay: the address under which the room's media saw it come, whether its
    /// answer came on a channel, and who is said to have sent it.
    pub async fn check(&mut self, relayed: SocketAddr, joined: &Joined) -> (SocketAddr, bool, SocketAddr) {
        let crypto = rtc_stun::crypto::default_provider().expect("cryptography");
        let mut check = Message::new();
        (check.typ, check.transaction_id) = (BINDING_REQUEST, TransactionId::new());
        check.write_header();
        check.add(ATTR_USERNAME, format!("{}:ours", joined.ufrag).as_bytes());
        check.add(ATTR_PRIORITY, &[1, 2, 3, 4]);
        check.add(ATTR_ICE_CONTROLLING, &[7; 8]);
        check.add(ATTR_USE_CANDIDATE, &[]);
        let password = joined.password.clone();
        MessageIntegrity::new_short_term_integrity_with_provider(password, crypto.crypto())
            .add_to(&mut check)
            .expect("signed");
        FINGERPRINT.add_to(&mut check).expect("summed");
        self.send(relayed, joined.candidate, &check.raw).await;
        loop {
            let Event::DataIndicationOrChannelData(channel, from, data) = self.event().await else {
                continue;
            };
            let mut answer = Message::new();
            answer.raw = data.to_vec();
            // DTLS may come in between; it is not STUN.
            if answer.decode().is_ok() && answer.transaction_id == check.transaction_id {
                assert_eq!(answer.typ, BINDING_SUCCESS);
                let mut seen = XorMappedAddress::default();
                seen.get_from_as(&answer, rtc_stun::attributes::ATTR_XORMAPPED_ADDRESS).expect("seen");
                return (SocketAddr::new(seen.ip, seen.port), channel.is_some(), from);
            }
        }
    }

    async fn event(&mut self) -> Event {
        tokio::time::timeout(PATIENCE, async {
            loop {
                self.flush().await;
                if let Some(event) = self.protocol.poll_event() {
                    return event;
                }
                self.receive().await;
            }
        })
        .await
        .expect("something happens")
    }

    async fn flush(&mut self) {
        while let Some(out) = self.protocol.poll_write() {
            match &mut self.socket {
                Socket::Udp(socket) => {
                    socket.send_to(&out.message, self.server).await.expect("sent");
                }
                Socket::Stream(stream, _) => {
                    stream.write_all(&out.message).await.expect("open");
                    stream.flush().await.expect("open");
                }
            }
        }
    }

    async fn receive(&mut self) {
        let message = match &mut self.socket {
            Socket::Udp(socket) => {
                let mut buffer = [0; 2048];
                let length = socket.recv(&mut buffer).await.expect("received");
                BytesMut::from(&buffer[..length])
            }
            Socket::Stream(stream, read) => loop {
                if let Some(message) = framing::next(read).expect("TURN") {
                    break message;
                }
                assert_ne!(stream.read_buf(read).await.expect("open"), 0, "the server has hung up");
            },
        };
        let transport = TransportContext {
            local_addr: self.local,
            peer_addr: self.server,
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        let message = TransportMessage { now: now(), transport, message };
        self.protocol.handle_read(message).expect("understood");
    }
}

async fn encrypted(
    stream: TcpStream,
    name: &str,
    roots: &RootCertStore,
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let config = TlsConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    let name = name.to_owned().try_into().expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a certificate that is good")
}
