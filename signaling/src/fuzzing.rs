//! The ways in for the fuzz targets: one function for each parser that the network reaches. Not part of any build but
//! theirs and the tests'.

pub use crate::media::fuzzing::{channels, check, description, feedback, packets, records};
pub use crate::net::fuzzing::stream;
pub use crate::room::fuzzing::requests;
pub use crate::wire::fuzzing::{join, service};

/// What a target does with one input. Whatever stands in it, this returns.
pub type Target = fn(&[u8]);

/// The targets by the names that they have in `fuzz/`.
pub const TARGETS: [(&str, Target); 11] = [
    ("channels", channels),
    ("dtls", records),
    ("join", join),
    ("rtcp", feedback),
    ("rtp", packets),
    ("sdp", description),
    ("service", service),
    ("signal", requests),
    ("stream", stream),
    ("stun", check),
    ("turn", crate::turn::fuzzing::stream),
];

/// An input that stands for several messages: each behind a byte that says what is done with it and two for its length.
pub(crate) fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let ([kind, high, low], rest) = bytes.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (piece, rest) = rest.split_at(length);
        bytes = rest;
        Some((*kind, piece))
    })
}

/// One instant for all that a target does; from there on the clock is turned by hand.
#[expect(clippy::disallowed_methods, reason = "instants cannot be made in any other way")]
pub(crate) fn start() -> std::time::Instant {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    *START.get_or_init(std::time::Instant::now)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// What the long runs kept of a target: every input that once went where none had gone before, or fell over.
    fn kept(name: &str) -> Vec<Vec<u8>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{name}.tar.gz"));
        let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
        let mut inputs = Vec::new();
        for entry in archive.entries().expect("an archive") {
            let mut input = Vec::new();
            entry.expect("an entry").read_to_end(&mut input).expect("readable");
            inputs.push(input);
        }
        inputs
    }

    #[test]
    fn every_input_that_the_long_runs_kept_is_borne() {
        for (name, target) in TARGETS {
            let inputs = kept(name);
            assert!(!inputs.is_empty(), "nothing is kept of {name}");
            for input in &inputs {
                target(input);
            }
        }
    }

    #[test]
    fn an_input_comes_apart_into_its_pieces_whatever_it_says_of_their_length() {
        let bytes = [7, 0, 2, 1, 2, 8, 0, 0, 9, 0xFF, 0xFF, 3, 4];
        let expected: [(u8, &[u8]); 3] = [(7, &[1, 2]), (8, &[]), (9, &[3, 4])];
        assert_eq!(pieces(&bytes).collect::<Vec<_>>(), expected);
    }

    proptest! {
        #[test]
        fn nothing_falls_over_made_up_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for (_, target) in TARGETS {
                target(&bytes);
            }
        }

        #[test]
        fn nothing_falls_over_made_up_feedback(body in prop::collection::vec(any::<u8>(), 4..200), kind in 200_u8..208, who in 0_u8..4) {
            let mut packet = vec![0x80 | body[0] & 0x1F, kind, 0, 0];
            packet.extend_from_slice(&body);
            packet.resize(packet.len().next_multiple_of(4), 0);
            let words = u16::try_from(packet.len() / 4 - 1).expect("short");
            packet[2..4].copy_from_slice(&words.to_be_bytes());
            let length = u16::try_from(packet.len()).expect("short").to_be_bytes();
            feedback(&[&[who, length[0], length[1]], packet.as_slice()].concat());
        }
    }
}
