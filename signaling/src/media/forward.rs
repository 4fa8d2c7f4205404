//! One track on its way to one subscriber: which layer passes, under which numbers.
//!
//! Numbers of the subscriber's side are the publisher's plus an offset that holds for one [`Era`]: from one key frame
//! at which a layer was entered to the next. Whatever is sent again later is computed the same way, so nothing is kept
//! per packet here.

use std::time::Instant;

use smallvec::SmallVec;

use super::clock::{Stamp, low32, ticks};
use super::egress::Body;
use super::history::Packet;
use super::layer::Layer;
use super::peer::Peer;
use super::rtp::Outgoing;
use super::sdp::{Codec, Format};
use super::track::Track;
use crate::room::media::{ForwardId, MediaKind, Tuning};

/// One payload type as the subscriber knows it.
#[derive(Debug, Clone, Copy)]
pub struct Outbound {
    codec: Codec,
    payload_type: u8,
    repair: Option<u8>,
}

/// Offsets between a layer's numbers and the subscriber's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Era {
    /// Which layer passes.
    pub layer: usize,
    generation: u32,
    /// First packet of the era, in the layer's count.
    first: u64,
    /// The same packet in the subscriber's count.
    out_first: u64,
    timestamp: u32,
    picture: u16,
    base: u8,
    frame: u16,
}

/// What a packet looks like to the subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// Rollover counter and sequence number.
    pub index: u64,
    /// Timestamp.
    pub timestamp: u32,
    /// VP8 picture id.
    pub picture: u16,
    /// VP8 TL0PICIDX.
    pub base: u8,
    /// Frame number of a dependency descriptor.
    pub frame: u16,
}

impl Rewritten {
    /// Writes the counters of VP8 over those in the payload of the packet. All who send it do so first: whose stand in it
    /// says nothing, and what the publisher sent stands in `packet`.
    pub fn renumber(&self, packet: &Packet, payload: &mut [u8]) {
        if let Some(vp8) = &packet.vp8 {
            vp8.rewrite(payload, self.picture, self.base);
        }
    }
}

/// A track to a subscriber. What each packet needs stands first, side by side, as in [`Peer`].
#[repr(C, align(64))]
pub struct Forward {
    /// The connection that carries it.
    pub subscriber: usize,
    /// Audio or video.
    pub kind: MediaKind,
    /// The subscriber's wish.
    pub tuning: Tuning,
    /// Highest layer that the line has room for; `None` when there is room for none.
    pub room: Option<u8>,
    /// Source on the subscriber's side.
    pub ssrc: u32,
    /// Packets and bytes sent, for sender reports.
    pub sent: (u32, u32),
    last_picture: u16,
    last_frame: u16,
    last_base: u8,
    /// The room has been told that the subscriber cannot show it.
    failing: bool,
    /// A shared screen, which goes before cameras.
    pub screen: bool,
    /// The layer that is.
    pub era: Option<Era>,
    next: u64,
    last: Option<(Instant, u32)>,
    /// The section that carries it.
    pub mid: Option<SmallVec<[u8; 16]>>,
    /// Payload types; empty until negotiated.
    pub formats: SmallVec<[Outbound; 4]>,
    /// The layer to be, as far as it is known.
    pub target: Option<usize>,
    /// The track that feeds it; `None` once it has been unpublished.
    pub track: Option<usize>,
    /// When the room on the line was last taken away or given back.
    pub rested: Instant,
    previous: Option<Era>,
    /// Source of retransmissions.
    pub repair_ssrc: u32,
    repair_next: u64,
    /// The room's name for it.
    pub id: ForwardId,
    /// MediaStream id and track id for the description.
    pub names: (String, String),
}

impl Forward {
    /// A forward whose numbers start at random places: `seed` makes them.
    pub fn new(
        now: Instant,
        id: ForwardId,
        subscriber: usize,
        kind: MediaKind,
        names: (String, String),
        seed: [u32; 4],
    ) -> Self {
        Self {
            id,
            subscriber,
            track: None,
            kind,
            names,
            mid: None,
            ssrc: seed[0],
            repair_ssrc: seed[1],
            formats: SmallVec::new(),
            screen: false,
            tuning: Tuning { paused: false, max_layer: u8::MAX },
            room: Some(u8::MAX),
            rested: now,
            target: None,
            era: None,
            previous: None,
            // Below 2^15, so that the receiver cannot misjudge the rollover counter.
            next: u64::from(seed[2] & 0x3FFF) + 1,
            repair_next: u64::from(seed[3] & 0x3FFF) + 1,
            last: None,
            last_picture: 0,
            last_base: 0,
            last_frame: 0,
            sent: (0, 0),
            failing: false,
        }
    }

