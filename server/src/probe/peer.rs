//! One direction of a connection: a peer connection of the `webrtc` crate, set up to measure.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use rtc::{
    media_stream::MediaStreamTrack,
    peer_connection::{
        configuration::{
            interceptor_registry::{
                Registry, Slot, configure_nack, configure_rtcp_reports, configure_twcc_receiver_only,
                configure_twcc_sender_only,
            },
            media_engine::{MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MediaEngine},
        },
        transport::RTCDtlsRole,
    },
    rtp_transceiver::rtp_sender::{
        RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
        RTCRtpRtxParameters, RtpCodecKind,
    },
};
use tokio::sync::watch;
use webrtc::{
    media_stream::track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
        RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder, StatsSelector,
    },
    runtime::{Runtime, TokioRuntime},
};

use super::{
    door::NoEntry,
    meter::{Counter, End, Meter},
    schedule::{PICTURE_TYPE, TONE_TYPE},
    tap::Tapped,
};

/// Wait between two connectivity checks before one has succeeded: a join must not wait for the next one.
const CHECK: Duration = Duration::from_millis(50);
/// Checks before an address is given up: fifteen seconds of them.
const CHECKS: u16 = 300;
/// Wait between two checks afterwards; each is a round trip measured.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// Without a sign of life for so long the line is down.
const DOWN: Duration = Duration::from_secs(10);
/// Payload type of repetitions, as this side offers it.
const REPAIR_TYPE: u8 = 97;

/// A peer connection and what it measures.
#[derive(Clone)]
pub struct Peer {
    /// The connection.
    pub connection: Arc<dyn PeerConnection>,
    /// Its counts.
    pub meter: Arc<Meter>,
    /// Its state.
    pub state: watch::Receiver<RTCPeerConnectionState>,
}

struct Watcher(watch::Sender<RTCPeerConnectionState>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Watcher {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.0.send_replace(state);
    }
}

impl Peer {
    /// One that receives what a server at these addresses offers.
    pub async fn receiving(servers: &[IpAddr]) -> Result<Self, NoEntry> {
        // No repetitions are asked for: what is measured is the line, not its repair. Transport-wide feedback is given
        // like a browser gives it, so that the server finds out what the line carries.
        let mut media = codecs(false)?;
        let registry = configure_twcc_receiver_only(Registry::new(), &mut media)?;
        Self::build(servers, media, registry, false).await
    }

    /// One that counts what a server at these addresses sends.
    pub async fn counting(servers: &[IpAddr]) -> Result<Self, NoEntry> {
        Self::build(servers, codecs(false)?, Registry::new(), true).await
    }

    /// One that sends to a server at these addresses.
    pub async fn sending(servers: &[IpAddr]) -> Result<Self, NoEntry> {
        let mut media = codecs(true)?;
        let registry = configure_nack(Registry::new(), &mut media);
        let registry = configure_twcc_sender_only(registry, &mut media)?;
        Self::build(servers, media, registry, false).await
    }

