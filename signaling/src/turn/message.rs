//! STUN messages as TURN uses them (RFC 8489, RFC 8656): read with care, written short.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_DONT_FRAGMENT, ATTR_ERROR_CODE, ATTR_EVEN_PORT, ATTR_FINGERPRINT,
    ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_ADDRESS_FAMILY,
    ATTR_REQUESTED_TRANSPORT, ATTR_RESERVATION_TOKEN, ATTR_UNKNOWN_ATTRIBUTES, ATTR_USERNAME,
    ATTR_XOR_PEER_ADDRESS, AttrType,
};
use rtc_stun::crypto::RTCCrypto;
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    ATTRIBUTE_HEADER_SIZE, CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE,
    MESSAGE_HEADER_SIZE, Message, Method, Setter as _, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;

/// Longest message taken: a Send indication with a datagram that fits a network.
pub const MAX_BYTES: usize = 2048;
/// The magic cookie (RFC 8489 section 5), with which addresses are hidden (section 14.2).
const COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();
/// Type of a Data indication (RFC 8656 section 17).
const DATA_INDICATION: u16 = 0x0017;
/// Attributes that have to be understood, and are.
const UNDERSTOOD: [AttrType; 13] = [
    ATTR_USERNAME,
    ATTR_MESSAGE_INTEGRITY,
    ATTR_REALM,
    ATTR_NONCE,
    ATTR_CHANNEL_NUMBER,
    ATTR_LIFETIME,
    ATTR_XOR_PEER_ADDRESS,
    ATTR_DATA,
    ATTR_EVEN_PORT,
    ATTR_REQUESTED_TRANSPORT,
    // Nothing is ever fragmented on the way to a worker of this process.
    ATTR_DONT_FRAGMENT,
    ATTR_RESERVATION_TOKEN,
    ATTR_REQUESTED_ADDRESS_FAMILY,
];

/// Why a request is refused (RFC 8489 section 14.8, RFC 8656 section 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It makes no sense.
    BadRequest,
    /// Who is it? Also: the credentials are wrong, or their time is over.
    Unauthorized,
    /// The peer is none of this server's own media addresses.
    Forbidden,
    /// It has attributes that have to be understood, and are not.
    UnknownAttribute,
    /// There is an allocation where there must be none, or none where there must be one.
    AllocationMismatch,
    /// The nonce has grown old.
    StaleNonce,
    /// This server has no address of that family.
    FamilyNotSupported,
    /// The allocation is another user's.
    WrongCredentials,
    /// Only UDP is relayed.
    TransportNotSupported,
    /// The peer's family is not that of the allocation.
    FamilyMismatch,
    /// This user has enough allocations.
    QuotaReached,
    /// The server has enough of them.
    NoCapacity,
}

impl Refusal {
    /// Its number, and its name for whoever looks at a trace.
    pub const fn code(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad Request"),
            Self::Unauthorized => (401, "Unauthorized"),
            Self::Forbidden => (403, "Forbidden"),
            Self::UnknownAttribute => (420, "Unknown Attribute"),
            Self::AllocationMismatch => (437, "Allocation Mismatch"),
            Self::StaleNonce => (438, "Stale Nonce"),
            Self::FamilyNotSupported => (440, "Address Family not Supported"),
            Self::WrongCredentials => (441, "Wrong Credentials"),
            Self::TransportNotSupported => (442, "Unsupported Transport Protocol"),
            Self::FamilyMismatch => (443, "Peer Address Family Mismatch"),
            Self::QuotaReached => (486, "Allocation Quota Reached"),
            Self::NoCapacity => (508, "Insufficient Capacity"),
        }
    }
}

/// A well-formed request or indication that nobody has vouched for yet.
pub struct Request {
    message: Message,
    /// So many attributes stand before MESSAGE-INTEGRITY. What stands behind it is nobody's word (RFC 8489 section
    /// 14.5).
    vouched: usize,
}

