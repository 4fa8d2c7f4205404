//! The packet path, on one page.
//!
//! ```text
//!  datagram ─ open in place ─ arrival noted ─ whose? ─ repair unwrapped ─ missing? ─ kept once, in plaintext
//!  (one per publisher)        (transport-cc)  (track,                      (NACK)          │
//!                                              layer)                                      ▼
//!                      for each subscriber:  passes? ─ numbers rewritten ─ header written, sealed in place
//!                                            (layer,   (sequence, time,    in the connection's own buffer,
//!                                             key frame) picture id)       flushed in runs of one size
//! ```
//!
//! No lock, no queue and no allocation per packet that is passed on: buffers grow to their working size and stay.

use std::time::Instant;

use slab::Slab;

use super::egress::{Body, Egress};
use super::engine::Engine;
use super::forward::{Forward, Rewritten};
use super::history::Packet;
use super::payload::{Vp8, red_primary, starts_keyframe};
use super::peer::{Payload, Peer, Role};
use super::rtp::{Extensions, Header, Outgoing};
use super::sdp::Codec;
use super::track::Track;
use crate::room::media::MediaEvent;

impl Engine {
    /// Takes one SRTP packet from a connection.
    pub(super) fn rtp(&mut self, now: Instant, from: usize, datagram: &mut [u8]) {
        let Some(mut header) = Header::parse(datagram) else { return };
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some(open) = &mut peer.open else { return };
        let Ok(length) = open.rtp(datagram, header.length, header.ssrc, header.sequence) else { return };
        peer.heard = now;
        let packet = &datagram[..length];
        let extensions = header.extensions(packet, peer.inbound.ids);
        if let Some(sequence) = extensions.transport_cc {
            peer.inbound.arrivals.record(now, sequence);
        }
        let source = peer.inbound.sources.get(&header.ssrc).copied();
        let Some(source) = source.or_else(|| self.recognise(from, &header, &extensions)) else { return };
        let Some(mut payload) = header.payload(packet) else { return };
        let Some(peer) = self.peers.get(from) else { return };
        let Some(track) = self.tracks.get_mut(source.track) else { return };
        let rate = track.clock_rate();
        let layer = &mut track.layers[source.layer];

        // A repetition names the packet that it repeats; from here on it is that packet.
        let mut format = peer.inbound.format(header.payload_type);
        if source.repair {
            layer.repair_log.arrived(now, header.sequence, header.timestamp, rate, false);
            let (Payload::Repair(repairs), Some((original, rest))) = (format, payload.split_first_chunk())
            else {
                return;
            };
            (header.sequence, payload) = (u16::from_be_bytes(*original), rest);
            format = peer.inbound.format(repairs);
        }
        let Payload::Media(codec) = format else { return };
        let (sequence, timestamp, padding) = (header.sequence, header.timestamp, payload.is_empty());
        let Some(index) = layer.arrived(now, sequence, timestamp, rate, source.repair, padding) else {
            return;
        };
        let packet = Packet {
            index,
            timestamp,
            marker: header.marker,
            codec,
            keyframe: starts_keyframe(codec, payload),
            audio_level: extensions.audio_level,
            orientation: extensions.orientation,
            vp8: if codec == Codec::Vp8 { Vp8::parse(payload).map(|(counters, _)| counters) } else { None },
        };
        layer.keep(now, packet, payload);
        if let Some(level) = extensions.audio_level.filter(|_| !track.silent) {
            track.level.heard(level);
        }
        if !track.live {
            track.live = true;
            self.events.push_back(MediaEvent::TrackLive { peer: peer.id, mid: track.mid.clone() });
        }
        fan_out(
            now,
            track,
            source.layer,
            &packet,
            payload,
            &mut self.forwards,
            &mut self.peers,
            &mut self.dirty,
        );
    }

