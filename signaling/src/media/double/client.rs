//! The double itself: what it sends and takes, and by which clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_sctp::{Association, AssociationHandle, ClientConfig, DatagramEvent, EndpointConfig, Event, Payload};
use rtc_sctp::{PayloadProtocolIdentifier as Ppi, StreamEvent, TransportConfig};
use rtc_shared::TransportProtocol;
use rtc_shared::marshal::Marshal;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::crypto::{HashAlgorithm, RTCCryptoProvider};

use super::sending::ids;
use crate::media::peer::Source;
use crate::media::rtp::{Extensions, Header};
use crate::media::srtp::{Open, Seal, contexts_from};
use crate::media::twcc::Recorder;

/// The server, to crates that want an address where there is but one.
pub(super) const SERVER: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

/// An RTP packet as the client got it.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its header.
    pub header: Header,
    /// Its payload, opened.
    pub payload: Vec<u8>,
    /// Loudness.
    pub audio_level: Option<u8>,
    /// Transport-wide number.
    pub transport_cc: Option<u16>,
    /// Dependency descriptor; empty where there is none.
    pub descriptor: Vec<u8>,
}

/// A client.
pub struct Client {
    /// Where it sends from.
    pub address: Source,
    /// Its user name fragment.
    pub ufrag: String,
    /// The server's user name fragment and password.
    pub server: Option<(String, String)>,
    /// Of its certificate.
    pub fingerprint: String,
    /// RTP packets that it got.
    pub received: Vec<Received>,
    /// RTCP packets that it got, opened.
    pub feedback: Vec<Vec<u8>>,
    /// Data messages that it got.
    pub frames: Vec<Vec<u8>>,
    /// Protects what it sends; `None` until the handshake is complete.
    pub seal: Option<Seal>,
    /// Connectivity checks that were answered.
    pub checks_answered: usize,
    /// Datagrams to be sent.
    pub out: Vec<Vec<u8>>,
    /// The transport-wide number of its next packet, where it numbers them.
    pub number: Option<u16>,
    /// The dependency descriptor of its next packets; empty for none.
    pub descriptor: Vec<u8>,
    pub(super) crypto: Arc<dyn RTCCryptoProvider>,
    dtls: Endpoint,
    config: Option<Arc<rtc_dtls::config::HandshakeConfig>>,
    flight: Vec<Vec<u8>>,
    repeat: Instant,
    checked: Option<Instant>,
    open: Option<Open>,
    sctp: rtc_sctp::Endpoint,
    association: Option<(AssociationHandle, Association)>,
    /// Channels of the server's that it has not been told are open.
    unacknowledged: Vec<u16>,
    /// Its report of arrivals.
    arrivals: Recorder,
    /// Whether the SCTP association is up.
    pub associated: bool,
    /// Stream of `_reliable` once it is open.
    pub reliable: Option<u16>,
}

