//! The way out: packets are written, sealed and gathered behind each other, ready for segmentation offload.

use super::clock::{Stamp, low16};
use super::rtp::{ExtensionIds, Leaving, MAX_HEADER, Outgoing};
use super::srtp::{MAX_TAG, Plain, Seal};

/// Most bytes gathered for one system call; the kernel's own limit is 64 kB.
const MAX_RUN_BYTES: usize = 60_000;

/// Bytes that IP (version 4) and UDP put in front of each datagram: of a packet of sound a fifth of what the line carries.
pub const WRAPPING: usize = 28;

/// Packets for one address, one behind the other.
#[derive(Default)]
pub struct Run {
    /// The packets, and room that was needed once.
    bytes: Vec<u8>,
    /// Where the packets end.
    end: usize,
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

/// The payload of an outgoing packet, in parts.
#[derive(Default)]
pub struct Body<'a> {
    /// Goes in front: the original sequence number of a retransmission, or heads of RED and the frame before.
    pub prefix: [&'a [u8]; 2],
    /// The payload.
    pub payload: &'a [u8],
    /// Bytes of padding, of a packet that carries no payload.
    pub padding: u8,
}

impl<'a> Body<'a> {
    /// Writes what does not lie in one piece; how many bytes, and the rest, which is sealed from where it lies.
    fn compose(&self, out: &mut [u8]) -> (usize, &'a [u8]) {
        debug_assert!(self.padding == 0 || self.payload.is_empty(), "padding goes behind everything else");
        let mut at = 0;
        for part in self.prefix.iter().filter(|part| !part.is_empty()) {
            out[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let padding = &mut out[at..at + usize::from(self.padding)];
        at += padding.len();
        if let Some((length, zeroes)) = padding.split_last_mut() {
            zeroes.fill(0);
            *length = self.padding;
        }
        (at, self.payload)
    }

    /// Bytes of it, without padding.
    pub fn length(&self) -> usize {
        self.prefix[0].len() + self.prefix[1].len() + self.payload.len()
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
    /// transport-wide number and the clock come from here. Returns (transport-wide number, bytes on the wire).
    pub fn write(
        &mut self,
        run: &mut Run,
        stamp: Stamp,
        header: &Outgoing<'_>,
        index: u64,
        body: &Body<'_>,
    ) -> Option<(u64, usize)> {
        let seal = self.seal.as_ref()?;
        let leaving = Leaving {
            sequence: low16(index),
            transport_cc: Some(low16(self.transport_cc)),
            abs_send_time: stamp.send_time,
        };
        let out = run.room(MAX_HEADER + body.length() + usize::from(body.padding) + MAX_TAG);
        let length = header.write(leaving, out.first_chunk_mut()?, self.ids);
        let (front, payload) = body.compose(&mut out[length..]);
        if body.padding > 0 {
            out[0] |= 0x20;
        }
        let size = seal.rtp(out, Plain { header: length, front, payload }, header.ssrc, index)?;
        run.add(size);
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
        self.own.room(packet.len()).copy_from_slice(packet);
        self.own.add(packet.len());
    }

    /// What is its own leaves behind `run`: a report after packets of one size, and larger, costs no system call.
    pub fn follow(&mut self, run: &mut Run) {
        let own = &mut self.own;
        run.room(own.end).copy_from_slice(&own.bytes[..own.end]);
        run.end += own.end;
        run.sizes.append(&mut own.sizes);
        own.end = 0;
    }

    /// Gives away what is its own.
    pub fn drain(&mut self, send: impl FnMut(&[u8], usize)) {
        self.own.drain(send);
    }
}

impl Run {
    /// Room for so many bytes behind the packets.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.end + bytes;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.end..end]
    }

    /// A packet of so many bytes has been written into the room behind them.
    fn add(&mut self, bytes: usize) {
        self.end += bytes;
        self.sizes.push(bytes);
    }

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
        let mut rest = &self.bytes[..self.end];
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
        self.end = 0;
        self.sizes.clear();
    }
}
