//! SRTP. With AES-128-GCM packets are sealed and opened in place, and RTCP is opened so, by code of our own; peers that
//! only speak AES-CM-HMAC-SHA1, and RTCP that leaves, go through the protocol crate.
//!
//! State for a source exists only after one of its packets has proven authentic, and an RTP index leaves under one key
//! at most once: a packet is sealed only by [`Seal::rtp`], whose index the caller never repeats.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bytes::BytesMut;
use rtc_shared::error::Error;
use rtc_srtp::config::{Config, SessionKeys};
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::crypto::{BlockCipherAlgorithm, RTCCrypto};

use super::dtls::Keys;
use super::replay::Window;

/// Bytes of tag behind a sealed packet, at most.
pub const MAX_TAG: usize = 16;
/// Bytes of an RTCP packet that stay readable: its header and the source.
const RTCP_HEADER: usize = 8;
/// Bytes of the index behind an RTCP packet; its first bit says that the packet is encrypted.
const RTCP_INDEX: usize = 4;
const RTCP_ENCRYPTED: u32 = 1 << 31;

/// Protects what leaves.
pub struct Seal {
    rtp: Cipher,
    rtcp: Context,
}

/// Opens what arrives.
pub struct Open {
    rtp: Cipher,
    rtcp: Cipher,
    sources: HashMap<u32, Window>,
    /// Sources of RTCP, oldest first.
    reporters: Vec<(u32, Window)>,
    /// Sources of RTCP that were tried in vain. The protocol crate keeps something for each of them.
    strangers: usize,
    /// Sources that are not used any more, oldest first.
    retired: VecDeque<u32>,
    max_sources: usize,
}

enum Cipher {
    Gcm(Box<Gcm>),
    Crate(Box<Context>),
}

struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

/// Both directions of one connection, from the keys of the handshake. We are the DTLS server.
pub fn contexts(keys: &Keys, crypto: &dyn RTCCrypto, max_sources: usize) -> Result<(Seal, Open), Error> {
    let mut config = Config { profile: keys.profile, ..Config::default() };
    config.set_session_keys_from_keying_material(&keys.material, false)?;
    contexts_from(&config.keys, keys.profile, crypto, max_sources)
}

/// Both directions from explicit keys.
pub fn contexts_from(
    keys: &SessionKeys,
    profile: ProtectionProfile,
    crypto: &dyn RTCCrypto,
    max_sources: usize,
) -> Result<(Seal, Open), Error> {
    let seal = Seal {
        rtp: Cipher::new(&keys.local_master_key, &keys.local_master_salt, profile, Label::RTP, crypto)?,
        rtcp: Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto)?,
    };
    let opening =
        |label| Cipher::new(&keys.remote_master_key, &keys.remote_master_salt, profile, label, crypto);
    let open = Open {
        rtp: opening(Label::RTP)?,
        rtcp: opening(Label::RTCP)?,
        sources: HashMap::new(),
        reporters: Vec::new(),
        strangers: 0,
        retired: VecDeque::new(),
        max_sources,
    };
    Ok((seal, open))
}

/// Labels of RFC 3711 section 4.3.1: of the key, and of the salt.
#[derive(Clone, Copy)]
struct Label(u8, u8);

impl Label {
    const RTP: Self = Self(0, 2);
    const RTCP: Self = Self(3, 5);
}

impl Cipher {
    fn new(
        key: &[u8],
        salt: &[u8],
        profile: ProtectionProfile,
        label: Label,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, Error> {
        if !matches!(profile, ProtectionProfile::AeadAes128Gcm) {
            return Ok(Self::Crate(Box::new(Context::new(key, salt, profile, None, None, crypto)?)));
        }
        let session_key = derive(crypto, label.0, key, salt)?;
        let session_salt = derive(crypto, label.1, key, salt)?;
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&session_salt[..12]);
        let key =
            UnboundKey::new(&AES_128_GCM, &session_key).map_err(|_| Error::Crypto("bad key".to_owned()))?;
        Ok(Self::Gcm(Box::new(Gcm { key: LessSafeKey::new(key), salt: nonce })))
    }
}

/// One block of the key derivation of RFC 3711 section 4.3.3 with a rate of zero: enough for a 128-bit key or a salt.
fn derive(crypto: &dyn RTCCrypto, label: u8, key: &[u8], salt: &[u8]) -> Result<[u8; 16], Error> {
    let mut block = [0; 16];
    block[..salt.len().min(14)].copy_from_slice(&salt[..salt.len().min(14)]);
    block[7] ^= label;
    crypto
        .block_encrypt(BlockCipherAlgorithm::Aes128, key, &mut block)
        .map_err(|error| Error::Crypto(error.to_string()))?;
    Ok(block)
}

/// What a protocol crate makes of a packet; nothing when it refuses or falls over.
fn contained<T>(run: impl FnOnce() -> Result<T, Error>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()?.ok()
}