    /// Finds out whose an unknown source is, from the section and layer that its first packets name.
    fn recognise(&mut self, from: usize, header: &Header, extensions: &Extensions<'_>) -> Option<Role> {
        let peer = self.peers.get_mut(from)?;
        let inbound = &mut peer.inbound;
        if inbound.sources.len() >= self.limits.ssrcs {
            return None;
        }
        let index = *inbound.tracks.get(std::str::from_utf8(extensions.mid?).ok()?)?;
        let track = self.tracks.get_mut(index)?;
        let repair = matches!(inbound.format(header.payload_type), Payload::Repair(_));
        let name = if repair { extensions.repaired_rid.or(extensions.rid) } else { extensions.rid };
        let layer = match name {
            _ if track.rids.is_empty() => 0,
            Some(name) => track.rids.iter().position(|rid| rid.as_bytes() == name)?,
            None => return None,
        };
        let role = Role { track: index, layer, repair };
        inbound.sources.retain(|_, known| *known != role);
        inbound.sources.insert(header.ssrc, role);
        if repair {
            track.layers[layer].repair_ssrc = Some(header.ssrc);
        } else {
            track.layers[layer].bind(header.ssrc);
        }
        Some(role)
    }

    /// Sends again what a subscriber missed.
    pub(super) fn repeat(&mut self, now: Instant, forward: usize, sequence: u16) -> Option<()> {
        let forward = self.forwards.get_mut(forward)?;
        let track = self.tracks.get(forward.track?)?;
        let (era, index) = forward.locate(track, sequence)?;
        let (packet, payload) = track.layers[era.layer].history.get(index)?;
        let payload_type = forward.repair_type(packet.codec)?;
        let rewritten = era.rewrite(packet)?;
        let number = forward.next_repair();
        let peer = self.peers.get_mut(forward.subscriber)?;
        let header =
            Outgoing { ssrc: forward.repair_ssrc, ..header(forward, &rewritten, packet, payload_type) };
        let vp8 = packet.vp8.map(|vp8| (vp8, rewritten.picture, rewritten.base));
        mark(&mut self.dirty, forward.subscriber, &peer.egress);
        let (number, size) = peer.egress.rtp(
            now,
            &header,
            number,
            &Body { prefix: &sequence.to_be_bytes(), payload, vp8, padding: 0 },
        )?;
        peer.bandwidth.left(now, number, size);
        Some(())
    }
}

/// Passes one packet on to everybody who gets this layer.
#[expect(clippy::too_many_arguments, reason = "the parts of the engine that the loop needs, borrowed apart")]
fn fan_out(
    now: Instant,
    track: &Track,
    layer: usize,
    packet: &Packet,
    payload: &[u8],
    forwards: &mut Slab<Forward>,
    peers: &mut Slab<Peer>,
    dirty: &mut Vec<usize>,
) {
    for index in &track.forwards {
        let Some(forward) = forwards.get_mut(*index) else { continue };
        // A subscriber that does not know RED gets the Opus frame inside.
        let (payload_type, payload) = match forward.payload_type(packet.codec) {
            Some(payload_type) => (payload_type, payload),
            None if packet.codec == Codec::Red => {
                match (forward.payload_type(Codec::Opus), red_primary(payload)) {
                    (Some(payload_type), Some(payload)) => (payload_type, payload),
                    _ => continue,
                }
            }
            None => continue,
        };
        let Some(peer) = peers.get_mut(forward.subscriber).filter(|peer| peer.connected) else { continue };
        let Some(rewritten) = forward.pass(now, track, layer, packet) else { continue };
        let vp8 = packet.vp8.map(|vp8| (vp8, rewritten.picture, rewritten.base));
        let header = header(forward, &rewritten, packet, payload_type);
        mark(dirty, forward.subscriber, &peer.egress);
        let body = Body { payload, vp8, ..Body::default() };
        if let Some((number, size)) = peer.egress.rtp(now, &header, rewritten.index, &body) {
            peer.bandwidth.left(now, number, size);
            let octets = u32::try_from(payload.len()).unwrap_or_default();
            forward.sent = (forward.sent.0.wrapping_add(1), forward.sent.1.wrapping_add(octets));
        }
    }
}

fn header<'a>(
    forward: &'a Forward,
    rewritten: &Rewritten,
    packet: &Packet,
    payload_type: u8,
) -> Outgoing<'a> {
    Outgoing {
        marker: packet.marker,
        payload_type,
        sequence: 0,
        timestamp: rewritten.timestamp,
        ssrc: forward.ssrc,
        mid: forward.mid.as_deref().unwrap_or_default().as_bytes(),
        transport_cc: None,
        abs_send_time: 0,
        audio_level: packet.audio_level,
        orientation: packet.orientation,
    }
}

/// Remembers that a connection has something to flush.
pub(super) fn mark(dirty: &mut Vec<usize>, peer: usize, egress: &Egress) {
    if egress.is_empty() {
        dirty.push(peer);
    }
}
