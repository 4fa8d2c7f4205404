//! A relay with two workers behind it, and clients that write their messages by hand.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_TRANSPORT,
    ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, AttrType,
};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE,
    METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_SEND, Message, Method, Setter as _, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;
use schema::moment::Moment;

use crate::turn::relay::REALM;
use crate::turn::{Limits, Now, Reaction, Relay, Session, Targets, Transport};

pub const CLIENT: &str = "192.0.2.7:40000";
/// The media of the first worker, and of the second, which has an IPv6 address as well.
pub const FIRST: &str = "10.0.0.5:7882";
pub const SECOND: &str = "10.0.0.5:7883";
pub const SECOND_V6: &str = "[2001:db8::5]:7883";

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "instants cannot be made in any other way")]
fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

pub struct World {
    pub relay: Relay,
    pub now: Now,
    transactions: u64,
}

/// One client: a 5-tuple and, once it has been told of them, credentials.
pub struct Client {
    pub session: Session,
    pub username: String,
    pub password: String,
    pub nonce: Vec<u8>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        let workers = [vec![address(FIRST)], vec![address(SECOND), address(SECOND_V6)]];
        let targets = Targets::new(workers.iter().map(Vec::as_slice));
        let relay = Relay::new(start(), b"a secret of the house", [7; 32], targets, limits).unwrap();
        let now = Now { instant: start(), wall: Moment::from_millis(1_790_000_000_000) };
        Self { relay, now, transactions: 0 }
    }

    pub fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall = self.now.wall.plus_millis(i64::try_from(time.as_millis()).unwrap());
    }

    /// A client with fresh credentials that has not said anything yet.
    pub fn client(&self, from: &str, identity: &str) -> Client {
        let (username, password) = self.relay.mint(self.now.wall, identity);
        let session = Session::new(address(from), Transport::Stream);
        Client { session, username, password, nonce: Vec::new() }
    }

    /// A client that has been told of its nonce.
    pub fn known_client(&mut self, from: &str, identity: &str) -> Client {
        let mut client = self.client(from, identity);
        self.learn_nonce(&mut client);
        client
    }

    pub fn learn_nonce(&mut self, client: &mut Client) {
        let request = self.message(METHOD_ALLOCATE, CLASS_REQUEST, &[]);
        let reply = reply(client.session.message(&self.relay, self.now, &request.raw));
        client.nonce = reply.get(ATTR_NONCE).unwrap();
        assert_eq!(reply.get(ATTR_REALM).unwrap(), REALM.as_bytes());
    }

    /// A client that holds an allocation.
    pub fn allocated(&mut self, identity: &str) -> Client {
        let mut client = self.known_client(CLIENT, identity);
        let reply = self.ask(&mut client, METHOD_ALLOCATE, &[udp()]);
        assert_eq!(code(&reply), None, "an allocation");
        client
    }

    /// A client that may talk to the first worker.
    pub fn permitted(&mut self, identity: &str) -> Client {
        let mut client = self.allocated(identity);
        let reply = self.permit(&mut client, &[FIRST]);
        assert_eq!(code(&reply), None, "a permission");
        client
    }

    pub fn permit(&mut self, client: &mut Client, peers: &[&str]) -> Message {
        let mut request = self.message(METHOD_CREATE_PERMISSION, CLASS_REQUEST, &[]);
        for peer in peers {
            add_peer(&mut request, address(peer));
        }
        self.ask_signed(client, request)
    }

    pub fn bind(&mut self, client: &mut Client, channel: u16, peer: &str) -> Message {
        let mut number = channel.to_be_bytes().to_vec();
        number.extend([0, 0]);
        let mut request = self.message(METHOD_CHANNEL_BIND, CLASS_REQUEST, &[(ATTR_CHANNEL_NUMBER, number)]);
        add_peer(&mut request, address(peer));
        self.ask_signed(client, request)
    }

    /// A Send indication.
    pub fn send(&mut self, client: &mut Client, peer: &str, data: &[u8]) -> (Reaction, Vec<u8>) {
        let mut message = self.message(METHOD_SEND, CLASS_INDICATION, &[]);
        add_peer(&mut message, address(peer));
        message.add(ATTR_DATA, data);
        (client.session.message(&self.relay, self.now, &message.raw), message.raw)
    }

    pub fn message(
        &mut self,
        method: Method,
        class: rtc_stun::message::MessageClass,
        attributes: &[(AttrType, Vec<u8>)],
    ) -> Message {
        self.transactions += 1;
        let mut message = Message::new();
        (message.typ.method, message.typ.class) = (method, class);
        let mut id = [0; 12];
        id[..8].copy_from_slice(&self.transactions.to_be_bytes());
        message.transaction_id = TransactionId(id);
        message.write_header();
        for (attribute, value) in attributes {
            message.add(*attribute, value);
        }
        message
    }

    pub fn ask(
        &mut self,
        client: &mut Client,
        method: Method,
        attributes: &[(AttrType, Vec<u8>)],
    ) -> Message {
        let request = self.message(method, CLASS_REQUEST, attributes);
        self.ask_signed(client, request)
    }

    pub fn ask_signed(&mut self, client: &mut Client, mut request: Message) -> Message {
        self.sign(client, &mut request);
        reply(client.session.message(&self.relay, self.now, &request.raw))
    }

    pub fn sign(&self, client: &Client, request: &mut Message) {
        request.add(ATTR_USERNAME, client.username.as_bytes());
        request.add(ATTR_REALM, REALM.as_bytes());
        request.add(ATTR_NONCE, &client.nonce);
        let crypto = self.relay.crypto();
        let (username, password) = (client.username.clone(), client.password.clone());
        let key =
            MessageIntegrity::long_term_integrity_key(username, REALM.into(), password, crypto).unwrap();
        MessageIntegrity::new_raw_integrity_with_provider(key, crypto).add_to(request).unwrap();
    }
}

pub fn udp() -> (AttrType, Vec<u8>) {
    (ATTR_REQUESTED_TRANSPORT, vec![17, 0, 0, 0])
}

pub fn add_peer(message: &mut Message, peer: SocketAddr) {
    let peer = XorMappedAddress { ip: peer.ip(), port: peer.port() };
    peer.add_to_as(message, ATTR_XOR_PEER_ADDRESS).unwrap();
}

pub fn reply(reaction: Reaction) -> Message {
    let Reaction::Reply(raw) = reaction else { panic!("no reply but {reaction:?}") };
    let mut message = Message::new();
    message.raw = raw;
    message.decode().unwrap();
    assert!([CLASS_SUCCESS_RESPONSE, CLASS_ERROR_RESPONSE].contains(&message.typ.class));
    message
}

/// The code of a refusal; `None` for a success.
pub fn code(reply: &Message) -> Option<u16> {
    let value = reply.get(ATTR_ERROR_CODE).ok()?;
    Some(u16::from(value[2]) * 100 + u16::from(value[3]))
}

pub fn found(reply: &Message, attribute: AttrType) -> SocketAddr {
    let mut address = XorMappedAddress::default();
    address.get_from_as(reply, attribute).unwrap();
    SocketAddr::new(address.ip, address.port)
}
