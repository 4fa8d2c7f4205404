//! What one client may take, and how patient the media plane is. Every figure is a setting with its reason beside it.

use std::time::Duration;

/// Ceilings and clocks of the media plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// PeerConnections of one worker. 4096 is 40 rooms of 50 endpoints with two connections each.
    pub peers: usize,
    /// Media sections of one description. Single path sections are never used twice, so a long session needs room.
    pub sections: usize,
    /// Bytes of one description, as many as a signaling frame may have: a browser describes each picture that it could
    /// receive in 7 kB, so that an offer in a session of 200 endpoints is near 2 MB.
    pub description_bytes: usize,
    /// Synchronisation sources one publisher may use: three layers and their retransmissions per track.
    pub ssrcs: usize,
    /// Silence, nothing authentic at all, after which a peer counts as lost. Browsers check every 2.5 s; a Wi-Fi drop
    /// of 8 s must pass.
    pub consent: Duration,
    /// From the first description to the end of the handshake.
    pub handshake: Duration,
    /// Datagrams kept while the fingerprint of the client is not known yet (its first flight may overtake its answer).
    pub early_datagrams: usize,
    /// Least time between two key-frame requests to one layer: a key frame costs ten times a normal one.
    pub keyframe_interval: Duration,
    /// A layer without packets for this long is not alive.
    pub layer_alive: Duration,
    /// Times one missing packet is asked for.
    pub nack_retries: u8,
    /// Packets asked for in one report.
    pub nack_batch: usize,
    /// Bytes of plaintext kept per layer for pictures that wait and for retransmission, at most: 2.5 s at 3.3 Mbit/s.
    pub history_bytes: usize,
    /// How long a packet that is to be passed on waits for what comes with it: the rest of its picture, and what others send.
    /// All of it leaves in one run for each subscriber. Zero: every packet at once.
    pub gather: Duration,
    /// Bytes of one track's sound in a second; what is more is not passed on. Opus has at most 510 kbit/s, RED doubles that.
    pub sound_bytes: u64,
    /// Bytes waiting in one data channel's send buffer before frames are dropped.
    pub data_buffer_bytes: usize,
    /// Bytes of reliable data frames kept for a client whose channel is not open yet: others greet it as soon as they hear
    /// of it. LiveKit keeps as much.
    pub early_data_bytes: usize,
    /// Longest data frame taken from a client.
    pub data_frame_bytes: usize,
    /// Data channels of one peer.
    pub data_channels: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peers: 4096,
            sections: 1024,
            description_bytes: 4 << 20,
            ssrcs: 128,
            consent: Duration::from_secs(12),
            handshake: Duration::from_secs(30),
            early_datagrams: 4,
            keyframe_interval: Duration::from_millis(500),
            layer_alive: Duration::from_secs(1),
            nack_retries: 8,
            nack_batch: 128,
            history_bytes: 1 << 20,
            // As long as browsers let packets wait for each other (libwebrtc's pacer); a frame of sound lasts 20 ms.
            gather: Duration::from_millis(5),
            sound_bytes: 128_000,
            data_buffer_bytes: 1 << 20,
            early_data_bytes: 100_000,
            data_frame_bytes: 64 * 1024,
            data_channels: 8,
        }
    }
}
