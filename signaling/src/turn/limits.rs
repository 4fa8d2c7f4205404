//! What TURN clients may take, every figure with its reason beside it. Those that depend on how large and how wired a
//! province is are settings of the server; the others follow from the RFCs or from what a browser does.

use std::time::Duration;

/// Ceilings and clocks of TURN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long fresh credentials open the door. They come with every join and resume, so that they need to last from
    /// the answer to the end of gathering, on a slow line; an allocation outlives them.
    pub credential_ttl: Duration,
    /// How long a nonce is good. RFC 8489 section 9.2 wants an hour at most; a client that is told of a new one just
    /// asks again.
    pub nonce_ttl: Duration,
    /// Allocations at once. 2048 are 200 endpoints with two connections on three transports, and ICE restarts; each
    /// takes about a kilobyte.
    pub allocations: usize,
    /// Allocations of one participant. A browser makes one for each of its connections (two), its network interfaces
    /// (three are common) and our transports (three), and twice that while ICE restarts.
    pub allocations_per_user: usize,
    /// Connections over TCP and TLS at once: a few more than allocations, for those that have none yet.
    pub connections: usize,
    /// Connections from one address at once: an office behind one address with thirty devices.
    pub connections_per_address: usize,
    /// Peers that one allocation may have permissions, or channels, for. There are as many as this server has media
    /// addresses.
    pub peers: usize,
    /// Lifetime of an allocation that asks for none, and the least that is granted (RFC 8656 section 7.2).
    pub lifetime: Duration,
    /// Longest lifetime of an allocation without a refresh. The same: a client that vanished is soon forgotten.
    pub lifetime_max: Duration,
    /// Lifetime of a permission (RFC 8656 section 9 fixes it).
    pub permission: Duration,
    /// Lifetime of a channel (RFC 8656 section 12 fixes it).
    pub channel: Duration,
    /// Bytes per second of one allocation, each way, with a burst of one second. 6 MB/s is the top layer of twenty
    /// cameras: more than any weak line carries, less than would hurt the others.
    pub bytes_per_second: u64,
    /// Replies per second to clients that have not shown who they are, to one network over UDP (/24 or /48). Addresses
    /// can be forged there: the shortest request, 20 bytes, gets 60 back, three times as much; with the 28 bytes of IP
    /// and UDP that both have it is 1.8 times on the wire. A whole province behind one address translation comes at once
    /// before a session, though, and each of its 200 endpoints needs such a reply for every allocation; 200 per second
    /// are 18 kB/s at most towards a network that never asked.
    pub strangers_per_second: u32,
    /// Requests in a row without good credentials after which a connection over TCP or TLS is closed, while it holds no
    /// allocation. A good client needs two.
    pub strikes: u8,
    /// A connection without an allocation is closed after so long, TLS handshake included.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            credential_ttl: Duration::from_mins(10),
            nonce_ttl: Duration::from_mins(30),
            allocations: 2048,
            allocations_per_user: 36,
            connections: 2560,
            connections_per_address: 512,
            peers: 16,
            lifetime: Duration::from_mins(10),
            lifetime_max: Duration::from_mins(10),
            permission: Duration::from_mins(5),
            channel: Duration::from_mins(10),
            bytes_per_second: 6_000_000,
            strangers_per_second: 200,
            strikes: 16,
            idle: Duration::from_secs(30),
        }
    }
}
