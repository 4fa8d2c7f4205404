//! The media plane of one worker: told of datagrams and of time, it answers with datagrams and events.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc_shared::error::Error;
use schema::moment::Moment;
use slab::Slab;

use super::agenda::Agenda;
use super::batch::Batch;
use super::clock::Stamp;
use super::dtls::{Identity, Progress};
use super::egress::Run;
use super::forward::Forward;
use super::limits::Limits;
use super::path::mark;
use super::peer::{Peer, Source};
use super::srtp;
use super::stun::Check;
use super::tick::SURVEY;
use super::track::Track;
use crate::room::media::{ForwardId, MediaEvent, PeerId};

/// How often timers are looked at. Fine enough for a request for a lost packet, coarse enough to cost nothing.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// Addresses one client may have proven at once.
const MAX_ADDRESSES: usize = 16;

/// How an engine is set up.
pub struct Config {
    /// Where clients find it: UDP, and TCP on the same number.
    pub candidates: Vec<SocketAddr>,
    /// Ceilings and clocks.
    pub limits: Limits,
    /// The instant at which it starts, on the clock that drives it.
    pub started: Instant,
    /// The same instant on the wall clock, for NTP timestamps.
    pub wall: Moment,
}

/// The media plane of one worker.
pub struct Engine {
    pub(super) identity: Arc<Identity>,
    pub(super) candidates: Vec<SocketAddr>,
    pub(super) limits: Limits,
    pub(super) started: Instant,
    pub(super) wall: Moment,
    /// The latest instant that it was told.
    pub(super) now: Instant,
    pub(super) peers: Slab<Peer>,
    pub(super) tracks: Slab<Track>,
    pub(super) forwards: Slab<Forward>,
    pub(super) peer_ids: HashMap<PeerId, usize>,
    pub(super) forward_ids: HashMap<ForwardId, usize>,
    pub(super) fragments: HashMap<String, usize>,
    pub(super) addresses: HashMap<Source, usize>,
    pub(super) last_forward: u64,
    pub(super) events: VecDeque<MediaEvent>,
    /// Replies that do not go to a connection's chosen address.
    pub(super) replies: Vec<(Source, Vec<u8>)>,
    /// Packets that wait to be passed on.
    pub(super) batch: Batch,
    /// Where packets are written for one subscriber after the other.
    pub(super) run: Run,
    /// Connections whose pictures wait for their turn.
    pub(super) paced: Vec<usize>,
    /// Connections with something of their own to flush.
    pub(super) dirty: Vec<usize>,
    /// Connections that something is to be done about.
    pub(super) agenda: Agenda,
    pub(super) ticked: Instant,
    pub(super) surveyed: Instant,
}

