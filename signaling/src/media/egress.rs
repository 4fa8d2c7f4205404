//! The way out: packets are written, sealed and gathered behind each other, ready for segmentation offload.

use super::clock::{Stamp, low16};
use super::payload::Vp8;
use super::rtp::{ExtensionIds, MAX_HEADER, Outgoing};
use super::srtp::{MAX_TAG, Seal};

/// Most bytes gathered for one system call; the kernel's own limit is 64 kB.
const MAX_RUN_BYTES: usize = 60_000;

/// Bytes that IP (version 4) and UDP put in front of each datagram: of a packet of sound a fifth of what the line carries.
pub const WRAPPING: usize = 28;

/// Packets for one address, one behind the other.
#[derive(Default)]
pub struct Run {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
}

/// What a connection writes with, and what of its own waits for the next flush: handshakes, reports, repetitions.
#[derive(Default)]
pub struct Egress {
    /// Protects what leaves; `None` until the handshake is complete.
    pub seal: Option<Seal>,
    /// Header extensions that the client knows.
    pub ids: ExtensionIds,
    transport_cc: u64,
    own: Run,
}

/// The payload of an outgoing packet, in parts, and what is to be written over it.
#[derive(Default)]
pub struct Body<'a> {
    /// Goes in front: the original sequence number of a retransmission, or heads of RED and the frame before.
    pub prefix: [&'a [u8]; 2],
    /// The payload.
    pub payload: &'a [u8],
    /// Bytes of padding behind it.
    pub padding: u8,
    /// New counters for a VP8 descriptor.
    pub vp8: Option<(Vp8, u16, u8)>,
}

impl Body<'_> {
    /// Bytes of it, without padding.
    pub fn length(&self) -> usize {
        self.prefix.iter().map(|part| part.len()).sum::<usize>() + self.payload.len()
    }
}

impl Egress {
    /// The transport-wide number of the next packet.
    pub fn next_number(&self) -> u64 {
        self.transport_cc
    }

    /// Whether nothing of its own waits.
    pub fn is_empty(&self) -> bool {
        self.own.sizes.is_empty()
    }

    /// Writes and seals one RTP packet at the end of `run`. `index` is rollover counter and sequence number; the
    /// header's own sequence, transport-wide number and clock are filled in here. Returns (transport-wide number, bytes
    /// on the wire).
    pub fn write(
        &mut self,
        run: &mut Run,
        stamp: Stamp,
        header: &Outgoing<'_>,
        index: u64,
        body: &Body<'_>,
    ) -> Option<(u64, usize)> {
        let seal = self.seal.as_mut()?;
        let out = &mut run.bytes;
        let start = out.len();
        let header = Outgoing {
            sequence: low16(index),
            transport_cc: Some(low16(self.transport_cc)),
            abs_send_time: stamp.send_time,
            ..*header
        };
        out.reserve(MAX_HEADER + body.length() + usize::from(body.padding) + MAX_TAG);
        let length = header.write(out, self.ids);
        for part in body.prefix {
            out.extend_from_slice(part);
        }
        let payload = out.len();
        out.extend_from_slice(body.payload);
        if let Some((vp8, picture, base)) = &body.vp8 {
            vp8.rewrite(&mut out[payload..], *picture, *base);
        }
        if body.padding > 0 {
            out[start] |= 0x20;
            out.resize(out.len() + usize::from(body.padding) - 1, 0);
            out.push(body.padding);
        }
        if !seal.rtp(out, start, length, header.ssrc, index) {
            out.truncate(start);
            return None;
        }
        let size = out.len() - start;
        run.sizes.push(size);
        let number = self.transport_cc;
        self.transport_cc += 1;
        Some((number, size + WRAPPING))
    }

    /// The same among what is its own.
    pub fn rtp(
        &mut self,
        stamp: Stamp,
        header: &Outgoing<'_>,
        index: u64,
        body: &Body<'_>,
    ) -> Option<(u64, usize)> {
        let mut own = std::mem::take(&mut self.own);
        let written = self.write(&mut own, stamp, header, index, body);
        self.own = own;
        written
    }

    /// Seals a compound RTCP packet.
    pub fn rtcp(&mut self, packet: &[u8]) {
        if let Some(sealed) = self.seal.as_mut().and_then(|seal| seal.rtcp(packet)) {
            self.raw(&sealed);
        }
    }

    /// Passes bytes that need no protection of ours: records of the handshake.
    pub fn raw(&mut self, packet: &[u8]) {
        self.own.bytes.extend_from_slice(packet);
        self.own.sizes.push(packet.len());
    }

    /// What is its own leaves behind `run`: a report after packets of one size, and larger, costs no system call.
    pub fn follow(&mut self, run: &mut Run) {
        run.bytes.append(&mut self.own.bytes);
        run.sizes.append(&mut self.own.sizes);
    }

    /// Gives away what is its own.
    pub fn drain(&mut self, send: impl FnMut(&[u8], usize)) {
        self.own.drain(send);
    }
}

impl Run {
    /// Packets that wait.
    pub fn count(&self) -> u64 {
        u64::try_from(self.sizes.len()).unwrap_or_default()
    }

    /// Bytes that each packet takes on the wire.
    pub fn sizes(&self) -> impl Iterator<Item = usize> {
        self.sizes.iter().map(|size| size + WRAPPING)
    }

    /// Gives away what waits, in runs of packets of one size (the last of a run may be shorter).
    pub fn drain(&mut self, mut send: impl FnMut(&[u8], usize)) {
        let mut rest = self.bytes.as_slice();
        let mut sizes = self.sizes.as_slice();
        while let Some(size) = sizes.first().copied() {
            let (mut count, mut bytes) = (0, 0);
            for next in sizes {
                if *next > size || bytes + next > MAX_RUN_BYTES {
                    break;
                }
                count += 1;
                bytes += next;
                if *next < size {
                    break;
                }
            }
            // A packet larger than a run is not made by anything above.
            let (run, tail) = rest.split_at(bytes.max(size).min(rest.len()));
            send(run, size);
            rest = tail;
            sizes = &sizes[count.max(1)..];
        }
        self.bytes.clear();
        self.sizes.clear();
    }
}