    /// Takes the payload types that the subscriber agreed to.
    pub fn agree(&mut self, formats: &[Format]) {
        let outbound = |format: &Format| {
            let codec = format.codec?;
            let repair = formats.iter().find(|repair| repair.repairs == Some(format.payload_type));
            Some(Outbound {
                codec,
                payload_type: format.payload_type,
                repair: repair.map(|f| f.payload_type),
            })
        };
        self.formats = formats.iter().filter_map(outbound).collect();
    }

    /// The payload type for a codec.
    #[inline]
    pub fn payload_type(&self, codec: Codec) -> Option<u8> {
        self.outbound(codec).map(|format| format.payload_type)
    }

    /// The payload type for retransmissions of a codec.
    pub fn repair_type(&self, codec: Codec) -> Option<u8> {
        self.outbound(codec)?.repair
    }

    /// A payload type for retransmissions of anything: what padding travels under.
    pub fn any_repair_type(&self) -> Option<u8> {
        self.formats.iter().find_map(|format| format.repair)
    }

    /// Whether the subscriber can do something with this codec. One that does not know RED gets the Opus inside.
    pub fn takes(&self, codec: Codec) -> bool {
        self.payload_type(codec).is_some() || codec == Codec::Red && self.payload_type(Codec::Opus).is_some()
    }

    /// Whether speech that comes in this codec reaches the subscriber with every frame twice, where its line has room.
    pub fn repeats(&self, track: &Track, codec: Codec) -> bool {
        codec == Codec::Opus && track.sound.redundant && self.payload_type(Codec::Red).is_some()
    }

    /// Whether the subscriber can show what the track sends, as far as that is known: until it has answered an offer it can.
    pub fn suits(&self, track: &Track) -> bool {
        self.formats.is_empty() || track.sends.is_none_or(|codec| self.takes(codec))
    }

    /// Whether it is news that the subscriber cannot show what the track sends.
    pub fn fails(&mut self, track: &Track) -> bool {
        let fails = !self.suits(track);
        !std::mem::replace(&mut self.failing, fails) && fails
    }

    /// Sends one packet of padding; its size on the wire.
    pub fn pad(&mut self, stamp: Stamp, peer: &mut Peer, padding: u8) -> Option<usize> {
        let header = Outgoing {
            payload_type: self.any_repair_type()?,
            timestamp: self.last.map_or(0, |(_, timestamp)| timestamp),
            ssrc: self.repair_ssrc,
            mid: self.mid.as_deref().unwrap_or_default(),
            ..Outgoing::default()
        };
        let number = {
            self.repair_next += 1;
            self.repair_next
        };
        let (number, size) = peer.egress.rtp(stamp, &header, number, &Body { padding, ..Body::default() })?;
        peer.bandwidth.padded(stamp.at, number, size);
        Some(size)
    }

    #[inline]
    fn outbound(&self, codec: Codec) -> Option<&Outbound> {
        let same = self.formats.iter().find(|format| format.codec == codec);
        same.or_else(|| self.formats.iter().find(|format| format.codec.resembles(codec)))
    }

    /// Whether anything may pass at all.
    #[inline]
    pub fn open(&self) -> bool {
        !self.formats.is_empty() && !self.tuning.paused && self.room.is_some()
    }

    /// Stops where it is; what follows begins with a key frame again.
    pub fn interrupt(&mut self) {
        self.previous = self.era.take().or(self.previous.take());
    }

    /// Decides about one packet of layer `layer`; what it looks like when it passes.
    #[inline]
    pub fn pass(&mut self, now: Instant, track: &Track, layer: usize, packet: &Packet) -> Option<Rewritten> {
        if !self.open() || track.silent {
            return None;
        }
        let source = track.layers.get(layer)?;
        let current = self.era.filter(|era| era.layer == layer && era.generation == source.generation);
        let enters = match self.kind {
            MediaKind::Audio => current.is_none(),
            MediaKind::Video => packet.keyframe && current.is_none() && self.awaits(layer, packet),
        };
        let era = if enters { self.enter(now, track, layer, packet) } else { current? };
        let rewritten = era.rewrite(packet)?;
        if rewritten.index >= self.next {
            self.next = rewritten.index + 1;
            self.last = Some((now, rewritten.timestamp));
            self.last_picture = rewritten.picture;
            self.last_base = rewritten.base;
            if packet.descriptor.is_some() {
                self.last_frame = rewritten.frame;
            }
        }
        Some(rewritten)
    }

    /// Whether a key frame of this layer is welcome: of the one chosen, and of any above it that there is room for. A layer
    /// that comes back begins with one, and to ask for another is a burden on the line on which it had to stop. What is
    /// repeated so late of a layer that has stopped is no sign that it is back.
    fn awaits(&self, layer: usize, packet: &Packet) -> bool {
        let highest = usize::from(self.tuning.max_layer.min(self.room.unwrap_or_default()));
        match self.target {
            Some(target) if target == layer => true,
            Some(target) => (target + 1..=highest).contains(&layer) && !packet.repaired,
            None => layer <= highest,
        }
    }

