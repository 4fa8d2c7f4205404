//! From our side of a connection to text.

use std::fmt::Write;
use std::net::SocketAddr;

use super::{Direction, Format};
use crate::room::media::MediaKind;

/// Our user name fragment and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name fragment: finds the peer.
    pub ufrag: String,
    /// Password: proves that a check comes from whoever holds the description.
    pub password: String,
}

/// What all sections share.
pub struct Local<'a> {
    /// Identifies the session.
    pub session: u64,
    /// Rises with every description.
    pub version: u64,
    /// Fingerprint of our certificate.
    pub fingerprint: &'a str,
    /// How clients find us.
    pub credentials: &'a Credentials,
    /// Where they find us: UDP, and TCP on the same number.
    pub candidates: &'a [SocketAddr],
    /// `passive` in answers, `actpass` in offers.
    pub setup: &'static str,
    /// Whether header extensions of both forms may come from one source (RFC 8285 section 6).
    pub mixed: bool,
}

/// A media section of ours.
pub struct OutMedia<'a> {
    /// Audio or video.
    pub kind: MediaKind,
    /// As we see it.
    pub direction: Direction,
    /// Payload types.
    pub formats: &'a [Format],
    /// Header extensions: id, URI.
    pub extensions: Vec<(u8, &'a str)>,
    /// Layers we accept.
    pub rids: &'a [String],
    /// What we send: stream id, track id, source, retransmission source.
    pub sends: Option<(&'a str, &'a str, u32, Option<u32>)>,
}

/// A section of ours.
pub enum OutSection<'a> {
    /// Sound or picture.
    Media(&'a str, OutMedia<'a>),
    /// Data channels.
    Data(&'a str),
    /// Refused: the line's media, protocol and formats are given back.
    Refused(&'a str, [&'a str; 3]),
}

/// Longest data frame that clients may send, in bytes.
const MAX_MESSAGE: usize = 65_536;

macro_rules! line {
    ($out:expr, $($part:tt)*) => {{
        // Writing to a string does not fail.
        let _ = write!($out, $($part)*);
        $out.push_str("\r\n");
    }};
}

/// Writes a description.
pub fn write(local: &Local<'_>, sections: &[OutSection<'_>]) -> String {
    let mut out = String::with_capacity(512 + 1024 * sections.len());
    line!(out, "v=0");
    line!(out, "o=- {} {} IN IP4 127.0.0.1", local.session, local.version);
    line!(out, "s=-");
    line!(out, "t=0 0");
    let bundled = sections.iter().filter_map(|section| match section {
        OutSection::Media(mid, _) | OutSection::Data(mid) => Some(*mid),
        OutSection::Refused(..) => None,
    });
    line!(out, "a=group:BUNDLE {}", bundled.collect::<Vec<_>>().join(" "));
    if local.mixed {
        line!(out, "a=extmap-allow-mixed");
    }
    line!(out, "a=ice-lite");
    line!(out, "a=fingerprint:sha-256 {}", local.fingerprint);
    line!(out, "a=msid-semantic: WMS *");
    for section in sections {
        match section {
            OutSection::Media(mid, media) => {
                let name = if media.kind == MediaKind::Audio { "audio" } else { "video" };
                let types: Vec<_> =
                    media.formats.iter().map(|format| format.payload_type.to_string()).collect();
                line!(out, "m={name} 9 UDP/TLS/RTP/SAVPF {}", types.join(" "));
                transport(&mut out, local, mid);
                media_lines(&mut out, media);
            }
            OutSection::Data(mid) => {
                line!(out, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel");
                transport(&mut out, local, mid);
                line!(out, "a=sctp-port:5000");
                line!(out, "a=max-message-size:{MAX_MESSAGE}");
            }
            OutSection::Refused(mid, [media, protocol, formats]) => {
                line!(out, "m={media} 0 {protocol} {formats}");
                line!(out, "c=IN IP4 0.0.0.0");
                line!(out, "a=mid:{mid}");
                line!(out, "a=inactive");
            }
        }
    }
    out
}

fn transport(out: &mut String, local: &Local<'_>, mid: &str) {
    line!(out, "c=IN IP4 0.0.0.0");
    line!(out, "a=mid:{mid}");
    line!(out, "a=setup:{}", local.setup);
    line!(out, "a=ice-ufrag:{}", local.credentials.ufrag);
    line!(out, "a=ice-pwd:{}", local.credentials.password);
    for (index, address) in local.candidates.iter().enumerate() {
        // RFC 8445 section 5.1.2.1: type preference 126, local preference falling with the place in the list.
        let rank = 65_535_u32.saturating_sub(u32::try_from(index).unwrap_or(u32::MAX));
        let (ip, port) = (address.ip(), address.port());
        let (udp, tcp) = ((126 << 24) + (rank << 8) + 255, (90 << 24) + (rank << 8) + 255);
        line!(out, "a=candidate:{index}u 1 udp {udp} {ip} {port} typ host");
        line!(out, "a=candidate:{index}t 1 tcp {tcp} {ip} {port} typ host tcptype passive");
    }
    line!(out, "a=end-of-candidates");
}

fn media_lines(out: &mut String, media: &OutMedia<'_>) {
    line!(out, "a=rtcp-mux");
    line!(out, "a=rtcp-rsize");
    line!(out, "a={}", media.direction.as_str());
    for (id, uri) in &media.extensions {
        line!(out, "a=extmap:{id} {uri}");
    }
    for format in media.formats {
        let payload_type = format.payload_type;
        line!(out, "a=rtpmap:{payload_type} {}", format.name);
        if !format.parameters.is_empty() {
            line!(out, "a=fmtp:{payload_type} {}", format.parameters);
        }
        for wish in &format.feedback {
            line!(out, "a=rtcp-fb:{payload_type} {wish}");
        }
    }
    for rid in media.rids {
        line!(out, "a=rid:{rid} recv");
    }
    if !media.rids.is_empty() {
        line!(out, "a=simulcast:recv {}", media.rids.join(";"));
    }
    if let Some((stream, track, source, repair)) = media.sends {
        line!(out, "a=msid:{stream} {track}");
        // The source itself must come first, or browsers show nothing and say nothing.
        line!(out, "a=ssrc:{source} cname:{stream}");
        line!(out, "a=ssrc:{source} msid:{stream} {track}");
        if let Some(repair) = repair {
            line!(out, "a=ssrc:{repair} cname:{stream}");
            line!(out, "a=ssrc:{repair} msid:{stream} {track}");
            line!(out, "a=ssrc-group:FID {source} {repair}");
        }
    }
}
