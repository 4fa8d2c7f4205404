//! A forwarder on the `webrtc` crate's own driver, pictures only: each connection with its sockets and its task, the
//! crate's default interceptors (requests for lost packets, reports, transport-wide feedback). Header extensions go on
//! as the publisher wrote them.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::Ipv4Addr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt as _};
use rtc::{
    media_stream::MediaStreamTrack,
    peer_connection::{
        configuration::{
            RTCConfigurationBuilder, interceptor_registry::register_default_interceptors,
            media_engine::MediaEngine, setting_engine::SettingEngineBuilder,
        },
        sdp::RTCSessionDescription,
        transport::RTCDtlsRole,
    },
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{
            RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpHeaderExtensionCapability,
            RtpCodecKind,
        },
    },
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState, Registry,
        SrtpProtectionProfile,
    },
};

use crate::{
    SUBSCRIBERS,
    crowd::{Crowd, PICTURE},
    end::Shared,
    janus::named,
    pattern::Pattern,
    subject::{Subject, Turn},
};

/// The one header extension of the publisher's pictures that the crate does not know by itself.
const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// An offer to the server: from who sends, or from who receives.
#[derive(Serialize, Deserialize)]
enum Offer {
    Publish(String),
    Subscribe(String),
}

/// The forwarder and its crowd.
pub struct Webrtc {
    child: Child,
    crowd: Crowd,
    _stdin: ChildStdin,
}

impl Webrtc {
    /// Starts the forwarder in a process of its own and lets the crowd in.
    pub async fn start() -> Self {
        let this = std::env::current_exe().expect("a program knows its own path");
        let mut command = Command::new(this);
        command.arg("serve-webrtc").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the forwarder starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let publisher = connect(&mut stdin, &mut stdout, true);
        let mut crowd = Crowd::new(publisher, Vec::new());
        crowd.connected().await;
        crowd.announce(Pattern::Bursts).await;
        for _ in 0..SUBSCRIBERS {
            crowd.subscribers.push(connect(&mut stdin, &mut stdout, false));
        }
        crowd.everybody_gets(Pattern::Bursts).await;
        Self { child, crowd, _stdin: stdin }
    }
}

fn connect(stdin: &mut ChildStdin, stdout: &mut BufReader<ChildStdout>, sends: bool) -> Shared {
    let end = Shared::open(Ipv4Addr::LOCALHOST.into(), true);
    let offer = {
        let mut end = end.lock();
        let client = end.client.as_mut().expect("it has keys");
        client.number = sends.then_some(0);
        let direction = if sends { "sendonly" } else { "recvonly" };
        let offer = client.offer(&[(PICTURE.0, "video", direction, &[])]);
        // The double only begins handshakes.
        let offer = offer.replace("a=setup:actpass", "a=setup:active");
        if sends { Offer::Publish(named(&offer)) } else { Offer::Subscribe(offer) }
    };
    writeln!(stdin, "{}", serde_json::to_string(&offer).expect("an offer can be written")).expect("it reads");
    let mut line = String::new();
    stdout.read_line(&mut line).expect("it answers");
    let answer: String = serde_json::from_str(&line).expect("a description");
    end.lock().learn(&answer);
    end
}

impl Subject for Webrtc {
    fn name(&self) -> &'static str {
        "webrtc"
    }

    fn carries(&self, pattern: Pattern) -> bool {
        pattern.video()
    }

    fn turn(&mut self, pattern: Pattern, window: Duration) -> BoxFuture<'_, Turn> {
        let pid = self.child.id();
        self.crowd.turn(pattern, window, pid).boxed()
    }

    fn stop(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        async move {
            self.child.kill().expect("it runs");
            self.child.wait().expect("a child can be waited for");
        }
        .boxed()
    }
}

/// What the publisher's packets are passed on to.
type Tracks = Arc<Mutex<Vec<(u32, Arc<TrackLocalStaticRTP>)>>>;