    async fn build(
        servers: &[IpAddr],
        media: MediaEngine,
        registry: Registry,
        tapped: bool,
    ) -> Result<Self, NoEntry> {
        let meter = Arc::new(Meter::default());
        let registry = configure_rtcp_reports(registry)
            .with(Slot::from(Slot::CongestionControl.slot() / 2), Counter::new(Arc::clone(&meter)))
            .with(Slot::from(Slot::JitterBuffer.slot() * 2), End::default());
        let settings = SettingEngineBuilder::new()
            // Left to itself the crate answers an ICE-lite server as DTLS server; LiveKit's servers want to be it.
            .with_answering_dtls_role(RTCDtlsRole::Client)
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(CHECK), Some(CHECKS))
            .with_ice_timeouts(Some(DOWN), Some(DOWN), Some(KEEP_ALIVE))
            .build();
        let (told, state) = watch::channel(RTCPeerConnectionState::New);
        let runtime: Arc<dyn Runtime> =
            if tapped { Arc::new(Tapped::new(Arc::clone(&meter))) } else { Arc::new(TokioRuntime) };
        let building = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Watcher(told)))
            .with_runtime(runtime)
            .with_udp_addrs(local_addresses(servers))
            .build();
        // The crate's future is 20 kB large, and would be in every one that waits for it.
        let connection = Box::pin(building).await?;
        Ok(Self { connection: Arc::new(connection), meter, state })
    }

    /// Takes an offer and makes the answer.
    pub async fn answer(&self, offer: String) -> Result<String, NoEntry> {
        self.connection.set_remote_description(RTCSessionDescription::offer(offer)?).await?;
        let answer = self.connection.create_answer(None).await?;
        self.connection.set_local_description(answer.clone()).await?;
        Ok(answer.sdp)
    }

    /// Makes an offer.
    pub async fn offer(&self) -> Result<String, NoEntry> {
        let offer = self.connection.create_offer(None).await?;
        self.connection.set_local_description(offer.clone()).await?;
        Ok(offer.sdp)
    }

    /// Takes the answer to the offer.
    pub async fn answered(&self, answer: String) -> Result<(), NoEntry> {
        Ok(self.connection.set_remote_description(RTCSessionDescription::answer(answer)?).await?)
    }

    /// Tries the server's TCP addresses as well.
    pub async fn try_tcp(&self, description: &str) {
        for candidate in description.lines().filter_map(|line| line.strip_prefix("a=candidate:")) {
            let mut words = candidate.split_whitespace();
            if words.nth(2).is_none_or(|protocol| !protocol.eq_ignore_ascii_case("tcp")) {
                continue;
            }
            let candidate = format!("candidate:{candidate}");
            let wish = RTCIceCandidateInit { candidate, ..Default::default() };
            if let Err(error) = self.connection.add_ice_candidate(wish).await {
                tracing::debug!(%error, "an address over TCP could not be tried");
            }
        }
    }

    /// The round trip of the latest connectivity check.
    pub async fn round_trip(&self, now: Instant) -> Option<Duration> {
        let report = self.connection.get_stats(now, StatsSelector::None).await;
        let pairs = report.candidate_pairs().filter(|pair| pair.current_round_trip_time > 0.0);
        let used = pairs.max_by_key(|pair| pair.responses_received)?;
        Some(Duration::from_secs_f64(used.current_round_trip_time))
    }

    /// Adds a track of our own; `id` finds it again in the offer.
    pub async fn add(&self, kind: RtpCodecKind, id: &str, ssrc: u32) -> Result<Arc<dyn TrackLocal>, NoEntry> {
        let (codec, repair) = match kind {
            RtpCodecKind::Video => (vp8(true), Some(RTCRtpRtxParameters { ssrc: ssrc.wrapping_add(1) })),
            _ => (opus(), None),
        };
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                rtx: repair,
                ..Default::default()
            },
            codec,
            ..Default::default()
        };
        let track =
            MediaStreamTrack::new("probe".to_owned(), id.to_owned(), id.to_owned(), kind, vec![coding]);
        let track: Arc<dyn TrackLocal> = Arc::new(TrackLocalStaticRTP::new(track));
        self.connection.add_track(Arc::clone(&track)).await?;
        Ok(track)
    }

    /// Ends it.
    pub async fn close(&self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "a connection did not end in order");
        }
    }
}

/// The addresses of servers in a description.
pub fn servers(description: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = description
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:")?.split_whitespace().nth(4)?.parse().ok())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The addresses of this machine from which these servers are reached: one socket each, loopback where it is that.
fn local_addresses(servers: &[IpAddr]) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> = servers
        .iter()
        .filter_map(|server| {
            let any: IpAddr = if server.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() };
            let socket = UdpSocket::bind((any, 0)).ok()?;
            // Sends nothing: it only asks the system which way it would go.
            socket.connect((*server, 9)).ok()?;
            Some(SocketAddr::new(socket.local_addr().ok()?.ip(), 0))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        found.push(SocketAddr::from(([0; 4], 0)));
    }
    found
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

fn vp8(repairs: bool) -> RTCRtpCodec {
    let wish = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    let mut rtcp_feedback = vec![wish("ccm", "fir"), wish("nack", "pli")];
    if repairs {
        rtcp_feedback.push(wish("nack", ""));
    }
    RTCRtpCodec {
        mime_type: MIME_TYPE_VP8.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: String::new(),
        rtcp_feedback,
    }
}

/// The codecs that a probe speaks. To receive it needs no decoder, so that it takes whatever a browser may send.
fn codecs(sending: bool) -> Result<MediaEngine, NoEntry> {
    let mut media = MediaEngine::default();
    if !sending {
        media.register_default_codecs()?;
        return Ok(media);
    }
    let repair = RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        clock_rate: 90_000,
        sdp_fmtp_line: format!("apt={PICTURE_TYPE}"),
        ..Default::default()
    };
    for (codec, payload_type, kind) in [
        (opus(), TONE_TYPE, RtpCodecKind::Audio),
        (vp8(true), PICTURE_TYPE, RtpCodecKind::Video),
        (repair, REPAIR_TYPE, RtpCodecKind::Video),
    ] {
        media.register_codec(RTCRtpCodecParameters { rtp_codec: codec, payload_type }, kind)?;
    }
    Ok(media)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_reached_from_the_address_that_leads_there() {
        let description = "v=0\r\na=candidate:0u 1 udp 2130706431 127.0.0.1 7882 typ host\r\n\
            a=candidate:0t 1 tcp 1518280447 127.0.0.1 7882 typ host tcptype passive\r\n";
        let servers = servers(description);
        assert_eq!(servers, [IpAddr::from([127, 0, 0, 1])]);
        assert_eq!(local_addresses(&servers), [SocketAddr::from(([127, 0, 0, 1], 0))]);
    }
}