impl Request {
    /// Parses a message; `None` for anything that is neither a request nor an indication.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        // The parser is not ours, and one task serves all clients over UDP: should it fall over, the message is passed
        // over like any other bad one.
        catch_unwind(|| Self::read(bytes)).ok().flatten()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut message = Message::new();
        message.raw = bytes.to_vec();
        message.decode().ok()?;
        if bytes.len() != MESSAGE_HEADER_SIZE + message.length as usize
            || ![CLASS_REQUEST, CLASS_INDICATION].contains(&message.typ.class)
            || message.contains(ATTR_FINGERPRINT) && FINGERPRINT.check(&message).is_err()
        {
            return None;
        }
        let attributes = &message.attributes.0;
        let integrity = attributes.iter().position(|attribute| attribute.typ == ATTR_MESSAGE_INTEGRITY);
        let vouched = integrity.unwrap_or(attributes.len());
        Some(Self { message, vouched })
    }

    /// What is asked for.
    pub const fn method(&self) -> Method {
        self.message.typ.method
    }

    /// Whether nobody waits for a reply.
    pub fn is_indication(&self) -> bool {
        self.message.typ.class == CLASS_INDICATION
    }

    /// Repeated with the same one, it is the same request.
    pub const fn transaction(&self) -> TransactionId {
        self.message.transaction_id
    }

    /// Whether it claims to come from somebody.
    pub fn is_signed(&self) -> bool {
        self.message.contains(ATTR_MESSAGE_INTEGRITY)
    }

    /// Whether whoever sent it knows the key.
    pub fn authentic(&mut self, key: &[u8], crypto: &dyn RTCCrypto) -> bool {
        // As in `parse`. A message that it fell over is not looked at again.
        catch_unwind(AssertUnwindSafe(|| MessageIntegrity::check(&mut self.message, key, crypto).is_ok()))
            .unwrap_or(false)
    }

    /// Value of an attribute that the signature covers.
    pub fn get(&self, attribute: AttrType) -> Option<&[u8]> {
        self.vouched().find(|found| found.typ == attribute).map(|found| found.value.as_slice())
    }

    /// Where in the message that value stands.
    pub fn place(&self, attribute: AttrType) -> Option<Range<usize>> {
        let mut start = MESSAGE_HEADER_SIZE;
        for found in self.vouched() {
            start += ATTRIBUTE_HEADER_SIZE;
            if found.typ == attribute {
                return Some(start..start + found.value.len());
            }
            start += found.value.len().next_multiple_of(4);
        }
        None
    }

    /// The same as text.
    pub fn text(&self, attribute: AttrType) -> Option<&str> {
        std::str::from_utf8(self.get(attribute)?).ok()
    }

    /// The same as a number in its first four bytes.
    pub fn number(&self, attribute: AttrType) -> Option<u32> {
        self.get(attribute)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    /// Peers that it names; `None` among them is one that cannot be read.
    pub fn peers(&self) -> impl Iterator<Item = Option<SocketAddr>> {
        let peers = self.vouched().filter(|found| found.typ == ATTR_XOR_PEER_ADDRESS);
        peers.map(|found| unhide(&found.value, self.message.transaction_id))
    }

    /// Attributes that have to be understood, and are not.
    pub fn unknown(&self) -> Vec<u8> {
        let unknown = self.vouched().map(|found| found.typ);
        let unknown = unknown.filter(|typ| typ.required() && !UNDERSTOOD.contains(typ));
        unknown.take(8).flat_map(|typ| typ.value().to_be_bytes()).collect()
    }

    fn vouched(&self) -> impl Iterator<Item = &rtc_stun::attributes::RawAttribute> {
        self.message.attributes.0.iter().take(self.vouched)
    }
}

/// A reply in the making.
pub struct Reply(Message);

impl Reply {
    /// It was done.
    pub fn success(request: &Request) -> Self {
        Self::new(request, CLASS_SUCCESS_RESPONSE)
    }

    /// It was not, and why. `terse` leaves out the words.
    pub fn refusal(request: &Request, refusal: Refusal, terse: bool) -> Self {
        let (code, reason) = refusal.code();
        let [class, number] = [code / 100, code % 100].map(|part| u8::try_from(part).unwrap_or_default());
        let mut value = vec![0, 0, class, number];
        if !terse {
            value.extend_from_slice(reason.as_bytes());
        }
        Self::new(request, CLASS_ERROR_RESPONSE).with(ATTR_ERROR_CODE, &value)
    }

