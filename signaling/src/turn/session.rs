//! One client of the relay: a 5-tuple, and at most one allocation.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use rtc_stun::attributes::{ATTR_DATA, ATTR_NONCE, ATTR_REALM, ATTR_USERNAME, ATTR_XORMAPPED_ADDRESS};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{METHOD_ALLOCATE, METHOD_BINDING, METHOD_SEND};

use super::allocation::{Allocation, Line};
use super::credentials::Credentials;
use super::framing::CHANNEL_HEADER;
use super::message::{Refusal, Reply, Request};
use super::relay::REALM;
use super::{Now, Relay};
use crate::media::Source;

/// How a client reaches the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams: the address may be forged until it has shown otherwise.
    Udp,
    /// A connection, with TLS or without.
    Stream,
}

/// What a message of a client leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing.
    Nothing,
    /// A reply to the client.
    Reply(Vec<u8>),
    /// A part of the message goes to a worker.
    HandOver {
        /// The line on which it comes to the worker.
        source: Source,
        /// Which worker.
        worker: usize,
        /// The worker has not heard of this line before.
        first: bool,
        /// Where in the message it stands.
        payload: Range<usize>,
    },
    /// The connection is to be closed.
    HangUp,
}

/// One client.
pub struct Session {
    pub(super) client: SocketAddr,
    transport: Transport,
    pub(super) allocation: Option<Allocation>,
    /// Requests without good credentials since the last one that had them.
    strikes: u8,
    /// Lines of an allocation that has ended.
    closed: Vec<Line>,
}

/// Somebody whose request is authentic.
pub(super) struct Authentic {
    pub username: String,
    pub identity: String,
    key: Vec<u8>,
}

impl Authentic {
    /// A reply that only we can have written.
    pub fn sign(&self, reply: Reply, relay: &Relay) -> Vec<u8> {
        reply.signed(&self.key, relay.crypto())
    }

    /// Somebody whom we believe without a signature.
    #[cfg(any(test, fuzzing))]
    pub fn trusted(username: &str, identity: &str) -> Self {
        Self { username: username.to_owned(), identity: identity.to_owned(), key: vec![7; 16] }
    }
}

impl Session {
    /// A stranger.
    pub const fn new(client: SocketAddr, transport: Transport) -> Self {
        Self { client, transport, allocation: None, strikes: 0, closed: Vec::new() }
    }

    /// Takes one message of the client.
    pub fn message(&mut self, relay: &Relay, now: Now, bytes: &[u8]) -> Reaction {
        self.timeout(now.instant);
        match bytes {
            // RFC 8656 section 12: channels are 0x4000 to 0x4FFF.
            [0x40..=0x4F, ..] => self.channel_data(relay, now.instant, bytes).unwrap_or(Reaction::Nothing),
            [0..=3, ..] => {
                let Some(request) = Request::parse(bytes) else { return Reaction::Nothing };
                if request.is_indication() {
                    return self.send(relay, now.instant, &request).unwrap_or(Reaction::Nothing);
                }
                self.request(relay, now, request)
            }
            _ => Reaction::Nothing,
        }
    }

    /// Wraps a datagram that a worker sends to this client, appending to `out`; false when it is dropped.
    pub fn deliver(
        &mut self,
        relay: &Relay,
        now: Instant,
        from: Source,
        datagram: &[u8],
        out: &mut Vec<u8>,
    ) -> bool {
        let stream = self.transport == Transport::Stream;
        self.timeout(now);
        let Some(allocation) = &mut self.allocation else { return false };
        allocation.wrap(now, &relay.limits, from, datagram, stream, out)
    }

    /// Whether it holds an allocation. One that does not leaves nothing to remember.
    pub const fn holds(&self) -> bool {
        self.allocation.is_some()
    }

