//! Data channels: SCTP over the DTLS association, and the two-message protocol that opens a channel (RFC 8832).

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rtc_datachannel::message::Message;
use rtc_datachannel::message::message_channel_ack::DataChannelAck;
use rtc_datachannel::message::message_channel_open::{CHANNEL_PRIORITY_NORMAL, ChannelType, DataChannelOpen};
use rtc_sctp::{
    Association, AssociationHandle, DatagramEvent, Endpoint, EndpointConfig, Event, Payload,
    PayloadProtocolIdentifier as Ppi, ReliabilityType, ServerConfig, StreamEvent, StreamId, TransportConfig,
};
use rtc_shared::TransportProtocol;
use rtc_shared::marshal::{Marshal, Unmarshal};

use super::limits::Limits;
use super::sctp::{Watch, asks};

/// The association is told one address for ever, as DTLS is.
const PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 5000));
/// Name of the ordered, lossless channel.
pub const RELIABLE: &str = "_reliable";
/// Name of the unordered channel without retransmission.
pub const LOSSY: &str = "_lossy";
/// What SCTP may keep for us while we read.
const RECEIVE_WINDOW_BYTES: u32 = 256 * 1024;

/// A frame that arrived on one of the two channels of the protocol.
pub struct Frame {
    /// `_reliable` or `_lossy`.
    pub reliable: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Associations one client may begin: the first, and a few after errors.
const MAX_ASSOCIATIONS: u8 = 8;

struct Channel {
    stream: StreamId,
    label: String,
    open: bool,
}

/// The data channels of one peer.
pub struct Channels {
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Association)>,
    /// What the association may be asked for.
    watch: Watch,
    known: Vec<Channel>,
    /// How many associations the client has begun.
    associations: u8,
    /// Whether the server opens `_reliable` and `_lossy` itself (subscriber connections).
    opens: bool,
    early: Early,
    limits: Limits,
}

impl Channels {
    /// Waits for the client's association; when `opens`, the two channels are opened from here once it is up.
    pub fn new(opens: bool, limits: &Limits) -> Self {
        let longest = u32::try_from(limits.data_frame_bytes).unwrap_or(u32::MAX);
        let transport = TransportConfig::default()
            .with_max_message_size(longest)
            .with_max_receive_buffer_size(RECEIVE_WINDOW_BYTES)
            .with_max_num_inbound_streams(1024)
            .with_max_num_outbound_streams(1024);
        let endpoint = Endpoint::new(
            PEER,
            TransportProtocol::UDP,
            Arc::new(EndpointConfig::new()),
            Some(Arc::new(ServerConfig::new(transport))),
        );
        Self {
            endpoint,
            association: None,
            watch: Watch::begin(&[]),
            known: Vec::new(),
            associations: 0,
            opens,
            early: Early::default(),
            limits: *limits,
        }
    }

