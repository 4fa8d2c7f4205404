//! What redundancy in speech (RFC 2198) is good for: lost frames put back on the way in, frames repeated on the way out.

use std::time::Instant;

use super::batch::Batch;
use super::forward::Forward;
use super::history::{Content, Packet};
use super::peer::{Peer, Role};
use super::red;
use super::sdp::Codec;
use super::track::Track;

/// What a subscriber gets of a packet.
pub struct Carried<'a> {
    /// Under which number.
    pub payload_type: u8,
    /// What stands in front: the frame before it once more, behind the heads of both.
    pub before: Option<([u8; 5], &'a [u8])>,
    /// The rest.
    pub content: Content<'a>,
}

impl<'a> Carried<'a> {
    /// What came, under another number.
    pub fn plain(payload_type: u8, content: Content<'a>) -> Self {
        Self { payload_type, before: None, content }
    }
}

/// How a subscriber gets a packet of sound. One that does not know RED gets the Opus frame inside; so does one that knows
/// Opus by another number than the publisher, which stands inside RED. One that knows RED hears a speaker who does not with
/// every frame twice: what its line loses comes again in the next packet.
pub fn spoken<'a>(
    forward: &Forward,
    peer: &Peer,
    track: &'a Track,
    packet: &Packet,
    content: Content<'a>,
) -> Option<Carried<'a>> {
    if forward.repeats(track, packet.codec) && !peer.share.thin {
        let (opus, red) = (forward.payload_type(Codec::Opus)?, forward.payload_type(Codec::Red)?);
        let before = said_before(forward, track, packet).and_then(|(back, frame)| {
            Some((red::heads(opus, back, frame.len(), content.payload.len())?, frame))
        });
        let payload_type = if before.is_some() { red } else { opus };
        return Some(Carried { before, ..Carried::plain(payload_type, content) });
    }
    let payload_type = forward.payload_type(packet.codec);
    if packet.codec != Codec::Red {
        return Some(Carried::plain(payload_type?, content));
    }
    let opus = forward.payload_type(Codec::Opus);
    match payload_type.filter(|_| opus.is_none() || red::number(content.payload) == opus) {
        Some(payload_type) => Some(Carried::plain(payload_type, content)),
        None => Some(Carried::plain(opus?, Content { payload: red::newest(content.payload)?, ..content })),
    }
}

/// The frame before this one and how much older it is, in ticks, if the subscriber was to hear it.
fn said_before<'a>(forward: &Forward, track: &'a Track, packet: &Packet) -> Option<(u32, &'a [u8])> {
    let era = forward.era?;
    let layer = track.layers.get(era.layer).filter(|layer| era.belongs_to(layer))?;
    let (earlier, content) = layer.history.get(packet.index.checked_sub(1)?)?;
    era.rewrite(earlier).filter(|_| earlier.codec == packet.codec)?;
    Some((packet.timestamp.wrapping_sub(earlier.timestamp), content.payload))
}

/// Puts back what was lost on the way from a speaker and came once more inside this packet: for whoever does not know RED
/// nothing else fills the gap. From here on it is the packet that was lost, as a repetition is: should that come after all,
/// it is not passed on again.
pub fn restore(
    now: Instant,
    track: &mut Track,
    source: Role,
    (sequence, timestamp): (u16, u32),
    payload: &[u8],
    batch: &mut Batch,
) {
    let Some(number) = red::number(payload) else { return };
    let rate = track.clock_rate();
    let Track { layers, waiting, .. } = track;
    let layer = &mut layers[source.layer];
    // In the order in which they were sent.
    for older in red::older(payload).into_iter().rev().flatten().filter(|older| !older.frame.is_empty()) {
        let sequence = sequence.wrapping_sub(older.distance);
        let timestamp = timestamp.wrapping_sub(u32::from(older.back));
        let Some(index) = layer.arrived(now, sequence, timestamp, rate, true, false) else { continue };
        let Some(alone) = red::Alone::new(number, older.frame) else { continue };
        let packet = Packet::restored(index, timestamp, Codec::Red);
        let content = Content { descriptor: &[], payload: alone.payload() };
        layer.keep(now, packet, content);
        batch.keep(now, source.track, waiting, source.layer, packet, content);
    }
}
