//! Handshakes: of nobody, and of a true client on whose way somebody changes what it sends.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::endpoint::Endpoint;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;

use super::identity;
use crate::fuzzing::{pieces, start};
use crate::media::dtls::{Dtls, Identity};

const SERVER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9));
/// Datagrams of the client after which it is given up: a whole handshake has six flights.
const MAX_DATAGRAMS: u8 = 24;

/// Even first byte: datagrams of a handshake that never was. Odd: a true client's, changed on their way.
pub fn records(bytes: &[u8]) {
    let (Some(identity), Some((first, rest))) = (identity(), bytes.split_first()) else { return };
    if first & 1 == 0 {
        let mut dtls = Dtls::new(identity, "00".to_owned());
        let mut now = start();
        for (pause, datagram) in pieces(rest) {
            now += Duration::from_millis(u64::from(pause) * 8);
            dtls.datagram(now, datagram, |_| {});
            dtls.timeout(now, |_| {});
        }
    } else {
        // Where the client gives up there is nothing more to change.
        let _ = changed(&identity, rest);
    }
}

/// Each piece is a change: to which of the client's datagrams, then at which byte, then what stands there instead. An
/// empty one cuts the datagram off, or loses it.
fn changed(identity: &Arc<Identity>, bytes: &[u8]) -> Option<()> {
    let config = client(identity)?;
    let mut server = Dtls::new(Arc::clone(identity), identity.fingerprint.clone());
    let mut endpoint = Endpoint::new(SERVER, TransportProtocol::UDP, None);
    let mut now = start();
    endpoint.connect(now, SERVER, config, None).ok()?;
    let mut number = 0;
    while number < MAX_DATAGRAMS {
        let mut answers = Vec::new();
        let mut silent = true;
        while let Some(transmit) = endpoint.poll_transmit() {
            silent = false;
            let mut datagram = transmit.message.to_vec();
            for (_, change) in pieces(bytes).filter(|(which, _)| *which == number) {
                let Some(([high, low], with)) = change.split_first_chunk() else {
                    datagram.clear();
                    continue;
                };
                let at = usize::from(u16::from_be_bytes([*high, *low])).min(datagram.len());
                if with.is_empty() {
                    datagram.truncate(at);
                } else {
                    let end = (at + with.len()).min(datagram.len());
                    datagram.splice(at..end, with.iter().copied());
                }
            }
            number += 1;
            server.datagram(now, &datagram, |answer| answers.push(answer.to_vec()));
        }
        if silent {
            // Both sides wait: what was lost is sent again.
            now += Duration::from_millis(1200);
            number += 1;
            server.timeout(now, |answer| answers.push(answer.to_vec()));
        }
        for answer in answers {
            // The client may well refuse what came of the changes.
            endpoint.read(now, SERVER, None, BytesMut::from(answer.as_slice())).ok()?;
        }
    }
    Some(())
}

/// A client with the server's own certificate: whose it is makes no difference to a parser.
fn client(identity: &Identity) -> Option<Arc<HandshakeConfig>> {
    let config = ConfigBuilder::default()
        .with_crypto_provider(Arc::clone(&identity.crypto))
        .with_certificates(vec![identity.certificate.clone()])
        .with_srtp_protection_profiles(vec![
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
        ])
        .with_insecure_skip_verify(true)
        .with_extended_master_secret(ExtendedMasterSecretType::Require)
        .build(true, None)
        .ok()?;
    Some(Arc::new(config))
}
