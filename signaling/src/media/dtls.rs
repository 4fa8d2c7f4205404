//! One DTLS association, server side: authenticated by the fingerprint of the session description and nothing else.
//!
//! The protocol crate stops its retransmission timer at any handshake record, so a flight of ours that is lost may
//! never be sent again. The last flight is therefore kept here and repeated, byte for byte, until the handshake is
//! complete.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;
use rtc_srtp::config::LABEL_EXTRACTOR_DTLS_SRTP;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::crypto::{HashAlgorithm, RTCCryptoProvider};

use super::hello::{Hello, Verdict};

/// The association is told one address for ever, so that a client that changes its own keeps it.
const PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 65_535));
/// First wait before a flight is repeated; doubles up to [`LAST_REPEAT`].
const FIRST_REPEAT: Duration = Duration::from_millis(150);
/// Longest wait between repetitions.
const LAST_REPEAT: Duration = Duration::from_millis(1200);
/// Datagrams of a first message that are waited for.
const MAX_HELD: usize = 8;
/// Records of one flight that are kept.
const MAX_FLIGHT: usize = 16;

/// Who we are to every client of this process: one certificate, made at start.
pub struct Identity {
    /// Certificate and key.
    pub certificate: Certificate,
    /// `sha-256` fingerprint as in `a=fingerprint`.
    pub fingerprint: String,
    /// Cryptography for handshakes and connectivity checks.
    pub crypto: Arc<dyn RTCCryptoProvider>,
}

impl Identity {
    /// Makes a certificate.
    pub fn generate() -> Result<Self, Error> {
        let crypto =
            rtc_stun::crypto::default_provider().map_err(|error| Error::Crypto(error.to_string()))?;
        let certificate = Certificate::generate_self_signed(vec!["giaoban".to_owned()], crypto.crypto())?;
        let der =
            certificate.certificate.first().ok_or_else(|| Error::Crypto("no certificate".to_owned()))?;
        let fingerprint = fingerprint(der, &crypto).ok_or_else(|| Error::Crypto("no digest".to_owned()))?;
        Ok(Self { certificate, fingerprint, crypto })
    }
}

