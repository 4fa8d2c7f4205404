//! Feedback from clients: reports, requests for lost packets and key frames.

use std::time::{Duration, Instant};

use rtc_rtcp::packet::{Packet, unmarshal};
use rtc_rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack};
use rtc_shared::marshal::MarshalSize;

use super::acknowledgements::Acknowledgements;
use super::clock::middle32;
use super::engine::Engine;
use super::path::mark;

/// Packets repeated for one request. More are not lost packets but a line that is gone. How much is repeated over time
/// is bounded by the line: [`Bandwidth::may_repeat`](super::bandwidth::Bandwidth::may_repeat).
const MAX_REPEATED: usize = 128;

/// Packets of one compound that are read. Browsers put in a report, a description and two or three requests; sixty
/// feedbacks in one datagram are made to keep us busy.
const MAX_COMPOUND: usize = 16;

impl Engine {
    /// Takes one SRTCP packet from a connection.
    pub(super) fn rtcp(&mut self, now: Instant, from: usize, datagram: &mut [u8]) {
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some(open) = &mut peer.open else { return };
        let Some(length) = open.rtcp(datagram) else { return };
        peer.heard = now;
        let mut rest = &datagram[..length];
        for _ in 0..MAX_COMPOUND {
            let Some((packet, tail)) = split(rest) else { return };
            rest = tail;
            // Twenty in a second from every subscriber: read where they lie. All else is rare.
            if is_arrivals(packet) {
                if let (Some(peer), Some(arrivals)) =
                    (self.peers.get_mut(from), Acknowledgements::read(packet))
                {
                    peer.bandwidth.feedback(now, arrivals);
                    if peer.bandwidth.limited() {
                        self.agenda.wake(from, now);
                    }
                }
            } else if let Ok(packets) = unmarshal(&mut &*packet) {
                for packet in packets {
                    self.feedback(now, from, packet.as_ref());
                }
            }
        }
    }

    fn feedback(&mut self, now: Instant, from: usize, packet: &(dyn Packet + Send + Sync)) {
        let any = packet.as_any();
        if let Some(report) = any.downcast_ref::<SenderReport>() {
            self.sender_report(now, from, report);
            self.reception(now, from, &report.reports);
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            self.reception(now, from, &report.reports);
        } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            let Some(forward) = self.forward_of(from, nack.media_ssrc) else { return };
            let lost = nack.nacks.iter().flat_map(NackPair::packet_list);
            for sequence in lost.take(MAX_REPEATED) {
                self.repeat(now, forward, sequence);
            }
        } else if let Some(loss) = any.downcast_ref::<PictureLossIndication>() {
            self.keyframe_for(now, from, loss.media_ssrc);
        } else if let Some(request) = any.downcast_ref::<FullIntraRequest>() {
            for entry in request.fir.iter().take(8) {
                self.keyframe_for(now, from, entry.ssrc);
            }
        }
    }

    fn forward_of(&self, subscriber: usize, ssrc: u32) -> Option<usize> {
        let forwards = &self.peers.get(subscriber)?.forwards;
        forwards
            .iter()
            .copied()
            .find(|index| self.forwards.get(*index).is_some_and(|forward| forward.ssrc == ssrc))
    }

    fn sender_report(&mut self, now: Instant, from: usize, report: &SenderReport) {
        let ours = self.ntp(now);
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some(source) = peer.inbound.sources.get(&report.ssrc) else { return };
        let Some(layer) =
            self.tracks.get_mut(source.track).and_then(|track| track.layers.get_mut(source.layer))
        else {
            return;
        };
        if source.repair {
            layer.repair_log.sender_report(now, report.ntp_time);
            return;
        }
        layer.log.sender_report(now, report.ntp_time);
        layer.clock = Some((report.ntp_time, report.rtp_time));
        peer.inbound.clock_offset.get_or_insert(ours.wrapping_sub(report.ntp_time));
    }

    fn reception(&mut self, now: Instant, from: usize, reports: &[ReceptionReport]) {
        let ours = self.ntp(now);
        for report in reports {
            if self.forward_of(from, report.ssrc).is_none() {
                continue;
            }
            let Some(peer) = self.peers.get_mut(from) else { return };
            // The fraction is all there is; one report counts as 256 packets.
            peer.quality.expected += 256;
            peer.quality.lost += u64::from(report.fraction_lost);
            if report.last_sender_report != 0 {
                let units = middle32(ours).wrapping_sub(report.last_sender_report).wrapping_sub(report.delay);
                // A negative or absurd time is a client that lies or a clock that jumped.
                if units < 10 << 16 {
                    peer.quality.round_trip = Some(Duration::from_secs(1) * units / (1 << 16));
                }
            }
        }
    }

    fn keyframe_for(&mut self, now: Instant, subscriber: usize, ssrc: u32) {
        let Some(forward) = self.forward_of(subscriber, ssrc).and_then(|index| self.forwards.get(index))
        else {
            return;
        };
        let (Some(track), Some(layer)) = (forward.track, forward.target.or(forward.era.map(|era| era.layer)))
        else {
            return;
        };
        if let Some(layer) = self.tracks.get_mut(track).and_then(|track| track.layers.get_mut(layer)) {
            layer.want_keyframe();
        }
        self.ask_keyframes(now, track);
    }

    /// Asks the publisher for the key frames that are wanted, as often as is allowed.
    pub(super) fn ask_keyframes(&mut self, now: Instant, track: usize) {
        let Some(track) = self.tracks.get_mut(track) else { return };
        let Some(peer) = self.peers.get_mut(track.peer) else { return };
        let patience = self.limits.layer_alive;
        // Browsers answer with key frames of all layers: asked for one that they have switched off they would send them for
        // nothing, again and again. Where nothing comes at all, it may be a picture that does not move.
        let any = track.layers.iter().any(|layer| layer.alive(now, patience));
        for layer in &mut track.layers {
            if any && !layer.alive(now, patience) {
                layer.do_without();
                continue;
            }
            if !layer.ask_keyframe(now, self.limits.keyframe_interval) {
                continue;
            }
            let Some(media_ssrc) = layer.ssrc else { continue };
            let request = PictureLossIndication { sender_ssrc: peer.ssrc, media_ssrc };
            mark(&mut self.dirty, track.peer, &peer.egress);
            peer.egress.rtcp(&encode(&request));
        }
    }
}

/// The first packet of a compound, and those behind it (RFC 3550 section 6.4.1); `None` at its end, or where it is cut
/// short.
fn split(compound: &[u8]) -> Option<(&[u8], &[u8])> {
    let [_, _, high, low, ..] = compound else { return None };
    compound.split_at_checked(4 * (usize::from(u16::from_be_bytes([*high, *low])) + 1))
}

/// Whether a packet is transport-wide feedback: type 205, format 15.
fn is_arrivals(packet: &[u8]) -> bool {
    matches!(packet, [first, 205, ..] if first & 0x1F == 15)
}

/// The bytes of one RTCP packet.
pub(super) fn encode<P: rtc_shared::marshal::Marshal + MarshalSize>(packet: &P) -> Vec<u8> {
    packet.marshal().map(|bytes| bytes.to_vec()).unwrap_or_default()
}
