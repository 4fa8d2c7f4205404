//! What happens by the clock: repetitions, requests, reports, patience.

use std::time::{Duration, Instant};

use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::dtls::Dtls;
use super::engine::{Engine, TICK};
use super::limits::Limits;
use super::path::mark;
use super::peer::Peer;
use super::rtcp::encode;
use crate::room::media::MediaEvent;

/// Time between two reports to one client.
const REPORT: Duration = Duration::from_secs(1);
/// Time between two announcements of loss and round trip.
const QUALITY: Duration = Duration::from_secs(5);
/// Time between two looks at layers and loudness.
pub(super) const SURVEY: Duration = Duration::from_millis(100);
/// What is due so soon is done with what is due now: each at its own time would wake the worker for each.
const SOON: Duration = Duration::from_millis(20);
/// The looks at layers and loudness come so much sooner where the worker is awake: pictures come every 33 to 40 ms, and with
/// one of them they take no turn of their own, nor do the reports that leave behind it.
const EARLY: Duration = Duration::from_millis(40);
/// Report blocks in one packet: the count has five bits.
const MAX_BLOCKS: usize = 31;

/// Largest compound that is made of several packets: with its wrapping it passes every line (RFC 8200 section 5: 1280 bytes).
const COMPOUND_BYTES: usize = 1200;

/// RTCP packets, several in one datagram as far as they fit. Somebody with twenty pictures on a bad line has more to be asked
/// for than one datagram takes.
#[derive(Default)]
struct Compounds(Vec<Vec<u8>>);

impl Compounds {
    fn add(&mut self, packet: Vec<u8>) {
        match self.0.last_mut() {
            Some(last) if last.len() + packet.len() <= COMPOUND_BYTES => last.extend(packet),
            _ => self.0.push(packet),
        }
    }
}

impl Engine {
    /// Does what is due. To be called at [`Engine::next_deadline`], and whenever the worker is awake anyway.
    pub fn tick(&mut self, now: Instant) {
        self.advance(now);
        let soon = now + SOON;
        let surveys = now + EARLY >= self.surveyed + SURVEY;
        let due = surveys || self.agenda.next().is_some_and(|at| at <= soon);
        if !due || now.saturating_duration_since(self.ticked) < TICK {
            return;
        }
        self.ticked = now;
        if surveys {
            for (index, peer) in &self.peers {
                if peer.connected && soon >= peer.reported + REPORT {
                    self.agenda.wake(index, now);
                }
            }
        }
        for index in self.agenda.take(soon) {
            self.contain(index, |engine| engine.tick_transport(now, index));
            let waits = self.tick_feedback(now, index);
            self.probe(now, index);
            if let Some(peer) = self.peers.get(index) {
                // A limited line is probed, and what waits for its turn on it leaves little by little.
                let waits = waits || peer.bandwidth.limited() || !peer.pacer.is_empty();
                let at = if waits { Some(now) } else { quiet_until(peer, &self.limits) };
                if let Some(at) = at {
                    self.agenda.wake(index, at.max(now + TICK));
                }
            }
        }
        if surveys {
            self.surveyed = now;
            self.survey(now);
        }
        let tracks: Vec<usize> = self.tracks.iter().map(|(index, _)| index).collect();
        for track in tracks {
            self.ask_keyframes(now, track);
        }
    }