fn fingerprint(der: &[u8], crypto: &Arc<dyn RTCCryptoProvider>) -> Option<String> {
    let digest = crypto.crypto().hash(HashAlgorithm::Sha256, der).ok()?;
    Some(digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

/// Master keys for SRTP, as negotiated.
pub struct Keys {
    /// Which protection.
    pub profile: ProtectionProfile,
    /// Exporter output: client key, server key, client salt, server salt.
    pub material: Vec<u8>,
}

/// What a datagram led to.
pub enum Progress {
    /// The handshake is complete.
    Keys(Keys),
    /// Application data: one SCTP packet.
    Data(BytesMut),
    /// The client closed, or broke the protocol.
    Closed,
}

/// One association.
pub struct Dtls {
    endpoint: Endpoint,
    /// Us, the client's fingerprint, and its first message as far as it has arrived, until that is whole.
    awaited: Option<(Arc<Identity>, String, Hello)>,
    held: Vec<Vec<u8>>,
    complete: bool,
    flight: Vec<Vec<u8>>,
    repeat: Option<(Instant, Duration)>,
}

impl Dtls {
    /// Waits for a client whose certificate has this fingerprint (upper-case hex with colons, SHA-256).
    pub fn new(identity: Arc<Identity>, client_fingerprint: String) -> Self {
        let endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        let awaited = Some((identity, client_fingerprint, Hello::default()));
        Self { endpoint, awaited, held: Vec::new(), complete: false, flight: Vec::new(), repeat: None }
    }

    /// The crate follows the client's order of protection profiles. Browsers name the slow one first, so a client that
    /// also knows the fast one is left no choice.
    fn begin(&mut self, gcm: bool) -> Result<(), Error> {
        let Some((identity, expected, _)) = self.awaited.take() else { return Ok(()) };
        let profiles: &[SrtpProtectionProfile] = if gcm {
            &[SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]
        } else {
            &[
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ]
        };
        let crypto = Arc::clone(&identity.crypto);
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(&identity.crypto))
            .with_certificates(vec![identity.certificate.clone()])
            .with_srtp_protection_profiles(profiles.to_vec())
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_verify_peer_certificate(Some(Arc::new(move |chain, _| {
                let shown = chain.first().and_then(|der| fingerprint(der, &crypto));
                if shown.as_deref() == Some(expected.as_str()) {
                    Ok(())
                } else {
                    Err(Error::ErrVerifyDataMismatch)
                }
            })))
            .build(false, None)?;
        self.endpoint.set_server_config(Some(Arc::new(config)));
        Ok(())
    }

    /// Takes one datagram; what is to be sent goes to `send`.
    pub fn datagram(&mut self, now: Instant, bytes: &[u8], mut send: impl FnMut(&[u8])) -> Vec<Progress> {
        let Some((_, _, hello)) = &mut self.awaited else { return self.read(now, bytes, &mut send) };
        self.held.push(bytes.to_vec());
        let gcm = match hello.take(bytes) {
            Verdict::Incomplete if self.held.len() < MAX_HELD => return Vec::new(),
            verdict => verdict == Verdict::Whole { gcm: true },
        };
        if let Err(error) = self.begin(gcm) {
            tracing::warn!(%error, "the handshake cannot be set up");
            return vec![Progress::Closed];
        }
        let held = std::mem::take(&mut self.held);
        held.iter().flat_map(|bytes| self.read(now, bytes, &mut send)).collect()
    }

    fn read(&mut self, now: Instant, bytes: &[u8], send: &mut impl FnMut(&[u8])) -> Vec<Progress> {
        let mut progress = Vec::new();
        let complete = self.complete;
        if complete {
            self.repeat_last(now, bytes, send);
        }
        match self.endpoint.read(now, PEER, None, BytesMut::from(bytes)) {
            Ok(events) => {
                for event in events {
                    match event {
                        EndpointEvent::HandshakeComplete => match self.keys() {
                            Some(keys) => {
                                self.complete = true;
                                progress.push(Progress::Keys(keys));
                            }
                            None => progress.push(Progress::Closed),
                        },
                        EndpointEvent::ApplicationData(data) => progress.push(Progress::Data(data)),
                        EndpointEvent::PeerClosed => progress.push(Progress::Closed),
                        _ => {}
                    }
                }
            }
            // Garbage on an established association is the network's; during the handshake it is a refusal.
            Err(error) if !self.complete => {
                tracing::debug!(%error, "the handshake was refused");
                progress.push(Progress::Closed);
            }
            Err(error) => tracing::trace!(%error, "a record was dropped"),
        }
        self.flush(Some(now).filter(|_| !complete), send);
        progress
    }

    /// A client that still repeats its handshake did not get our last flight.
    fn repeat_last(&mut self, now: Instant, bytes: &[u8], send: &mut impl FnMut(&[u8])) {
        const CHANGE_CIPHER_SPEC: u8 = 20;
        const HANDSHAKE: u8 = 22;
        let repeats = bytes.first().is_some_and(|kind| matches!(*kind, CHANGE_CIPHER_SPEC | HANDSHAKE));
        if repeats && self.repeat.is_none_or(|(at, _)| at <= now) {
            for record in &self.flight {
                send(record);
            }
            self.repeat = Some((now + FIRST_REPEAT, FIRST_REPEAT));
        }
    }

    /// Sends application data.
    pub fn write(&mut self, now: Instant, data: &[u8], mut send: impl FnMut(&[u8])) {
        if self.complete && self.endpoint.write(now, PEER, data).is_ok() {
            self.flush(None, &mut send);
        }
    }

    /// When [`Dtls::timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        // A handshake that is complete waits for nothing more: its last flight is sent again when the client asks.
        if self.complete {
            return None;
        }
        [self.repeat.map(|(at, _)| at), self.endpoint.poll_timeout(&PEER)].into_iter().flatten().min()
    }

    /// Repeats what may have been lost.
    pub fn timeout(&mut self, now: Instant, mut send: impl FnMut(&[u8])) {
        if self.endpoint.poll_timeout(&PEER).is_some_and(|at| at <= now) {
            if let Err(error) = self.endpoint.handle_timeout(PEER, now) {
                tracing::debug!(%error, "the handshake timer failed");
            }
            self.flush(None, &mut send);
        }
        let Some((at, wait)) = self.repeat.filter(|_| !self.complete) else { return };
        if at <= now {
            for record in &self.flight {
                send(record);
            }
            let next = (wait * 2).min(LAST_REPEAT);
            self.repeat = Some((now + next, next));
        }
    }

    /// Tells the client that this is the end.
    pub fn close(&mut self, now: Instant, mut send: impl FnMut(&[u8])) {
        self.endpoint.stop(now, PEER);
        self.flush(None, &mut send);
    }

    /// `flight`: whether what goes out is a new flight of the handshake, and since when.
    fn flush(&mut self, flight: Option<Instant>, send: &mut impl FnMut(&[u8])) {
        let mut fresh = true;
        while let Some(transmit) = self.endpoint.poll_transmit() {
            send(&transmit.message);
            let Some(now) = flight else { continue };
            if std::mem::take(&mut fresh) {
                self.flight.clear();
                self.repeat = Some((now + FIRST_REPEAT, FIRST_REPEAT));
            }
            if self.flight.len() < MAX_FLIGHT {
                self.flight.push(transmit.message.to_vec());
            }
        }
    }

    fn keys(&self) -> Option<Keys> {
        let state = self.endpoint.get_connection_state(PEER)?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            _ => return None,
        };
        let length = 2 * (profile.key_len() + profile.salt_len());
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], length).ok()?;
        Some(Keys { profile, material: material.into_bytes() })
    }
}