    /// When its allocation ends unless it is refreshed.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.allocation.as_ref().map(|allocation| allocation.until)
    }

    /// Ends an allocation whose time is over.
    pub fn timeout(&mut self, now: Instant) {
        if self.next_deadline().is_some_and(|until| until <= now) {
            self.end();
        }
    }

    /// Ends the allocation.
    pub fn end(&mut self) {
        if let Some(allocation) = self.allocation.take() {
            self.closed.extend_from_slice(allocation.lines());
        }
    }

    /// The next line that has ended: its worker is to be told.
    pub fn poll_closed(&mut self) -> Option<(Source, usize)> {
        self.closed.pop().map(|line| (line.source, line.worker))
    }

    fn request(&mut self, relay: &Relay, now: Now, mut request: Request) -> Reaction {
        if request.method() == METHOD_BINDING {
            let reply = Reply::success(&request).with_address(ATTR_XORMAPPED_ADDRESS, self.client);
            return self.reply_to_stranger(relay, now.instant, reply);
        }
        match self.authenticate(relay, now, &mut request) {
            Ok(who) => {
                self.strikes = 0;
                let reply = self
                    .authentic(relay, now.instant, &request, &who)
                    .unwrap_or_else(|refusal| refuse(&request, refusal));
                Reaction::Reply(who.sign(reply, relay))
            }
            Err(refusal) => {
                count(refusal);
                let mut reply = Reply::refusal(&request, refusal, true);
                if refusal != Refusal::BadRequest {
                    let nonce = relay.credentials.nonce(now.instant, self.client);
                    reply = reply.with(ATTR_REALM, REALM.as_bytes()).with(ATTR_NONCE, nonce.as_bytes());
                }
                self.reply_to_stranger(relay, now.instant, reply)
            }
        }
    }

    /// Who asks? (RFC 8489 section 9.2.4)
    fn authenticate(&self, relay: &Relay, now: Now, request: &mut Request) -> Result<Authentic, Refusal> {
        if !request.is_signed() {
            return Err(Refusal::Unauthorized);
        }
        let nonce = request.get(ATTR_NONCE).ok_or(Refusal::BadRequest)?;
        let username = request.text(ATTR_USERNAME).ok_or(Refusal::BadRequest)?.to_owned();
        if request.text(ATTR_REALM).ok_or(Refusal::BadRequest)? != REALM {
            return Err(Refusal::Unauthorized);
        }
        // The nonce first: it shows that the client hears us, and costs less than the rest.
        if !relay.credentials.nonce_holds(now.instant, self.client, nonce) {
            return Err(Refusal::StaleNonce);
        }
        let user = Credentials::user(now.wall, &username).ok_or(Refusal::Unauthorized)?;
        let password = relay.credentials.password(&username);
        let key = MessageIntegrity::long_term_integrity_key(
            username.clone(),
            REALM.to_owned(),
            password,
            relay.crypto(),
        );
        let key = key.map_err(|_| Refusal::Unauthorized)?;
        // Whoever holds an allocation keeps it as long as it is refreshed: a meeting lasts longer than its credentials.
        let too_late = user.expired && self.allocation.is_none();
        if too_late || !request.authentic(&key, relay.crypto()) {
            return Err(Refusal::Unauthorized);
        }
        Ok(Authentic { username, identity: user.identity, key })
    }

    /// Answers somebody who has not shown who it is. Over UDP that may be somebody else's address: such replies are
    /// few. Whoever holds an allocation has shown it before, and is told of a new nonce whatever strangers do.
    fn reply_to_stranger(&mut self, relay: &Relay, now: Instant, reply: Reply) -> Reaction {
        if self.holds() {
            return Reaction::Reply(reply.unsigned());
        }
        match self.transport {
            Transport::Udp if !relay.admits_stranger(now, self.client.ip()) => Reaction::Nothing,
            Transport::Udp => Reaction::Reply(reply.unsigned()),
            Transport::Stream => {
                self.strikes = self.strikes.saturating_add(1);
                if self.strikes > relay.limits.strikes {
                    return Reaction::HangUp;
                }
                Reaction::Reply(reply.unsigned())
            }
        }
    }

    /// ChannelData of the client (RFC 8656 section 12.6). The fast path: nothing is copied here.
    fn channel_data(&mut self, relay: &Relay, now: Instant, bytes: &[u8]) -> Option<Reaction> {
        let head = bytes.first_chunk::<CHANNEL_HEADER>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let payload = CHANNEL_HEADER..CHANNEL_HEADER + length;
        bytes.get(payload.clone())?;
        let peer = self.allocation.as_ref()?.peer_of(now, u16::from_be_bytes([head[0], head[1]]))?;
        self.hand_over(relay, now, peer, payload)
    }

    /// A Send indication (RFC 8656 section 11.2). What is wrong about one is not told.
    fn send(&mut self, relay: &Relay, now: Instant, request: &Request) -> Option<Reaction> {
        if request.method() != METHOD_SEND || !request.unknown().is_empty() {
            return None;
        }
        let peer = request.peers().next()??;
        let payload = request.place(ATTR_DATA)?;
        if !self.allocation.as_ref()?.permits(now, peer.ip()) {
            return None;
        }
        self.hand_over(relay, now, peer, payload)
    }

    fn hand_over(
        &mut self,
        relay: &Relay,
        now: Instant,
        peer: SocketAddr,
        payload: Range<usize>,
    ) -> Option<Reaction> {
        let allocation = self.allocation.as_mut()?;
        if !allocation.may_send(now, &relay.limits, payload.len()) {
            metrics::counter!("giaoban_turn_dropped_total").increment(1);
            return None;
        }
        let (line, first) = allocation.line_to(relay, peer)?;
        Some(Reaction::HandOver { source: line.source, worker: line.worker, first, payload })
    }

    /// Whether this is the Allocate that made the allocation, come again.
    pub(super) fn repeats(&self, request: &Request) -> bool {
        request.method() == METHOD_ALLOCATE
            && self.allocation.as_ref().is_some_and(|held| held.made_by == request.transaction())
    }
}

/// A refusal to somebody whom we know.
fn refuse(request: &Request, refusal: Refusal) -> Reply {
    count(refusal);
    let reply = Reply::refusal(request, refusal, false);
    if refusal == Refusal::UnknownAttribute { reply.with_unknown(request) } else { reply }
}

fn count(refusal: Refusal) {
    metrics::counter!("giaoban_turn_refused_total", "code" => refusal.code().0.to_string()).increment(1);
}