impl Gcm {
    /// RFC 7714 section 8.1: 00 00, SSRC, rollover counter, sequence number, all xor the salt. For RTCP (section 9.1) the
    /// index takes the place of the last two.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = self.salt;
        let index = index.to_be_bytes();
        for (byte, with) in nonce[2..].iter_mut().zip(ssrc.to_be_bytes().iter().chain(&index[2..])) {
            *byte ^= with;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// RFC 7714 section 9.2: header and index are authenticated, what lies between them and the tag is encrypted. Packets
    /// that are not (section 9.3) are refused: nobody sends them.
    fn open_rtcp(&self, packet: &mut [u8], source: u32, word: u32) -> Option<usize> {
        if word & RTCP_ENCRYPTED == 0 {
            return None;
        }
        let end = packet.len().checked_sub(RTCP_INDEX)?;
        let (header, body) = packet.get_mut(..end)?.split_at_mut_checked(RTCP_HEADER)?;
        let mut aad = [0; RTCP_HEADER + RTCP_INDEX];
        aad[..RTCP_HEADER].copy_from_slice(header);
        aad[RTCP_HEADER..].copy_from_slice(&word.to_be_bytes());
        let nonce = self.nonce(source, u64::from(word & !RTCP_ENCRYPTED));
        let plain = self.key.open_in_place(nonce, Aad::from(aad), body).ok()?;
        Some(RTCP_HEADER + plain.len())
    }
}

impl Seal {
    /// Seals the packet that starts at `start` of `out` and ends with it; the tag is appended. `index` is the rollover
    /// counter and the sequence number, `header` the length of the RTP header.
    pub fn rtp(&mut self, out: &mut Vec<u8>, start: usize, header: usize, ssrc: u32, index: u64) -> bool {
        match &mut self.rtp {
            Cipher::Gcm(gcm) => {
                let Some(packet) = out.get_mut(start..) else { return false };
                let Some((aad, payload)) = packet.split_at_mut_checked(header) else { return false };
                let nonce = gcm.nonce(ssrc, index);
                match gcm.key.seal_in_place_separate_tag(nonce, Aad::from(&*aad), payload) {
                    Ok(tag) => {
                        out.extend_from_slice(tag.as_ref());
                        true
                    }
                    Err(_) => false,
                }
            }
            Cipher::Crate(context) => match contained(|| context.encrypt_rtp(&out[start..])) {
                Some(sealed) => {
                    out.truncate(start);
                    out.extend_from_slice(&sealed);
                    true
                }
                None => false,
            },
        }
    }

    /// Seals a compound RTCP packet.
    pub fn rtcp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.rtcp.encrypt_rtcp(packet).ok()
    }
}

/// Why a packet was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// Seen before, or too old to tell.
    Replayed,
    /// Not from whom it says, or damaged.
    Forged,
    /// One source too many.
    TooMany,
}

