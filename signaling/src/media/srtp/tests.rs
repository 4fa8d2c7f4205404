use rtc_srtp::context::Context;

use super::*;
use crate::media::dtls::Identity;

const RECEIVER_REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 7];

const PROFILES: [ProtectionProfile; 2] =
    [ProtectionProfile::AeadAes128Gcm, ProtectionProfile::Aes128CmHmacSha1_80];

/// The keys of one end, or those of the other.
fn keys(profile: ProtectionProfile, local: u8, remote: u8) -> SessionKeys {
    let salt = if matches!(profile, ProtectionProfile::AeadAes128Gcm) { 12 } else { 14 };
    SessionKeys {
        local_master_key: vec![local; 16],
        local_master_salt: vec![local; salt],
        remote_master_key: vec![remote; 16],
        remote_master_salt: vec![remote; salt],
    }
}

/// The way out of one end and the way in of the other.
fn ends(profile: ProtectionProfile, sources: usize) -> (Seal, Open) {
    let identity = Identity::generate().unwrap();
    let crypto = identity.crypto.crypto();
    let (seal, _) = contexts_from(&keys(profile, 1, 2), profile, crypto, sources).unwrap();
    let (_, open) = contexts_from(&keys(profile, 2, 1), profile, crypto, sources).unwrap();
    (seal, open)
}

/// The protocol crate with the keys that packets leave under.
fn crate_context(profile: ProtectionProfile) -> Context {
    let keys = keys(profile, 1, 2);
    let identity = Identity::generate().unwrap();
    let crypto = identity.crypto.crypto();
    Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto).unwrap()
}

fn packet(sequence: u16, payload: usize) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    let mut packet = vec![0x80, 96, high, low, 0, 0, 0, 1, 0, 0, 0, 9];
    packet.resize(12 + payload, 0x5A);
    packet
}

#[test]
fn the_protocol_crate_reads_what_is_sealed_and_seals_what_is_read() {
    for profile in PROFILES {
        let (mut seal, mut open) = ends(profile, 8);
        let mut theirs = crate_context(profile);
        // Past a rollover of the sequence number.
        for index in (65_000..66_000_u64).step_by(7) {
            let sequence = u16::try_from(index & 0xFFFF).unwrap();
            let plain = packet(sequence, usize::try_from(index % 300).unwrap());
            let payload = plain.len() - 12;
            // Wherever the part ends that stands there already.
            for front in [0, payload / 3, payload.min(16), payload] {
                let mut sealed = plain[..12 + front].to_vec();
                sealed.resize(plain.len() + MAX_TAG, 7);
                let parts = Plain { header: 12, front, payload: &plain[12 + front..] };
                let length = seal.rtp(&mut sealed, parts, 9, index).unwrap();
                assert_eq!(theirs.decrypt_rtp(&sealed[..length]).unwrap(), plain, "{profile:?} {front}");
                assert_eq!(seal.rtp(&mut sealed[..length - 1], parts, 9, index), None, "no room for the tag");
            }
            let mut sealed = theirs.encrypt_rtp(&plain).unwrap().to_vec();
            let length = open.rtp(&mut sealed, 12, 9, sequence).unwrap();
            assert_eq!(sealed[..length], plain, "{profile:?}");
        }
        for words in 0_u8..40 {
            let mut plain = vec![0x80, 204, 0, words + 1, 0, 0, 0, 7];
            plain.resize(8 + 4 * usize::from(words), words);
            assert_eq!(theirs.decrypt_rtcp(&seal.rtcp(&plain).unwrap()).unwrap(), plain, "{profile:?}");
            let mut sealed = theirs.encrypt_rtcp(&plain).unwrap().to_vec();
            assert_eq!(open.rtcp(&mut sealed), Some(plain.len()), "{profile:?}");
            assert_eq!(sealed[..plain.len()], plain, "{profile:?}");
        }
    }
}

#[test]
fn many_reports_are_all_opened_also_out_of_order_and_none_twice() {
    for profile in PROFILES {
        let (mut seal, mut open) = ends(profile, 8);
        let mut sealed: Vec<_> = (0..200).map(|_| seal.rtcp(&RECEIVER_REPORT).unwrap()).collect();
        for pair in sealed.chunks_exact_mut(2) {
            pair.swap(0, 1);
        }
        for report in &sealed {
            assert_eq!(open.rtcp(&mut report.clone()), Some(RECEIVER_REPORT.len()), "{profile:?}");
            assert_eq!(open.rtcp(&mut report.clone()), None, "{profile:?}: it was seen before");
        }
    }
}

#[test]
fn a_report_that_was_changed_cut_or_sent_in_the_open_is_refused() {
    for profile in PROFILES {
        let (mut seal, mut open) = ends(profile, 1000);
        let sealed = seal.rtcp(&RECEIVER_REPORT).unwrap();
        for place in 0..sealed.len() {
            let mut packet = sealed.clone();
            packet[place] ^= 1;
            assert_eq!(open.rtcp(&mut packet), None, "byte {place} of {profile:?}");
            assert_eq!(open.rtcp(&mut sealed[..place].to_vec()), None, "{place} bytes of {profile:?}");
        }
        // The word with the index is the last, or stands in front of a tag of ten bytes.
        let from_end = if matches!(profile, ProtectionProfile::AeadAes128Gcm) { 4 } else { 14 };
        let mut plain = RECEIVER_REPORT.to_vec();
        plain.extend_from_slice(&sealed[RECEIVER_REPORT.len()..]);
        let flag = plain.len() - from_end;
        plain[flag] &= 0x7F;
        assert_eq!(open.rtcp(&mut plain), None);
        assert_eq!(open.rtcp(&mut sealed.clone()), Some(RECEIVER_REPORT.len()), "what is true still is");
    }
}

#[test]
fn strangers_leave_no_trace_that_grows_and_keep_nobody_out_who_is_known() {
    for profile in PROFILES {
        let (mut seal, mut open) = ends(profile, 8);
        assert!(open.rtcp(&mut seal.rtcp(&RECEIVER_REPORT).unwrap()).is_some());
        for source in 100_u8..200 {
            let mut forged = seal.rtcp(&RECEIVER_REPORT).unwrap();
            forged[7] = source;
            assert_eq!(open.rtcp(&mut forged), None);
        }
        assert_eq!(open.reporters.len(), 1, "{profile:?}");
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