    /// Takes one SCTP packet; packets to send go to `send`, frames are returned.
    pub fn packet(&mut self, now: Instant, packet: &Bytes, send: impl FnMut(&[u8])) -> Vec<Frame> {
        if asks(packet) && !Watch::begin(packet).bears(packet) {
            return Vec::new();
        }
        match self.endpoint.handle(now, PEER, None, packet.clone()) {
            Some((_, DatagramEvent::NewAssociation(_))) if self.associations >= MAX_ASSOCIATIONS => {
                return Vec::new();
            }
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                self.associations += 1;
                // A second association on one DTLS connection replaces the first: the client started again.
                self.association = Some((handle, association));
                self.watch = Watch::begin(packet);
                self.known.clear();
            }
            Some((handle, DatagramEvent::AssociationEvent(event))) => {
                if let Some((own, association)) = &mut self.association
                    && *own == handle
                    && self.watch.bears(packet)
                {
                    association.handle_event(event);
                }
            }
            _ => return Vec::new(),
        }
        self.drive(now, send)
    }

    /// When [`Channels::timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.association.as_ref().and_then(|(_, association)| association.poll_timeout())
    }

    /// Runs the timers that are due.
    pub fn timeout(&mut self, now: Instant, send: impl FnMut(&[u8])) -> Vec<Frame> {
        if let Some((_, association)) = &mut self.association {
            association.handle_timeout(now);
        }
        self.drive(now, send)
    }

    /// Sends a frame, or keeps a reliable one until its channel is open. False when it is dropped: too much waits already,
    /// or it is one that may be lost.
    pub fn write(&mut self, now: Instant, reliable: bool, frame: &[u8], send: impl FnMut(&[u8])) -> bool {
        let stream = open_stream(&self.known, if reliable { RELIABLE } else { LOSSY });
        let (Some((_, association)), Some(stream)) = (&mut self.association, stream) else {
            return reliable && self.early.keep(frame, self.limits.early_data_bytes);
        };
        let taken = put(association, stream, &self.limits, now, frame);
        transmit(association, &mut self.watch, now, send);
        taken
    }

    fn drive(&mut self, now: Instant, send: impl FnMut(&[u8])) -> Vec<Frame> {
        let mut frames = Vec::new();
        let Some((handle, association)) = &mut self.association else { return frames };
        let mut lost = false;
        while let Some(event) = association.poll() {
            match event {
                Event::Connected if self.opens => {
                    open(association, &mut self.known, now, 1, RELIABLE, ChannelType::Reliable);
                    open(
                        association,
                        &mut self.known,
                        now,
                        3,
                        LOSSY,
                        ChannelType::PartialReliableRexmitUnordered,
                    );
                }
                Event::Stream(StreamEvent::Readable { id } | StreamEvent::Opened { id }) => {
                    read(association, &mut self.known, &self.limits, now, id, &mut frames);
                }
                Event::AssociationLost { .. } | Event::HandshakeFailed { .. } => lost = true,
                _ => {}
            }
        }
        if let Some(stream) = open_stream(&self.known, RELIABLE) {
            for frame in self.early.take() {
                if !put(association, stream, &self.limits, now, &frame) {
                    tracing::debug!("a data frame that was kept is dropped");
                }
            }
        }
        transmit(association, &mut self.watch, now, send);
        while let Some(event) = association.poll_endpoint_event() {
            self.endpoint.handle_event(*handle, event);
            lost = true;
        }
        if lost {
            self.association = None;
            self.known.clear();
        }
        frames
    }
}

/// Reliable frames for a channel that is not open yet, in order.
#[derive(Default)]
struct Early {
    frames: Vec<Vec<u8>>,
    bytes: usize,
}

impl Early {
    /// Keeps a frame, if it fits in. It counts with what it takes, so that many small ones are not for nothing.
    fn keep(&mut self, frame: &[u8], limit: usize) -> bool {
        let bytes = self.bytes + frame.len() + size_of::<Vec<u8>>();
        let fits = bytes <= limit;
        if fits {
            self.bytes = bytes;
            self.frames.push(frame.to_vec());
        }
        fits
    }

    fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(self).frames
    }
}

fn open_stream(channels: &[Channel], label: &str) -> Option<StreamId> {
    channels.iter().find(|channel| channel.open && channel.label == label).map(|channel| channel.stream)
}

/// Hands a frame to the association; false when too much waits already.
fn put(association: &mut Association, stream: StreamId, limits: &Limits, now: Instant, frame: &[u8]) -> bool {
    let Ok(mut stream) = association.stream(stream) else { return false };
    if stream.buffered_amount().unwrap_or(usize::MAX) > limits.data_buffer_bytes {
        return false;
    }
    let (payload, kind): (&[u8], Ppi) =
        if frame.is_empty() { (&[0], Ppi::BinaryEmpty) } else { (frame, Ppi::Binary) };
    stream.write_with_ppi(now, payload, kind).is_ok()
}

fn transmit(association: &mut Association, watch: &mut Watch, now: Instant, mut send: impl FnMut(&[u8])) {
    while let Some(out) = association.poll_transmit(now) {
        if let Payload::RawEncode(packets) = out.message {
            for packet in packets {
                watch.sent(&packet);
                send(&packet);
            }
        }
    }
}