    /// Handshake, data channels, patience.
    fn tick_transport(&mut self, now: Instant, index: usize) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let due = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now);
        if due(peer.dtls.as_deref().and_then(Dtls::deadline)) || due(peer.channels.deadline()) {
            mark(&mut self.dirty, index, &peer.egress);
        }
        let egress = &mut peer.egress;
        if let Some(dtls) = &mut peer.dtls {
            if dtls.deadline().is_some_and(|at| at <= now) {
                dtls.timeout(now, |record| egress.raw(record));
            }
            if peer.channels.deadline().is_some_and(|at| at <= now) {
                let mut out = Vec::new();
                let frames = peer.channels.timeout(now, |packet| out.push(packet.to_vec()));
                for packet in out {
                    dtls.write(now, &packet, |record| egress.raw(record));
                }
                let id = peer.id;
                self.events.extend(frames.into_iter().map(|f| MediaEvent::Data {
                    peer: id,
                    reliable: f.reliable,
                    frame: f.bytes,
                }));
            }
        }
        let silent = now.saturating_duration_since(peer.heard);
        let gone = if peer.connected {
            silent >= self.limits.consent
        } else {
            peer.since.is_some_and(|since| now.saturating_duration_since(since) >= self.limits.handshake)
        };
        if gone && !peer.lost {
            peer.lost = true;
            self.events.push_back(MediaEvent::Lost { peer: peer.id });
        }
    }

    /// What a client is told about its own sending, and about ours. Whether more has to be said soon.
    fn tick_feedback(&mut self, now: Instant, index: usize) -> bool {
        let ntp = self.ntp(now);
        let Some(peer) = self.peers.get_mut(index).filter(|peer| peer.connected) else { return false };
        let mut out = Compounds::default();
        let mut missing = Vec::new();
        let soon = now + SOON;
        let reports = soon >= peer.reported + REPORT;
        let mut blocks = Vec::new();
        let (mut media, mut waits) = (0, false);
        for track in peer.inbound.tracks.values() {
            let Some(track) = self.tracks.get_mut(*track) else { continue };
            for layer in &mut track.layers {
                let Some(ssrc) = layer.ssrc else { continue };
                media = ssrc;
                missing.clear();
                let retries = if track.repeats { self.limits.nack_retries } else { 0 };
                waits |= layer.log.ask(now, retries, self.limits.nack_batch, &mut missing);
                if !missing.is_empty() {
                    let nacks = nack_pairs_from_sequence_numbers(&missing);
                    let nack = TransportLayerNack { sender_ssrc: peer.ssrc, media_ssrc: ssrc, nacks };
                    out.add(encode(&nack));
                }
                if !reports {
                    continue;
                }
                if let Some((block, (lost, expected))) = layer.log.report(now, ssrc) {
                    blocks.push(block);
                    peer.quality.lost += lost;
                    peer.quality.expected += expected;
                }
                if let Some(repair) = layer.repair_ssrc {
                    blocks.extend(layer.repair_log.report(now, repair).map(|(block, _)| block));
                }
                if let Some(round_trip) = layer.log.round_trip() {
                    peer.quality.round_trip.get_or_insert(round_trip);
                }
            }
        }
        if peer.inbound.arrivals.due().is_some_and(|due| due <= soon)
            && let Some(feedback) = peer.inbound.arrivals.feedback(now, peer.ssrc, media)
        {
            out.add(feedback);
        }
        if reports {
            peer.reported = now;
            for blocks in blocks.chunks(MAX_BLOCKS) {
                let report =
                    ReceiverReport { ssrc: peer.ssrc, reports: blocks.to_vec(), ..ReceiverReport::default() };
                out.add(encode(&report));
            }
        }
        for compound in out.0 {
            mark(&mut self.dirty, index, &peer.egress);
            peer.egress.rtcp(&compound);
        }
        if reports {
            self.sender_reports(index, ntp);
            self.quality(now, index);
        }
        waits
    }

    /// Our sender reports: the publisher's clock, in the subscriber's numbers.
    fn sender_reports(&mut self, index: usize, ntp: u64) {
        let Some(peer) = self.peers.get(index) else { return };
        let mut reports = Vec::new();
        for forward in peer.forwards.iter().filter_map(|index| self.forwards.get(*index)) {
            let Some(track) = forward.track.and_then(|track| self.tracks.get(track)) else { continue };
            let Some(offset) = self.peers.get(track.peer).and_then(|source| source.inbound.clock_offset)
            else {
                continue;
            };
            let Some(rtp_time) = forward.timestamp_at(track, ntp.wrapping_sub(offset)) else { continue };
            reports.push(encode(&SenderReport {
                ssrc: forward.ssrc,
                ntp_time: ntp,
                rtp_time,
                packet_count: forward.sent.0,
                octet_count: forward.sent.1,
                ..SenderReport::default()
            }));
        }
        let Some(peer) = self.peers.get_mut(index) else { return };
        if !reports.is_empty() {
            mark(&mut self.dirty, index, &peer.egress);
        }
        // One packet each: a compound belongs to one source.
        for report in reports {
            peer.egress.rtcp(&report);
        }
    }

    fn quality(&mut self, now: Instant, index: usize) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        if now.saturating_duration_since(peer.quality_told) < QUALITY {
            return;
        }
        peer.quality_told = now;
        let quality = std::mem::take(&mut peer.quality);
        let share = (quality.lost * 1000).checked_div(quality.expected).unwrap_or_default().min(1000);
        let loss = f32::from(u16::try_from(share).unwrap_or_default()) / 1000.0;
        let rtt_ms = quality.round_trip.map(|rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX));
        self.events.push_back(MediaEvent::Quality { peer: peer.id, loss, rtt_ms });
    }
}

/// When something is to be done about a connection that nothing comes from: whatever does come wakes it up. `None` for one
/// that its client has not begun: those who only listen never begin the one on which they could send.
fn quiet_until(peer: &Peer, limits: &Limits) -> Option<Instant> {
    let patience = if peer.connected {
        Some(peer.heard + limits.consent)
    } else {
        peer.since.map(|since| since + limits.handshake)
    };
    let handshake = peer.dtls.as_deref().and_then(Dtls::deadline);
    let feedback = peer.inbound.arrivals.due().filter(|_| peer.connected);
    let timers = [handshake, peer.channels.deadline(), patience.filter(|_| !peer.lost), feedback];
    timers.into_iter().flatten().min()
}