    /// With an attribute.
    pub fn with(mut self, attribute: AttrType, value: &[u8]) -> Self {
        self.0.add(attribute, value);
        self
    }

    /// With a list of attributes that were not understood.
    pub fn with_unknown(self, request: &Request) -> Self {
        self.with(ATTR_UNKNOWN_ATTRIBUTES, &request.unknown())
    }

    /// With an address.
    pub fn with_address(mut self, attribute: AttrType, address: SocketAddr) -> Self {
        let hidden = XorMappedAddress { ip: address.ip().to_canonical(), port: address.port() };
        if hidden.add_to_as(&mut self.0, attribute).is_err() {
            tracing::debug!("an address does not fit into a reply");
        }
        self
    }

    /// To somebody whose key we know.
    pub fn signed(mut self, key: &[u8], crypto: &dyn RTCCrypto) -> Vec<u8> {
        let integrity = MessageIntegrity::new_raw_integrity_with_provider(key, crypto);
        if integrity.add_to(&mut self.0).is_err() {
            tracing::warn!("a reply could not be signed");
        }
        self.0.raw
    }

    /// To a stranger.
    pub fn unsigned(self) -> Vec<u8> {
        self.0.raw
    }

    fn new(request: &Request, class: rtc_stun::message::MessageClass) -> Self {
        let mut message = Message::new();
        message.typ.method = request.method();
        message.typ.class = class;
        message.transaction_id = request.transaction();
        message.write_header();
        Self(message)
    }
}

/// Appends a Data indication (RFC 8656 section 11.3): what a peer sent, before there is a channel for it. By hand,
/// because it is written for packets. `mark` is its transaction id, which nobody will answer.
pub fn data_indication(peer: SocketAddr, datagram: &[u8], mark: [u8; 12], out: &mut Vec<u8>) {
    let ip_bytes = if peer.is_ipv4() { 4 } else { 16 };
    let padded = datagram.len().next_multiple_of(4);
    let Ok(length) = u16::try_from(4 + 4 + ip_bytes + 4 + padded) else { return };
    out.extend_from_slice(&DATA_INDICATION.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&COOKIE);
    out.extend_from_slice(&mark);
    out.extend_from_slice(&ATTR_XOR_PEER_ADDRESS.value().to_be_bytes());
    out.extend_from_slice(&(if peer.is_ipv4() { 8_u16 } else { 20 }).to_be_bytes());
    out.extend_from_slice(&[0, if peer.is_ipv4() { 1 } else { 2 }]);
    let [first, second] = peer.port().to_be_bytes();
    out.extend_from_slice(&[first ^ COOKIE[0], second ^ COOKIE[1]]);
    let hide = |bytes: &[u8], out: &mut Vec<u8>| {
        out.extend(bytes.iter().zip(COOKIE.iter().chain(&mark)).map(|(byte, mask)| byte ^ mask));
    };
    match peer.ip() {
        IpAddr::V4(ip) => hide(&ip.octets(), out),
        IpAddr::V6(ip) => hide(&ip.octets(), out),
    }
    out.extend_from_slice(&ATTR_DATA.value().to_be_bytes());
    // Cannot be cut short: it is less than `length`, which fits.
    out.extend_from_slice(&u16::try_from(datagram.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(datagram);
    out.resize(out.len() + padded - datagram.len(), 0);
}

fn unhide(value: &[u8], transaction: TransactionId) -> Option<SocketAddr> {
    let (head, hidden) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([head[2] ^ COOKIE[0], head[3] ^ COOKIE[1]]);
    let mut mask = COOKIE.iter().chain(&transaction.0);
    let mut bare = |byte: &u8| byte ^ mask.next().copied().unwrap_or_default();
    let ip = match (head[1], hidden.len()) {
        (1, 4) => IpAddr::from(<[u8; 4]>::try_from(hidden).ok()?.map(|byte| bare(&byte))),
        (2, 16) => IpAddr::from(<[u8; 16]>::try_from(hidden).ok()?.map(|byte| bare(&byte))),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