fn open(
    association: &mut Association,
    channels: &mut Vec<Channel>,
    now: Instant,
    stream: StreamId,
    label: &str,
    kind: ChannelType,
) {
    let message = Message::DataChannelOpen(DataChannelOpen {
        channel_type: kind,
        priority: CHANNEL_PRIORITY_NORMAL,
        reliability_parameter: 0,
        label: label.as_bytes().to_vec(),
        protocol: Vec::new(),
    });
    let Ok(bytes) = message.marshal() else { return };
    let Ok(mut opened) = association.open_stream(stream, Ppi::Binary) else { return };
    // The OPEN itself travels reliably; the channel's own terms come after it.
    if opened.write_with_ppi(now, &bytes, Ppi::Dcep).is_ok() {
        set_terms(&mut opened, kind, 0);
        channels.push(Channel { stream, label: label.to_owned(), open: false });
    }
}

fn set_terms(stream: &mut rtc_sctp::Stream<'_>, kind: ChannelType, parameter: u32) {
    let (unordered, reliability) = match kind {
        ChannelType::ReliableUnordered => (true, ReliabilityType::Reliable),
        ChannelType::PartialReliableRexmit => (false, ReliabilityType::Rexmit),
        ChannelType::PartialReliableRexmitUnordered => (true, ReliabilityType::Rexmit),
        ChannelType::PartialReliableTimed => (false, ReliabilityType::Timed),
        ChannelType::PartialReliableTimedUnordered => (true, ReliabilityType::Timed),
        _ => (false, ReliabilityType::Reliable),
    };
    if stream.set_reliability_params(unordered, reliability, parameter).is_err() {
        tracing::debug!("a data channel closed while it was opened");
    }
}

fn read(
    association: &mut Association,
    channels: &mut Vec<Channel>,
    limits: &Limits,
    now: Instant,
    id: StreamId,
    frames: &mut Vec<Frame>,
) {
    while association.accept_stream().is_some() {}
    let Ok(mut stream) = association.stream(id) else { return };
    // Readable comes once per arrival burst: take all there is.
    while let Ok(Some(chunks)) = stream.read_sctp() {
        let Ok(bytes) = chunks.to_payload(limits.data_frame_bytes) else { continue };
        match chunks.ppi {
            Ppi::Dcep => control(&mut stream, channels, limits, now, id, &bytes),
            Ppi::Binary | Ppi::BinaryEmpty | Ppi::String | Ppi::StringEmpty => {
                let Some(channel) = channels.iter_mut().find(|channel| channel.stream == id) else {
                    continue;
                };
                channel.open = true;
                let reliable = channel.label == RELIABLE;
                if reliable || channel.label == LOSSY {
                    frames.push(Frame { reliable, bytes: bytes.to_vec() });
                }
            }
            _ => {}
        }
    }
}

fn control(
    stream: &mut rtc_sctp::Stream<'_>,
    channels: &mut Vec<Channel>,
    limits: &Limits,
    now: Instant,
    id: StreamId,
    bytes: &[u8],
) {
    // The two messages of RFC 8832 section 5. The crate also reads some of its own, and falls over them when cut short.
    if !matches!(bytes, [0x02 | 0x03, ..]) {
        return;
    }
    match Message::unmarshal(&mut &bytes[..]) {
        Ok(Message::DataChannelOpen(open)) => {
            if channels.len() >= limits.data_channels || channels.iter().any(|channel| channel.stream == id) {
                return;
            }
            let Ok(label) = String::from_utf8(open.label) else { return };
            let Ok(ack) = Message::DataChannelAck(DataChannelAck {}).marshal() else { return };
            if stream.write_with_ppi(now, &ack, Ppi::Dcep).is_ok() {
                set_terms(stream, open.channel_type, open.reliability_parameter);
                channels.push(Channel { stream: id, label, open: true });
            }
        }
        Ok(Message::DataChannelAck(_)) => {
            if let Some(channel) = channels.iter_mut().find(|channel| channel.stream == id) {
                channel.open = true;
            }
        }
        _ => {}
    }
}