    /// Continues the subscriber's numbers with this packet of another layer, or of the same one after a pause.
    fn enter(&mut self, now: Instant, track: &Track, layer: usize, packet: &Packet) -> Era {
        let (picture, base) = packet.vp8.map_or((0, 0), |vp8| {
            (vp8.picture.map_or(0, |(picture, _)| picture), vp8.base.unwrap_or_default())
        });
        let era = Era {
            layer,
            generation: track.layers[layer].generation,
            first: packet.index,
            out_first: self.next,
            timestamp: self.continued_timestamp(now, track, layer, packet).wrapping_sub(packet.timestamp),
            picture: self.last_picture.wrapping_add(1).wrapping_sub(picture),
            base: self.last_base.wrapping_add(1).wrapping_sub(base),
            frame: self.last_frame.wrapping_add(1).wrapping_sub(packet.frame()),
        };
        self.interrupt();
        self.era = Some(era);
        if self.kind == MediaKind::Video {
            self.target = Some(layer);
        }
        era
    }

    /// The subscriber's timestamp of a packet that begins an era.
    fn continued_timestamp(&self, now: Instant, track: &Track, layer: usize, packet: &Packet) -> u32 {
        let Some((at, last)) = self.last else { return packet.timestamp };
        let rate = track.clock_rate();
        let source = &track.layers[layer];
        let known = self.era.or(self.previous).filter(|era| {
            track.layers.get(era.layer).is_some_and(|before| before.generation == era.generation)
        });
        // Both layers' clocks known: the same instant of the camera. Otherwise: as much later as it is now.
        let mapped = known.and_then(|era| {
            if era.layer == layer {
                return Some(packet.timestamp.wrapping_add(era.timestamp));
            }
            let time = source.time_of(packet.timestamp, rate)?;
            let before: &Layer = &track.layers[era.layer];
            Some(before.timestamp_at(time, rate)?.wrapping_add(era.timestamp))
        });
        let waited = low32(ticks(now.saturating_duration_since(at), rate));
        let elapsed = last.wrapping_add(waited.max(1));
        let plausible = |timestamp: u32| {
            let off = timestamp.wrapping_sub(elapsed).cast_signed().unsigned_abs();
            off < 2 * rate
        };
        let timestamp = mapped.filter(|timestamp| plausible(*timestamp)).unwrap_or(elapsed);
        if timestamp.wrapping_sub(last).cast_signed() > 0 { timestamp } else { last.wrapping_add(1) }
    }

    /// A packet that was sent under this sequence number, if its era is still known: layer and place in it.
    pub fn locate(&self, track: &Track, sequence: u16) -> Option<(Era, u64)> {
        let index = super::replay::nearest(self.next.checked_sub(1)?, sequence);
        let era = [self.era, self.previous].into_iter().flatten().find(|era| index >= era.out_first)?;
        let source = track.layers.get(era.layer)?;
        (index < self.next && source.generation == era.generation)
            .then(|| (era, index - era.out_first + era.first))
    }

    /// The next number for a retransmission; never given out twice.
    pub fn next_repair(&mut self) -> u64 {
        self.repair_next += 1;
        self.repair_next
    }

    /// The subscriber's timestamp now (NTP of the publisher's clock), for a sender report.
    pub fn timestamp_at(&self, track: &Track, ntp: u64) -> Option<u32> {
        let era = self.era?;
        let source = track.layers.get(era.layer).filter(|source| source.generation == era.generation)?;
        Some(source.timestamp_at(ntp, track.clock_rate())?.wrapping_add(era.timestamp))
    }
}

impl Era {
    /// Whether the layer still is the source that the offsets were made for.
    pub fn belongs_to(&self, layer: &Layer) -> bool {
        self.generation == layer.generation
    }

    /// A packet of the era's layer in the subscriber's numbers; `None` for packets older than the era.
    pub fn rewrite(&self, packet: &Packet) -> Option<Rewritten> {
        let index = packet.index.checked_sub(self.first)? + self.out_first;
        let (picture, base) = packet.vp8.map_or((0, 0), |vp8| {
            (vp8.picture.map_or(0, |(picture, _)| picture), vp8.base.unwrap_or_default())
        });
        Some(Rewritten {
            index,
            timestamp: packet.timestamp.wrapping_add(self.timestamp),
            picture: picture.wrapping_add(self.picture) & 0x7FFF,
            base: base.wrapping_add(self.base),
            frame: packet.frame().wrapping_add(self.frame),
        })
    }
}
