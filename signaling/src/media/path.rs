//! The packet path, on one page.
//!
//! ```text
//!  datagram ─ open in place ─ arrival noted ─ whose? ─ repair unwrapped ─ missing? ─ kept in plaintext, for repetitions
//!  (one per publisher)        (transport-cc)  (track,                      (NACK)    and until the read is over
//!                                              layer)                                      │
//!  when all that had come has been read, for each track:                                   ▼
//!      for each subscriber:  for each packet:  passes? ─ numbers rewritten ─ header written, payload sealed
//!                                              (layer,   (sequence, time,    into one buffer for all, which leaves
//!                                               key frame) picture, frame)   in runs of one size before the next
//! ```
//!
//! Speech that is missing and comes once more inside a later packet ([`speech`](super::speech)) is put back before that one.
//!
//! No lock, no queue between threads and no allocation per packet: buffers grow to their working size and stay. One
//! subscriber after the other, not one packet after the other: the keys, counters and bytes of one stay in the nearest
//! cache while it is served.

use std::iter;
use std::time::Instant;

use super::batch::{Batch, Waiting};
use super::clock::Stamp;
use super::descriptor::Descriptor;
use super::egress::{Body, Egress, Run, WRAPPING};
use super::engine::Engine;
use super::forward::{Forward, Rewritten};
use super::history::{Content, Packet};
use super::pacer::{Held, Pacer};
use super::payload::{Vp8, starts_keyframe};
use super::peer::{Payload, Peer, Role, Source};
use super::rtp::{Extensions, Header, Outgoing};
use super::sdp::Codec;
use super::speech::{Carried, restore, spoken};
use super::track::Track;
use crate::room::media::{MediaEvent, MediaKind};

/// Bytes around a payload on the wire, roughly: header, tag, UDP and IP.
pub(super) const HEADER: usize = 42 + WRAPPING;

impl Engine {
    /// Takes one SRTP packet from a connection.
    pub(super) fn rtp(&mut self, now: Instant, from: usize, datagram: &mut [u8]) {
        let Some(mut header) = Header::parse(datagram) else { return };
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some(open) = &mut peer.open else { return };
        let Ok(length) = open.rtp(datagram, header.length, header.ssrc, header.sequence) else { return };
        peer.heard = now;
        self.agenda.wake(from, now);
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
        track.sends = Some(codec);
        let surplus = track.overflows(now, payload.len(), self.limits.sound_bytes);
        let layer = &mut track.layers[source.layer];
        let (sequence, timestamp, padding) =
            (header.sequence, header.timestamp, payload.is_empty() || surplus);
        let index = layer.arrived(now, sequence, timestamp, rate, source.repair, padding);
        if codec == Codec::Red && track.sound.redundant && !padding {
            restore(now, track, source, (sequence, timestamp), payload, &mut self.batch);
        }
        let Some(index) = index else { return };
        let described = extensions.descriptor.and_then(|bytes| Some((Descriptor::parse(bytes)?, bytes)));
        let (descriptor, bytes) = described.unzip();
        let packet = Packet {
            index,
            timestamp,
            marker: header.marker,
            codec,
            keyframe: starts_keyframe(codec, payload) || descriptor.is_some_and(|found| found.begins),
            repaired: source.repair,
            audio_level: extensions.audio_level,
            orientation: extensions.orientation,
            vp8: if codec == Codec::Vp8 { Vp8::parse(payload).map(|(counters, _)| counters) } else { None },
            descriptor,
        };
        let content = Content { descriptor: bytes.unwrap_or_default(), payload };
        track.layers[source.layer].keep(now, packet, content);
        if let Some(level) = extensions.audio_level.filter(|_| !track.silent) {
            track.level.heard(level);
        }
        if !track.live {
            track.live = true;
            self.events.push_back(MediaEvent::TrackLive { peer: peer.id, mid: track.mid.clone() });
        }
        self.batch.keep(now, source.track, &mut track.waiting, source.layer, packet, content);
    }