impl Engine {
    /// An engine without connections.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self::with_identity(Arc::new(Identity::generate()?), config))
    }

    /// An engine that shows a certificate which was made before.
    pub(super) fn with_identity(identity: Arc<Identity>, config: Config) -> Self {
        Self {
            identity,
            candidates: config.candidates,
            limits: config.limits,
            started: config.started,
            wall: config.wall,
            now: config.started,
            peers: Slab::new(),
            tracks: Slab::new(),
            forwards: Slab::new(),
            peer_ids: HashMap::new(),
            forward_ids: HashMap::new(),
            fragments: HashMap::new(),
            addresses: HashMap::new(),
            last_forward: 0,
            events: VecDeque::new(),
            replies: Vec::new(),
            batch: Batch::default(),
            run: Run::default(),
            paced: Vec::new(),
            dirty: Vec::new(),
            agenda: Agenda::default(),
            ticked: config.started,
            surveyed: config.started,
        }
    }

    /// Tells it the time on the clock that drives it. The methods of [`Media`](crate::room::media::Media) act at the
    /// latest time told: theirs is the wall clock, which may jump.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Takes one datagram. What is not authentic leaves no trace.
    pub fn datagram(&mut self, now: Instant, from: Source, bytes: &mut [u8]) {
        self.advance(now);
        // RFC 7983: the first byte tells the protocol.
        match bytes {
            [0..=3, ..] => self.check(now, from, bytes),
            [20..=63, ..] => {
                if let Some(peer) = self.addresses.get(&from).copied() {
                    self.contain(peer, |engine| engine.record(now, peer, bytes));
                }
            }
            [128..=191, kind, ..] => {
                let Some(peer) = self.addresses.get(&from).copied() else { return };
                if (192..=223).contains(kind) {
                    self.contain(peer, |engine| engine.rtcp(now, peer, bytes));
                } else {
                    self.rtp(now, peer, bytes);
                }
            }
            _ => {}
        }
    }

    /// Lets a protocol crate loose on what one client sent. Should it fall over, that connection ends, and the rooms go
    /// on.
    pub(super) fn contain(&mut self, index: usize, run: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| run(self))).is_ok() {
            return;
        }
        tracing::error!("a protocol crate fell over a client's datagram; that connection is ended");
        let Some(peer) = self.peers.get_mut(index) else { return };
        (peer.dtls, peer.open, peer.egress.seal, peer.connected) = (None, None, None, false);
        if !std::mem::replace(&mut peer.lost, true) {
            self.events.push_back(MediaEvent::Lost { peer: peer.id });
        }
    }

    /// A TCP connection has ended: its address is nobody's.
    pub fn disconnected(&mut self, from: Source) {
        if let Some(peer) = self.addresses.remove(&from).and_then(|index| self.peers.get_mut(index)) {
            peer.addresses.retain(|known| *known != from);
            if peer.remote == Some(from) {
                peer.chosen = None;
                peer.remote = peer.addresses.iter().copied().max_by_key(|path| path.rank());
            }
        }
    }

    /// What the room is to be told next.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    /// Gives away everything that is to be sent: destination, bytes, and the size of a packet where the bytes are
    /// several of one size (the last may be shorter).
    pub fn transmit(&mut self, mut send: impl FnMut(Source, &[u8], usize)) {
        self.pass_on(&mut send);
        self.pace(&mut send);
        for (to, bytes) in self.replies.drain(..) {
            send(to, &bytes, bytes.len());
        }
        for index in self.dirty.drain(..) {
            let Some(peer) = self.peers.get_mut(index) else { continue };
            let remote = peer.remote;
            peer.egress.drain(|bytes, size| {
                if let Some(remote) = remote {
                    send(remote, bytes, size);
                }
            });
        }
    }

    /// When the first of the packets came in that wait to be passed on; `None` while none do.
    pub fn holds_since(&self) -> Option<Instant> {
        self.batch.since
    }

    /// When [`Engine::tick`] is due; `None` while there is nobody.
    pub fn next_deadline(&self) -> Option<Instant> {
        if self.peers.is_empty() {
            return None;
        }
        let survey = self.surveyed + SURVEY;
        Some(self.agenda.next().map_or(survey, |next| next.min(survey)).max(self.ticked + TICK))
    }

    /// A connectivity check.
    fn check(&mut self, now: Instant, from: Source, bytes: &[u8]) {
        // Anybody may send this: what the protocol crate falls over is not a check.
        let Ok(Some(mut check)) = catch_unwind(|| Check::parse(bytes)) else { return };
        let Some(index) = self.fragments.get(check.local_fragment()).copied() else { return };
        let Some(peer) = self.peers.get_mut(index) else { return };
        let restarted = peer.fresh.as_ref().is_some_and(|fresh| fresh.ufrag == check.local_fragment());
        let credentials = if restarted { peer.fresh.as_ref().unwrap_or(&peer.local) } else { &peer.local };
        let crypto = &self.identity.crypto;
        if !check.authentic(&credentials.password, crypto) {
            return;
        }
        let reply = check.reply(from.address(), &credentials.password, crypto);
        self.replies.extend(reply.map(|reply| (from, reply)));
        if check.role_conflict() {
            return;
        }
        peer.heard = now;
        if let Some(known) = peer.addresses.iter().position(|known| *known == from) {
            peer.addresses[known..].rotate_left(1);
        } else {
            // An address belongs to one connection: the last that proved it.
            if let Some(other) = self.addresses.insert(from, index).filter(|other| *other != index)
                && let Some(other) = self.peers.get_mut(other)
            {
                other.addresses.retain(|known| *known != from);
            }
            let Some(peer) = self.peers.get_mut(index) else { return };
            peer.addresses.push(from);
        }
        let Some(peer) = self.peers.get_mut(index) else { return };
        peer.choose(now, from, check.nominates());
        if peer.addresses.len() > MAX_ADDRESSES
            && let Some(worst) = peer.worst_address()
        {
            let worst = peer.addresses.remove(worst);
            self.addresses.remove(&worst);
        }
        if restarted && check.nominates() {
            let fresh = peer.fresh.take();
            if let Some(fresh) = fresh {
                let old = std::mem::replace(&mut peer.local, fresh);
                self.fragments.remove(&old.ufrag);
            }
        }
        if peer.lost && peer.connected {
            peer.lost = false;
            self.events.push_back(MediaEvent::Connected { peer: peer.id });
            self.resume(index);
        }
    }

    /// A DTLS record.
    pub(super) fn record(&mut self, now: Instant, index: usize, bytes: &[u8]) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let Some(dtls) = &mut peer.dtls else {
            if peer.early.len() < self.limits.early_datagrams {
                peer.early.push(bytes.to_vec());
            }
            return;
        };
        mark(&mut self.dirty, index, &peer.egress);
        self.agenda.wake(index, now);
        let egress = &mut peer.egress;
        let (mut frames, mut ready) = (Vec::new(), false);
        for progress in dtls.datagram(now, bytes, |record| egress.raw(record)) {
            match progress {
                Progress::Keys(keys) => {
                    match srtp::contexts(&keys, self.identity.crypto.crypto(), self.limits.ssrcs) {
                        Ok((seal, open)) => {
                            egress.seal = Some(seal);
                            peer.open = Some(open);
                            // Where it took longer than it may, the room had given it up.
                            (peer.connected, peer.lost) = (true, false);
                            peer.heard = now;
                            self.events.push_back(MediaEvent::Connected { peer: peer.id });
                            ready = true;
                        }
                        Err(error) => tracing::warn!(%error, "no keys came out of the handshake"),
                    }
                }
                Progress::Data(packet) => {
                    let mut out = Vec::new();
                    frames.extend(
                        peer.channels.packet(now, &Bytes::from(packet), |sctp| out.push(sctp.to_vec())),
                    );
                    peer.heard = now;
                    for packet in out {
                        dtls.write(now, &packet, |record| egress.raw(record));
                    }
                }
                Progress::Closed if !peer.lost => {
                    peer.lost = true;
                    self.events.push_back(MediaEvent::Lost { peer: peer.id });
                }
                Progress::Closed => {}
            }
        }
        let peer = peer.id;
        self.events.extend(frames.into_iter().map(|frame| MediaEvent::Data {
            peer,
            reliable: frame.reliable,
            frame: frame.bytes,
        }));
        if ready {
            self.retarget(index);
        }
    }

    /// Random bits from the same source as the keys.
    pub(super) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        if self.identity.crypto.random().fill(&mut bytes).is_err() {
            tracing::error!("the system has no randomness");
        }
        bytes
    }

    /// An instant as packets need it that leave at it.
    pub(super) fn stamp(&self, at: Instant) -> Stamp {
        Stamp::new(at, self.started)
    }

    /// NTP time of an instant, 32.32 fixed point.
    pub(super) fn ntp(&self, at: Instant) -> u64 {
        /// Seconds from 1900 to 1970.
        const EPOCHS: u64 = 2_208_988_800;
        let wall = Duration::from_millis(u64::try_from(self.wall.as_millis()).unwrap_or_default());
        let time = wall + at.saturating_duration_since(self.started);
        ((time.as_secs() + EPOCHS) << 32) | ((u64::from(time.subsec_nanos()) << 32) / 1_000_000_000)
    }
}
