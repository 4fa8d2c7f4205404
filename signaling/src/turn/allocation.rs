//! One allocation: who holds it, until when, and with whom it may talk.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rtc_stun::message::TransactionId;

use super::Limits;
use super::message::{Refusal, data_indication};
use super::pace::Allowance;
use super::quota::Place;
use super::{Relay, framing};
use crate::media::Source;

/// An allocation (RFC 8656 section 3.2).
pub struct Allocation {
    /// The user name that made it: nobody else may touch it.
    pub username: String,
    /// The request that made it; repeated, it is answered the same.
    pub made_by: TransactionId,
    /// The address that it stands for. Nothing listens there: what is for it comes from this process.
    pub relayed: SocketAddr,
    /// When it ends unless it is refreshed.
    pub until: Instant,
    permissions: Vec<(IpAddr, Instant)>,
    channels: Vec<Channel>,
    lines: Vec<Line>,
    up: Allowance,
    down: Allowance,
    /// Numbers Data indications.
    told: u32,
    _place: Place,
}

/// A short name for a peer (RFC 8656 section 12).
struct Channel {
    number: u16,
    peer: SocketAddr,
    until: Instant,
}

/// The way between an allocation and one peer of it, as the worker behind that peer knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What the worker takes it for.
    pub source: Source,
    /// The peer.
    pub peer: SocketAddr,
    /// The worker behind the peer.
    pub worker: usize,
}

impl Allocation {
    /// One without permissions.
    pub fn new(
        now: Instant,
        limits: &Limits,
        username: String,
        made_by: TransactionId,
        relayed: SocketAddr,
        place: Place,
    ) -> Self {
        Self {
            username,
            made_by,
            relayed,
            until: now + limits.lifetime,
            permissions: Vec::new(),
            channels: Vec::new(),
            lines: Vec::new(),
            up: Allowance::new(now, limits.bytes_per_second),
            down: Allowance::new(now, limits.bytes_per_second),
            told: 0,
            _place: place,
        }
    }

    /// Lets an address in for a while.
    pub fn permit(&mut self, now: Instant, limits: &Limits, ip: IpAddr) -> Result<(), Refusal> {
        let until = now + limits.permission;
        if let Some((_, known)) = self.permissions.iter_mut().find(|(known, _)| *known == ip) {
            *known = until;
            return Ok(());
        }
        self.permissions.retain(|(_, until)| *until > now);
        if self.permissions.len() >= limits.peers {
            return Err(Refusal::NoCapacity);
        }
        self.permissions.push((ip, until));
        Ok(())
    }

    /// Whether an address is let in.
    pub fn permits(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions.iter().any(|(known, until)| *known == ip && *until > now)
    }

    /// Binds a channel to a peer, or keeps it bound (RFC 8656 section 12.2).
    pub fn bind(
        &mut self,
        now: Instant,
        limits: &Limits,
        number: u16,
        peer: SocketAddr,
    ) -> Result<(), Refusal> {
        self.channels.retain(|channel| channel.until > now);
        let (until, full) = (now + limits.channel, self.channels.len() >= limits.peers);
        let known = self.channels.iter_mut().find(|known| known.number == number || known.peer == peer);
        match known {
            Some(known) if known.number == number && known.peer == peer => known.until = until,
            Some(_) => return Err(Refusal::BadRequest),
            None if full => return Err(Refusal::NoCapacity),
            None => self.channels.push(Channel { number, peer, until }),
        }
        self.permit(now, limits, peer.ip())
    }

    /// The peer of a channel.
    pub fn peer_of(&self, now: Instant, channel: u16) -> Option<SocketAddr> {
        let found = self.channels.iter().find(|known| known.number == channel && known.until > now)?;
        Some(found.peer)
    }

    /// The line to a peer, and whether it is a new one; `None` when the peer is none of ours.
    pub fn line_to(&mut self, relay: &Relay, peer: SocketAddr) -> Option<(Line, bool)> {
        if let Some(line) = self.lines.iter().find(|line| line.peer == peer) {
            return Some((*line, false));
        }
        let worker = relay.targets.worker(peer)?;
        let line = Line { source: Source::Relay(relay.next_line(), self.relayed), peer, worker };
        self.lines.push(line);
        Some((line, true))
    }

    /// Its lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether so many bytes may go to a peer now.
    pub fn may_send(&mut self, now: Instant, limits: &Limits, bytes: usize) -> bool {
        self.up.take(now, limits.bytes_per_second, bytes as u64)
    }

    /// Wraps a datagram of a peer for the client (RFC 8656 sections 11.3 and 12.7), appending to `out`. False when it
    /// has to be dropped.
    pub fn wrap(
        &mut self,
        now: Instant,
        limits: &Limits,
        from: Source,
        datagram: &[u8],
        stream: bool,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(line) = self.lines.iter().find(|line| line.source == from) else { return false };
        if !self.permits(now, line.peer.ip())
            || !self.down.take(now, limits.bytes_per_second, datagram.len() as u64)
        {
            return false;
        }
        let channel = self.channels.iter().find(|known| known.peer == line.peer && known.until > now);
        if let Some(channel) = channel {
            framing::channel_data(channel.number, datagram, stream, out);
        } else {
            let mut mark = [0; 12];
            self.told = self.told.wrapping_add(1);
            mark[..4].copy_from_slice(&self.told.to_be_bytes());
            data_indication(line.peer, datagram, mark, out);
        }
        true
    }
}
