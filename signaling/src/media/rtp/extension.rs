//! The header extensions we know, and the ids that they have on one connection (RFC 8285).

/// Header extensions that are read or rewritten. The number is an index into a per-connection table of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// `a=mid` of the section.
    Mid,
    /// Layer of a simulcast section.
    Rid,
    /// Layer that a retransmission stream repairs.
    RepairedRid,
    /// Transport-wide sequence number.
    TransportCc,
    /// Sender's clock, 6.18 fixed point seconds.
    AbsSendTime,
    /// Loudness of the sound in the packet.
    AudioLevel,
    /// How the camera is held.
    Orientation,
    /// What a frame is and on which others it depends.
    DependencyDescriptor,
}

impl Extension {
    /// Whether it may have this id. Above 14 there is only the two-byte form, in which nothing but the descriptor is ever
    /// sent, and 15 is no id where both forms are in use (RFC 8285 section 4.2).
    pub fn takes(self, id: u8) -> bool {
        match self {
            Self::DependencyDescriptor => !matches!(id, 0 | 15),
            _ => (1..=14).contains(&id),
        }
    }
}

/// All of them, in the order of their index.
pub const EXTENSIONS: [(Extension, &str); 8] = [
    (Extension::Mid, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (Extension::Rid, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (Extension::RepairedRid, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
    (Extension::TransportCc, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
    (Extension::AbsSendTime, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    (Extension::AudioLevel, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
    (Extension::Orientation, "urn:3gpp:video-orientation"),
    (
        Extension::DependencyDescriptor,
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    ),
];

/// Which id each extension has on one connection; zero when it was not agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds([u8; EXTENSIONS.len()]);

impl ExtensionIds {
    /// The id of an extension; zero when it was not agreed.
    pub fn get(self, extension: Extension) -> u8 {
        self.0[extension as usize]
    }

    /// Agrees on an id. One that the extension cannot have is not taken.
    pub fn set(&mut self, extension: Extension, id: u8) {
        if extension.takes(id) {
            self.0[extension as usize] = id;
        }
    }

    /// What travels under an id.
    pub fn find(self, id: u8) -> Option<Extension> {
        EXTENSIONS.iter().map(|(extension, _)| *extension).find(|extension| self.get(*extension) == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_above_fourteen_are_for_the_descriptor_alone() {
        let mut ids = ExtensionIds::default();
        for id in [0, 15, 16, 255] {
            ids.set(Extension::Mid, id);
            ids.set(Extension::DependencyDescriptor, id);
        }
        assert_eq!((ids.get(Extension::Mid), ids.get(Extension::DependencyDescriptor)), (0, 255));
        ids.set(Extension::DependencyDescriptor, 15);
        assert_eq!(ids.get(Extension::DependencyDescriptor), 255);
    }
}