    /// Passes on everything that waits: to one subscriber after the other.
    pub(super) fn pass_on(&mut self, send: &mut impl FnMut(Source, &[u8], usize)) {
        let stamp = self.stamp(self.now);
        let Self { tracks, forwards, peers, batch, run, paced, .. } = self;
        for turn in 0..batch.tracks.len() {
            // A track that has gone took its packets along.
            let Some(track) = batch.tracks.get(turn).and_then(|index| tracks.get(*index)) else { continue };
            for place in &track.forwards {
                let Some(forward) = forwards.get_mut(*place) else { continue };
                let Some(peer) = peers.get_mut(forward.subscriber).filter(|peer| peer.reached()) else {
                    continue;
                };
                let idle = peer.pacer.is_empty();
                if forward.kind == MediaKind::Video && (peer.bandwidth.limited() || !idle) {
                    hold(stamp.at, track, *place, forward, &mut peer.pacer);
                    if idle && !peer.pacer.is_empty() {
                        paced.push(forward.subscriber);
                    }
                    continue;
                }
                pass(stamp, track, batch, forward, peer, run);
                leave(stamp.at, peer, run, send);
            }
        }
        for index in &batch.tracks {
            if let Some(track) = tracks.get_mut(*index) {
                track.waiting.clear();
            }
        }
        batch.clear();
    }

    /// Lets those pictures leave whose turn has come.
    pub(super) fn pace(&mut self, send: &mut impl FnMut(Source, &[u8], usize)) {
        let stamp = self.stamp(self.now);
        let Self { tracks, forwards, peers, run, paced, .. } = self;
        paced.retain(|index| {
            let Some(peer) = peers.get_mut(*index) else { return false };
            if !peer.reached() {
                peer.pacer.clear();
                return false;
            }
            while let Some(held) = peer.pacer.next(stamp.at, peer.bandwidth.pace(stamp.at)) {
                // What has gone meanwhile is not sent: a track, a source that began anew.
                let forward = forwards.get_mut(held.forward.0).filter(|forward| forward.id == held.forward.1);
                let Some(forward) = forward else { continue };
                let Some(track) = forward.track.and_then(|track| tracks.get_mut(track)) else { continue };
                let (layer, generation, place) = held.layer;
                let layer = track.layers.get_mut(layer).filter(|layer| layer.generation == generation);
                let Some(history) = layer.map(|layer| &mut layer.history) else { continue };
                let Some((packet, content, rewritten)) = history.renumbered(place, |_| Some(held.rewritten))
                else {
                    continue;
                };
                let Some(payload_type) = forward.payload_type(packet.codec) else { continue };
                let carried = Carried::plain(payload_type, content);
                write(stamp, packet, &carried, &rewritten, forward, peer, run);
            }
            leave(stamp.at, peer, run, send);
            !peer.pacer.is_empty()
        });
    }

    /// Finds out whose an unknown source is, from the section and layer that its first packets name.
    fn recognise(&mut self, from: usize, header: &Header, extensions: &Extensions<'_>) -> Option<Role> {
        let peer = self.peers.get_mut(from)?;
        let inbound = &peer.inbound;
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
        peer.forget_sources(|known| *known == role);
        peer.employ_source(header.ssrc, role);
        if repair {
            track.layers[layer].repair_ssrc = Some(header.ssrc);
        } else {
            track.layers[layer].bind(header.ssrc);
        }
        Some(role)
    }

    /// Sends again what a subscriber missed.
    pub(super) fn repeat(&mut self, now: Instant, forward: usize, sequence: u16) -> Option<()> {
        let stamp = self.stamp(now);
        let forward = self.forwards.get_mut(forward)?;
        let track = self.tracks.get_mut(forward.track?)?;
        let (era, index) = forward.locate(track, sequence)?;
        let history = &mut track.layers.get_mut(era.layer)?.history;
        let (packet, content, rewritten) = history.renumbered(index, |packet| era.rewrite(packet))?;
        let payload_type = forward.repair_type(packet.codec)?;
        let peer = self.peers.get_mut(forward.subscriber)?;
        let pace = peer.bandwidth.pace(now);
        if !peer.pacer.has_room(now, pace) || !peer.bandwidth.may_repeat(now, content.length() + HEADER) {
            return None;
        }
        let number = forward.next_repair();
        let header = Outgoing {
            ssrc: forward.repair_ssrc,
            ..header(forward, &rewritten, packet, (payload_type, content.descriptor))
        };
        let original = sequence.to_be_bytes();
        let body = Body { prefix: [&original, &[]], payload: content.payload, padding: 0 };
        mark(&mut self.dirty, forward.subscriber, &peer.egress);
        let (number, size) = peer.egress.rtp(stamp, &header, number, &body)?;
        peer.bandwidth.left(now, number, iter::once(size));
        peer.pacer.spend(size);
        Some(())
    }
}

/// Passes what waits of a track on to one subscriber, as far as it is to get it.
fn pass(
    stamp: Stamp,
    track: &Track,
    batch: &mut Batch,
    forward: &mut Forward,
    peer: &mut Peer,
    run: &mut Run,
) {
    for waiting in &track.waiting {
        match forward.kind {
            MediaKind::Video => picture(stamp, track, (waiting, batch), forward, peer, run),
            MediaKind::Audio => sound(stamp, track, (waiting, batch), forward, peer, run),
        };
    }
}