impl Open {
    /// Opens an RTP packet in place. `header` is the length of its header. Returns the length of the plaintext packet.
    pub fn rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        ssrc: u32,
        sequence: u16,
    ) -> Result<usize, Rejected> {
        let known = self.sources.get(&ssrc);
        let full = known.is_none() && self.sources.len() >= self.max_sources;
        if full && self.retired.is_empty() {
            return Err(Rejected::TooMany);
        }
        let index = known.map_or(u64::from(sequence), |window| window.extend(sequence));
        if known.is_some_and(|window| window.seen(index)) {
            return Err(Rejected::Replayed);
        }
        let length = match &mut self.rtp {
            Cipher::Gcm(gcm) => {
                let Some((aad, payload)) = packet.split_at_mut_checked(header) else {
                    return Err(Rejected::Forged);
                };
                let nonce = gcm.nonce(ssrc, index);
                let plain =
                    gcm.key.open_in_place(nonce, Aad::from(&*aad), payload).map_err(|_| Rejected::Forged)?;
                header + plain.len()
            }
            Cipher::Crate(context) => {
                let plain = contained(|| context.decrypt_rtp(packet)).ok_or(Rejected::Forged)?;
                packet.get_mut(..plain.len()).ok_or(Rejected::Forged)?.copy_from_slice(&plain);
                plain.len()
            }
        };
        if full && let Some(oldest) = self.retired.pop_front() {
            self.sources.remove(&oldest);
        }
        self.sources.entry(ssrc).or_default().record(index);
        Ok(length)
    }

    /// A source is not used any more. It is remembered, so that nothing of it can be replayed, until a new one needs its
    /// place: in a long session a screen is shared many times, each time from sources of its own.
    pub fn retire(&mut self, ssrc: u32) {
        if self.sources.contains_key(&ssrc) {
            self.retired.push_back(ssrc);
        }
    }

    /// A source that was given up is used again.
    pub fn employ(&mut self, ssrc: u32) {
        self.retired.retain(|retired| *retired != ssrc);
    }

    /// Opens a compound RTCP packet in place. Returns its length without index and tag.
    pub fn rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let [_, _, _, _, source @ ..] = &*packet else { return None };
        let source = u32::from_be_bytes(*source.first_chunk()?);
        let word = u32::from_be_bytes(*packet.last_chunk()?);
        let index = u64::from(word & !RTCP_ENCRYPTED);
        let known = self.reporters.iter().position(|(known, _)| *known == source);
        let refused = match known {
            Some(place) => self.reporters[place].1.seen(index),
            None => self.strangers >= self.max_sources,
        };
        if refused {
            return None;
        }
        let opened = match &mut self.rtcp {
            Cipher::Gcm(gcm) => gcm.open_rtcp(packet, source, word),
            Cipher::Crate(context) => contained(|| context.decrypt_rtcp(packet)).and_then(|plain| {
                packet.get_mut(..plain.len())?.copy_from_slice(&plain);
                Some(plain.len())
            }),
        };
        let Some(length) = opened else {
            let kept = known.is_none() && matches!(self.rtcp, Cipher::Crate(_));
            self.strangers += usize::from(kept);
            return None;
        };
        let place = known.unwrap_or_else(|| {
            // A source that is not heard of for so long that so many others were: its old packets could be replayed, to no
            // effect but a key frame.
            if self.reporters.len() >= self.max_sources {
                self.reporters.remove(0);
            }
            self.reporters.push((source, Window::default()));
            self.reporters.len() - 1
        });
        self.reporters[place].1.record(index);
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::dtls::Identity;

    const RECEIVER_REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 7];

    /// The way out of one end and the way in of the other.
    fn ends(profile: ProtectionProfile, sources: usize) -> (Seal, Open) {
        let salt = if matches!(profile, ProtectionProfile::AeadAes128Gcm) { 12 } else { 14 };
        let keys = |local: u8, remote: u8| SessionKeys {
            local_master_key: vec![local; 16],
            local_master_salt: vec![local; salt],
            remote_master_key: vec![remote; 16],
            remote_master_salt: vec![remote; salt],
        };
        let identity = Identity::generate().unwrap();
        let crypto = identity.crypto.crypto();
        let (seal, _) = contexts_from(&keys(1, 2), profile, crypto, sources).unwrap();
        let (_, open) = contexts_from(&keys(2, 1), profile, crypto, sources).unwrap();
        (seal, open)
    }

    const PROFILES: [ProtectionProfile; 2] =
        [ProtectionProfile::AeadAes128Gcm, ProtectionProfile::Aes128CmHmacSha1_80];

    #[test]
    fn a_report_is_opened_once() {
        for profile in PROFILES {
            let (mut seal, mut open) = ends(profile, 8);
            let sealed = seal.rtcp(&RECEIVER_REPORT).unwrap();
            let mut packet = sealed.to_vec();
            assert_eq!(open.rtcp(&mut packet), Some(RECEIVER_REPORT.len()), "{profile:?}");
            assert_eq!(packet[..8], RECEIVER_REPORT);
            assert_eq!(open.rtcp(&mut sealed.to_vec()), None, "it was seen before");
            let mut next = seal.rtcp(&RECEIVER_REPORT).unwrap();
            assert_eq!(open.rtcp(&mut next), Some(RECEIVER_REPORT.len()));
        }
    }

    #[test]
    fn a_report_that_was_changed_cut_or_sent_in_the_open_is_refused() {
        for profile in PROFILES {
            let (mut seal, mut open) = ends(profile, 1000);
            let sealed = seal.rtcp(&RECEIVER_REPORT).unwrap();
            for place in 0..sealed.len() {
                let mut packet = sealed.to_vec();
                packet[place] ^= 1;
                assert_eq!(open.rtcp(&mut packet), None, "byte {place} of {profile:?}");
                assert_eq!(open.rtcp(&mut sealed[..place].to_vec()), None, "{place} bytes of {profile:?}");
            }
            let mut plain = sealed.to_vec();
            let flag = plain.len() - 4;
            if matches!(profile, ProtectionProfile::AeadAes128Gcm) {
                plain[flag] &= 0x7F;
                assert_eq!(open.rtcp(&mut plain), None);
            }
            assert_eq!(open.rtcp(&mut sealed.to_vec()), Some(RECEIVER_REPORT.len()), "what is true still is");
        }
    }

    #[test]
    fn strangers_leave_no_trace_that_grows_and_keep_nobody_out_who_is_known() {
        for profile in PROFILES {
            let (mut seal, mut open) = ends(profile, 8);
            assert!(open.rtcp(&mut seal.rtcp(&RECEIVER_REPORT).unwrap()).is_some());
            for source in 100..200 {
                let mut forged = seal.rtcp(&RECEIVER_REPORT).unwrap().to_vec();
                forged[7] = source;
                assert_eq!(open.rtcp(&mut forged), None);
            }
            assert!(open.reporters.len() + open.strangers <= 9, "{profile:?}");
            assert!(open.rtcp(&mut seal.rtcp(&RECEIVER_REPORT).unwrap()).is_some(), "{profile:?}");
        }
    }

    #[test]
    fn one_more_source_than_there_is_room_for_takes_the_place_of_the_oldest() {
        let (mut seal, mut open) = ends(ProtectionProfile::AeadAes128Gcm, 2);
        for source in 1..=5 {
            let mut report = RECEIVER_REPORT;
            report[7] = source;
            assert!(open.rtcp(&mut seal.rtcp(&report).unwrap()).is_some());
        }
        assert_eq!(open.reporters.len(), 2);
    }
}