impl Client {
    /// A client that has not met anybody. It offers these protection profiles, in this order.
    pub fn new(now: Instant, address: Source, profiles: &[SrtpProtectionProfile]) -> Self {
        let crypto = rtc_stun::crypto::default_provider().unwrap();
        let certificate =
            Certificate::generate_self_signed(vec!["client".to_owned()], crypto.crypto()).unwrap();
        let digest = crypto.crypto().hash(HashAlgorithm::Sha256, &certificate.certificate[0]).unwrap();
        let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(&crypto))
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(profiles.to_vec())
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(true, None)
            .unwrap();
        Self {
            address,
            ufrag: "abcd".to_owned(),
            server: None,
            fingerprint,
            received: Vec::new(),
            feedback: Vec::new(),
            frames: Vec::new(),
            seal: None,
            checks_answered: 0,
            out: Vec::new(),
            number: None,
            descriptor: Vec::new(),
            crypto,
            dtls: Endpoint::new(SERVER, TransportProtocol::UDP, None),
            config: Some(Arc::new(config)),
            flight: Vec::new(),
            repeat: now,
            checked: None,
            open: None,
            sctp: rtc_sctp::Endpoint::new(
                SERVER,
                TransportProtocol::UDP,
                Arc::new(EndpointConfig::new()),
                None,
            ),
            association: None,
            unacknowledged: Vec::new(),
            arrivals: Recorder::default(),
            associated: false,
            reliable: None,
        }
    }

    /// The next tick asks the server anew.
    pub fn recheck(&mut self) {
        self.checked = None;
    }

    /// Whether the handshake is complete.
    pub fn connected(&self) -> bool {
        self.seal.is_some()
    }

    /// What the client does by the clock.
    pub fn tick(&mut self, now: Instant) {
        let due = |last: Option<Instant>, every: u64| {
            last.is_none_or(|last| now.duration_since(last) >= Duration::from_millis(every))
        };
        // Often until there is a path; then as browsers check the one in use.
        let every = if self.checks_answered == 0 { 50 } else { 2500 };
        if self.server.is_some() && due(self.checked, every) {
            self.checked = Some(now);
            self.check();
        }
        if self.checks_answered > 0 && self.config.is_some() {
            let config = self.config.take().unwrap();
            self.dtls.connect(now, SERVER, config, None).unwrap();
            self.flush(now);
        }
        // Real clients repeat their flights; this one does what the crate does not.
        if !self.connected() && self.config.is_none() && now >= self.repeat {
            self.out.extend(self.flight.iter().cloned());
            self.repeat = now + Duration::from_millis(200);
        }
        if self.arrivals.due().is_some_and(|due| due <= now)
            && let (Some(seal), Some(report)) = (&mut self.seal, self.arrivals.feedback(now, 1, 1))
        {
            self.out.push(seal.rtcp(&report).unwrap());
        }
        if let Some((_, association)) = &mut self.association {
            if association.poll_timeout().is_some_and(|at| at <= now) {
                association.handle_timeout(now);
            }
            self.drive(now);
        }
    }

    fn flush(&mut self, now: Instant) {
        let mut fresh = true;
        while let Some(transmit) = self.dtls.poll_transmit() {
            if !self.connected() {
                if std::mem::take(&mut fresh) {
                    self.flight.clear();
                }
                self.flight.push(transmit.message.to_vec());
                self.repeat = now + Duration::from_millis(200);
            }
            self.out.push(transmit.message.to_vec());
        }
    }

    /// Takes a datagram from the server.
    pub fn datagram(&mut self, now: Instant, bytes: &mut [u8]) {
        match bytes[0] {
            0..=3 => self.stun(bytes),
            20..=63 => {
                let Ok(events) = self.dtls.read(now, SERVER, None, BytesMut::from(&*bytes)) else { return };
                for event in events {
                    match event {
                        EndpointEvent::HandshakeComplete => self.keys(),
                        EndpointEvent::ApplicationData(data) => self.sctp(now, data),
                        _ => {}
                    }
                }
                self.flush(now);
            }
            _ if (192..=223).contains(&bytes[1]) => {
                let Some(open) = &mut self.open else { return };
                self.feedback.extend(open.rtcp(bytes).map(|length| bytes[..length].to_vec()));
            }
            _ => {
                let Some(open) = &mut self.open else { return };
                let header = Header::parse(bytes).unwrap();
                let length = open.rtp(bytes, header.length, header.ssrc, header.sequence).unwrap();
                let packet = &bytes[..length];
                let Extensions { audio_level, transport_cc, descriptor, .. } =
                    header.extensions(packet, ids());
                if let Some(number) = transport_cc {
                    self.arrivals.record(now, number);
                }
                let payload = header.payload(packet).unwrap().to_vec();
                let descriptor = descriptor.unwrap_or_default().to_vec();
                self.received.push(Received { header, payload, audio_level, transport_cc, descriptor });
            }
        }
    }

    /// Looks at an RTP packet without opening it, and notes its arrival for the feedback: for those who only count.
    pub fn glance(&mut self, now: Instant, bytes: &[u8]) -> Option<Header> {
        let header = Header::parse(bytes)?;
        if let Some(number) = header.extensions(bytes, ids()).transport_cc {
            self.arrivals.record(now, number);
        }
        Some(header)
    }

    fn keys(&mut self) {
        let state = self.dtls.get_connection_state(SERVER).unwrap();
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            _ => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let length = 2 * (profile.key_len() + profile.salt_len());
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], length).unwrap();
        let mut config = Config { profile, ..Config::default() };
        config.set_session_keys_from_keying_material(&material.into_bytes(), true).unwrap();
        let (seal, open) = contexts_from(&config.keys, profile, self.crypto.crypto(), 64).unwrap();
        (self.seal, self.open) = (Some(seal), Some(open));
    }

    /// Sends an RTCP packet.
    pub fn rtcp<P: Marshal>(&mut self, packet: &P) {
        let sealed = self.seal.as_mut().unwrap().rtcp(&packet.marshal().unwrap()).unwrap();
        self.out.push(sealed);
    }

    /// Begins the SCTP association.
    pub fn open_channels(&mut self, now: Instant) {
        let config = ClientConfig::new(TransportConfig::default());
        self.association = Some(self.sctp.connect(now, config, SERVER).unwrap());
        self.drive(now);
    }

    /// Sends a message on an SCTP stream, opening it first with a DCEP OPEN where `label` is given.
    pub fn send(&mut self, now: Instant, stream: u16, label: Option<&str>, bytes: &[u8]) {
        let (_, association) = self.association.as_mut().unwrap();
        if let Some(label) = label {
            let mut open = vec![3, 0, 1, 0, 0, 0, 0, 0, 0, u8::try_from(label.len()).unwrap(), 0, 0];
            open.extend_from_slice(label.as_bytes());
            let mut stream = association.open_stream(stream, Ppi::Binary).unwrap();
            stream.write_with_ppi(now, &open, Ppi::Dcep).unwrap();
        }
        association.stream(stream).unwrap().write_with_ppi(now, bytes, Ppi::Binary).unwrap();
        self.drive(now);
    }

    fn sctp(&mut self, now: Instant, packet: BytesMut) {
        let event = self.sctp.handle(now, SERVER, None, packet.freeze());
        if let (Some((_, DatagramEvent::AssociationEvent(event))), Some((_, association))) =
            (event, &mut self.association)
        {
            association.handle_event(event);
        }
        self.drive(now);
    }

    fn drive(&mut self, now: Instant) {
        let Some((_, association)) = &mut self.association else { return };
        while let Some(event) = association.poll() {
            self.associated |= matches!(event, Event::Connected);
            if let Event::Stream(StreamEvent::Readable { id } | StreamEvent::Opened { id }) = event {
                while association.accept_stream().is_some() {}
                let Ok(mut stream) = association.stream(id) else { continue };
                while let Ok(Some(chunks)) = stream.read_sctp() {
                    let bytes = chunks.to_payload(1 << 20).unwrap();
                    match (chunks.ppi, bytes.first()) {
                        (Ppi::Dcep, Some(3)) => {
                            self.unacknowledged.push(id);
                            if bytes.ends_with(b"_reliable") {
                                self.reliable = Some(id);
                            }
                        }
                        (Ppi::Dcep, _) => {}
                        _ => self.frames.push(bytes.to_vec()),
                    }
                }
            }
        }
        // An OPEN may arrive before our own side of the association is up.
        self.unacknowledged
            .retain(|id| association.stream(*id).unwrap().write_with_ppi(now, &[2], Ppi::Dcep).is_err());
        while let Some(transmit) = association.poll_transmit(now) {
            if let Payload::RawEncode(packets) = transmit.message {
                for packet in packets {
                    // Before the handshake is complete there is nobody to send to; SCTP repeats it.
                    let _ = self.dtls.write(now, SERVER, &packet);
                }
            }
        }
        self.flush(now);
    }
}