struct Handler {
    gathered: Arc<Notify>,
    tracks: Tracks,
    codec: watch::Sender<Option<RTCRtpCodec>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let Some(ssrc) = track.ssrcs().await.first().copied() else { return };
        self.codec.send_replace(track.codec(ssrc).await);
        let tracks = Arc::clone(&self.tracks);
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
                let all = tracks.lock().expect("nobody panics with it in hand").clone();
                for (ssrc, track) in all {
                    let mut packet = packet.clone();
                    packet.header.ssrc = ssrc;
                    // A subscriber whose connection is not up yet gets nothing.
                    let _ = track.write_rtp(packet).await;
                }
            }
        });
    }
}

/// The forwarder itself: offers come in by lines, answers go out by lines.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let tracks = Tracks::default();
        let (codec, mut known) = watch::channel(None);
        let mut connections = Vec::new();
        let (lines, mut offers) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        while let Some(line) = offers.recv().await {
            let offer = serde_json::from_str(&line).expect("an offer");
            let track = match &offer {
                Offer::Publish(_) => None,
                Offer::Subscribe(_) => {
                    let codec = known.wait_for(Option::is_some).await.expect("a publisher").clone();
                    let ssrc = 10_000 + u32::try_from(connections.len()).expect("few");
                    Some((ssrc, local(ssrc, codec.expect("known by now"))))
                }
            };
            let (Offer::Publish(sdp) | Offer::Subscribe(sdp)) = offer;
            let (connection, answer) =
                Box::pin(accept(sdp, track.clone(), Arc::clone(&tracks), codec.clone())).await;
            tracks.lock().expect("nobody panics with it in hand").extend(track);
            connections.push(connection);
            println!("{}", serde_json::to_string(&answer).expect("an answer can be written"));
        }
    });
}

fn local(ssrc: u32, codec: RTCRtpCodec) -> Arc<TrackLocalStaticRTP> {
    let name = format!("picture-{ssrc}");
    let parameters = RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() };
    let encoding =
        RTCRtpEncodingParameters { rtp_coding_parameters: parameters, codec, ..Default::default() };
    let track = MediaStreamTrack::new(name.clone(), name.clone(), name, RtpCodecKind::Video, vec![encoding]);
    Arc::new(TrackLocalStaticRTP::new(track))
}

async fn accept(
    sdp: String,
    track: Option<(u32, Arc<TrackLocalStaticRTP>)>,
    tracks: Tracks,
    codec: watch::Sender<Option<RTCRtpCodec>>,
) -> (Arc<dyn PeerConnection>, String) {
    let gathered = Arc::new(Notify::new());
    let mut media = MediaEngine::default();
    media.register_default_codecs().expect("the crate's own codecs");
    // The crate sends no packet with an extension that was not agreed upon.
    let sent = RTCRtpHeaderExtensionCapability { uri: ABS_SEND_TIME.to_owned() };
    media.register_header_extension(sent, RtpCodecKind::Video, None).expect("there are free ids");
    let interceptors = register_default_interceptors(Registry::new(), &mut media).expect("the crate's own");
    let settings = SettingEngineBuilder::new()
        .with_lite(true)
        .with_include_loopback_candidate(true)
        .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .build();
    let handler = Handler { gathered: Arc::clone(&gathered), tracks, codec };
    let connection: Arc<dyn PeerConnection> = Arc::new(
        Box::pin(
            PeerConnectionBuilder::new()
                .with_configuration(RTCConfigurationBuilder::new().build())
                .with_media_engine(media)
                .with_setting_engine(settings)
                .with_interceptor_registry(interceptors)
                .with_handler(Arc::new(handler))
                .with_udp_addrs(vec!["127.0.0.1:0"])
                .build(),
        )
        .await
        .expect("a connection"),
    );
    if let Some((_, track)) = track {
        connection.add_track(track as Arc<dyn TrackLocal>).await.expect("a track");
    } else {
        let receives =
            RTCRtpTransceiverInit { direction: RTCRtpTransceiverDirection::Recvonly, ..Default::default() };
        let receiving = connection.add_transceiver_from_kind(RtpCodecKind::Video, Some(receives));
        receiving.await.expect("a transceiver");
    }
    let offer = RTCSessionDescription::offer(sdp).expect("an offer");
    connection.set_remote_description(offer).await.expect("an offer it takes");
    let answer = connection.create_answer(None).await.expect("an answer");
    connection.set_local_description(answer).await.expect("its own answer");
    gathered.notified().await;
    let answer = connection.local_description().await.expect("described");
    (connection, answer.sdp)
}
