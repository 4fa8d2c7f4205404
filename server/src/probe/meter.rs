//! Measures a connection where its packets pass: an interceptor closest to the wire that counts, and one closest to the
//! application that lets no media through, because nobody here looks at pictures.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp::{
        payload_feedbacks::{
            full_intra_request::FullIntraRequest, picture_loss_indication::PictureLossIndication,
        },
        receiver_report::ReceiverReport,
        reception_report::ReceptionReport,
        sender_report::SenderReport,
    },
    sansio::Protocol,
    shared::error::Error,
};
use tokio::sync::Notify;

use super::stream::Stream;

/// What was counted on one connection.
#[derive(Debug, Default)]
pub struct Tally {
    /// What is received, by source.
    pub received: HashMap<u32, Received>,
    /// When the first media came.
    pub first: Option<Instant>,
    /// What the other side says it received, by source.
    pub told: HashMap<u32, Told>,
    /// Bytes of media sent, headers and repetitions left out.
    pub sent_bytes: u64,
}

/// One source that is received.
#[derive(Debug)]
pub struct Received {
    /// Sound, or else picture.
    pub sound: bool,
    /// Its log.
    pub stream: Stream,
    /// Bytes, headers left out.
    pub bytes: u64,
}

/// The last report of the other side about one of our sources.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    /// Ticks of the source's clock in a second.
    pub clock_rate: u32,
    /// Packets lost since the beginning.
    pub lost: u64,
    /// Packets that should have come by then.
    pub expected: u64,
    /// Sum of the jitters reported, and how many there were.
    pub jitter: (Duration, u32),
}

/// Counts and wishes of one connection, shared by those who count and who ask.
#[derive(Debug, Default)]
pub struct Meter {
    tally: Mutex<Tally>,
    key_frame: AtomicBool,
    /// Told when the first media came.
    pub first: Notify,
}

impl Meter {
    /// The counts.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a key frame was asked for since the last time this was asked.
    pub fn take_key_frame(&self) -> bool {
        self.key_frame.swap(false, Ordering::Relaxed)
    }
}

/// What passes waits in these until the next one takes it.
#[derive(Default)]
struct Passing {
    read: VecDeque<TaggedPacket>,
    write: VecDeque<TaggedPacket>,
}

/// Counts what comes and goes.
pub struct Counter {
    meter: Arc<Meter>,
    /// Clock rate, and whether it is sound; by source.
    known: HashMap<u32, (u32, bool)>,
    /// Clock rate and first sequence number of what we send; by source.
    ours: HashMap<u32, (u32, Option<u16>)>,
    passing: Passing,
}

impl Counter {
    /// Counts into `meter`.
    pub fn new(meter: Arc<Meter>) -> Self {
        Self { meter, known: HashMap::new(), ours: HashMap::new(), passing: Passing::default() }
    }

    fn media_came(&self, now: Instant, packet: &rtc::rtp::Packet) {
        let header = &packet.header;
        let Some((clock_rate, sound)) = self.known.get(&header.ssrc).copied() else { return };
        let mut tally = self.meter.tally();
        if tally.first.is_none() {
            tally.first = Some(now);
            self.meter.first.notify_one();
        }
        let source = tally.received.entry(header.ssrc).or_insert_with(|| Received {
            sound,
            stream: Stream::new(clock_rate, header.sequence_number),
            bytes: 0,
        });
        source.stream.arrived(now, header.sequence_number, header.timestamp);
        source.bytes += u64::try_from(packet.payload.len()).unwrap_or_default();
    }

    fn report_came(&self, report: &ReceptionReport) {
        let Some((clock_rate, Some(first))) = self.ours.get(&report.ssrc).copied() else { return };
        let mut tally = self.meter.tally();
        let told = tally.told.entry(report.ssrc).or_default();
        told.clock_rate = clock_rate;
        told.lost = u64::from(report.total_lost);
        told.expected = (u64::from(report.last_sequence_number) + 1).saturating_sub(u64::from(first));
        told.jitter.0 += Duration::from_secs(1) * report.jitter / clock_rate.max(1);
        told.jitter.1 += 1;
    }

    fn media_goes(&mut self, packet: &rtc::rtp::Packet) {
        let Some((_, first)) = self.ours.get_mut(&packet.header.ssrc) else { return };
        first.get_or_insert(packet.header.sequence_number);
        self.meter.tally().sent_bytes += u64::try_from(packet.payload.len()).unwrap_or_default();
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Counter {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        match &packet.message.packet {
            Packet::Rtp(media) => self.media_came(packet.now, media),
            Packet::Rtcp(reports) => {
                for report in reports {
                    let report = report.as_any();
                    if let Some(report) = report.downcast_ref::<ReceiverReport>() {
                        report.reports.iter().for_each(|one| self.report_came(one));
                    } else if let Some(report) = report.downcast_ref::<SenderReport>() {
                        report.reports.iter().for_each(|one| self.report_came(one));
                    } else if report.is::<PictureLossIndication>() || report.is::<FullIntraRequest>() {
                        self.meter.key_frame.store(true, Ordering::Relaxed);
                    }
                }
            }
            _ => {}
        }
        self.passing.read.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.passing.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(media) = &packet.message.packet {
            self.media_goes(media);
        }
        self.passing.write.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.passing.write.pop_front()
    }
}

impl Interceptor for Counter {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        if is_repair(info) {
            return;
        }
        self.ours.entry(info.ssrc).or_insert((info.clock_rate, None));
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.ours.remove(&info.ssrc);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        if is_repair(info) {
            return;
        }
        let sound = info.mime_type.to_ascii_lowercase().starts_with("audio/");
        self.known.insert(info.ssrc, (info.clock_rate, sound));
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.known.remove(&info.ssrc);
    }
}

/// Whether a source only repeats what another one sent; what it carries says nothing about the line.
fn is_repair(info: &StreamInfo) -> bool {
    info.mime_type.to_ascii_lowercase().ends_with("/rtx")
}

/// Ends the way of received media: nobody looks at it.
#[derive(Default)]
pub struct End {
    passing: Passing,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for End {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if !matches!(packet.message.packet, Packet::Rtp(_)) {
            self.passing.read.push_back(packet);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.passing.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.passing.write.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.passing.write.pop_front()
    }
}

impl Interceptor for End {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
