//! SRTP. Packets are sealed and opened in place with AES-128-GCM by code of our own; peers that only speak
//! AES-CM-HMAC-SHA1, and all RTCP, go through the protocol crate.
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
use rtc_srtp::option::srtcp_replay_protection;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::crypto::{BlockCipherAlgorithm, RTCCrypto};

use super::dtls::Keys;
use super::replay::Window;

/// Bytes of tag behind a sealed packet, at most.
pub const MAX_TAG: usize = 16;
/// Window of RTCP indexes within which a late packet is still taken.
const RTCP_WINDOW: usize = 128;

/// Protects what leaves.
pub struct Seal {
    rtp: Cipher,
    rtcp: Context,
}

/// Opens what arrives.
pub struct Open {
    rtp: Cipher,
    rtcp: Context,
    sources: HashMap<u32, Window>,
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
        rtp: Cipher::new(&keys.local_master_key, &keys.local_master_salt, profile, crypto)?,
        rtcp: Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto)?,
    };
    let replay = srtcp_replay_protection(RTCP_WINDOW);
    let open = Open {
        rtp: Cipher::new(&keys.remote_master_key, &keys.remote_master_salt, profile, crypto)?,
        rtcp: Context::new(
            &keys.remote_master_key,
            &keys.remote_master_salt,
            profile,
            None,
            Some(replay),
            crypto,
        )?,
        sources: HashMap::new(),
        retired: VecDeque::new(),
        max_sources,
    };
    Ok((seal, open))
}

impl Cipher {
    fn new(
        key: &[u8],
        salt: &[u8],
        profile: ProtectionProfile,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, Error> {
        if !matches!(profile, ProtectionProfile::AeadAes128Gcm) {
            return Ok(Self::Crate(Box::new(Context::new(key, salt, profile, None, None, crypto)?)));
        }
        let session_key = derive(crypto, 0, key, salt)?;
        let session_salt = derive(crypto, 2, key, salt)?;
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
    /// RFC 7714 section 8.1: 00 00, SSRC, rollover counter, sequence number, all xor the salt.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = self.salt;
        let index = index.to_be_bytes();
        for (byte, with) in nonce[2..].iter_mut().zip(ssrc.to_be_bytes().iter().chain(&index[2..])) {
            *byte ^= with;
        }
        Nonce::assume_unique_for_key(nonce)
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

    /// Opens a compound RTCP packet.
    pub fn rtcp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.rtcp.decrypt_rtcp(packet).ok()
    }
}