#[inline]
fn picture(
    stamp: Stamp,
    track: &Track,
    (waiting, batch): (&Waiting, &mut Batch),
    forward: &mut Forward,
    peer: &mut Peer,
    run: &mut Run,
) -> Option<()> {
    let packet = &waiting.packet;
    let payload_type = forward.payload_type(packet.codec)?;
    let rewritten = forward.pass(stamp.at, track, waiting.layer, packet);
    // By reference, here and below: moved out of its place, it would be read in other pieces than it was written in, and
    // the processor would wait for that.
    let rewritten = rewritten.as_ref()?;
    rewritten.renumber(packet, batch.payload_mut(waiting));
    let carried = Carried::plain(payload_type, batch.content(waiting));
    write(stamp, packet, &carried, rewritten, forward, peer, run)
}

fn sound(
    stamp: Stamp,
    track: &Track,
    (waiting, batch): (&Waiting, &Batch),
    forward: &mut Forward,
    peer: &mut Peer,
    run: &mut Run,
) -> Option<()> {
    let packet = &waiting.packet;
    let carried = spoken(forward, peer, track, packet, batch.content(waiting))?;
    let rewritten = forward.pass(stamp.at, track, waiting.layer, packet)?;
    write(stamp, packet, &carried, &rewritten, forward, peer, run)
}

/// Notes what has been written for a connection, and gives it away.
fn leave(now: Instant, peer: &mut Peer, run: &mut Run, send: &mut impl FnMut(Source, &[u8], usize)) {
    let count = run.count();
    if count == 0 {
        return;
    }
    let first = peer.egress.next_number() - count;
    peer.bandwidth.left(now, first, run.sizes());
    peer.egress.follow(run);
    let remote = peer.remote;
    run.drain(|bytes, size| {
        if let Some(remote) = remote {
            send(remote, bytes, size);
        }
    });
}

/// The same on a limited line: pictures wait for their turn, in the history.
fn hold(now: Instant, track: &Track, place: usize, forward: &mut Forward, pacer: &mut Pacer) {
    for waiting in &track.waiting {
        let Some(layer) = track.layers.get(waiting.layer) else { continue };
        if forward.payload_type(waiting.packet.codec).is_none() {
            continue;
        }
        let Some(rewritten) = forward.pass(now, track, waiting.layer, &waiting.packet) else { continue };
        pacer.hold(Held {
            forward: (place, forward.id),
            layer: (waiting.layer, layer.generation, waiting.packet.index),
            rewritten,
            size: waiting.length() + HEADER,
        });
    }
}

/// Writes and seals one packet for one subscriber.
#[inline]
fn write(
    stamp: Stamp,
    packet: &Packet,
    Carried { payload_type, before, content }: &Carried<'_>,
    rewritten: &Rewritten,
    forward: &mut Forward,
    peer: &mut Peer,
    run: &mut Run,
) -> Option<()> {
    let header = header(forward, rewritten, packet, (*payload_type, content.descriptor));
    let prefix = before.as_ref().map_or([&[][..]; 2], |(heads, frame)| [heads, frame]);
    let body = Body { prefix, payload: content.payload, padding: 0 };
    let (_, size) = peer.egress.write(run, stamp, &header, rewritten.index, &body)?;
    if peer.bandwidth.limited() {
        peer.pacer.spend(size);
    }
    let octets = u32::try_from(body.length()).unwrap_or_default();
    forward.sent = (forward.sent.0.wrapping_add(1), forward.sent.1.wrapping_add(octets));
    Some(())
}

#[inline]
fn header<'a>(
    forward: &'a Forward,
    rewritten: &Rewritten,
    packet: &Packet,
    (payload_type, descriptor): (u8, &'a [u8]),
) -> Outgoing<'a> {
    Outgoing {
        marker: packet.marker,
        payload_type,
        timestamp: rewritten.timestamp,
        ssrc: forward.ssrc,
        mid: forward.mid.as_deref().unwrap_or_default(),
        audio_level: packet.audio_level,
        orientation: packet.orientation,
        descriptor,
        frame: rewritten.frame,
    }
}

/// Remembers that a connection has something to flush.
pub(super) fn mark(dirty: &mut Vec<usize>, peer: usize, egress: &Egress) {
    if egress.is_empty() {
        dirty.push(peer);
    }
}
