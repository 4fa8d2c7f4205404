//! One endpoint of a probe: it joins over LiveKit's dual path, receives, and publishes where it may.
//!
//! The server offers what it sends; the endpoint answers. What the endpoint sends it offers on a second connection.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use livekit_protocol as proto;
use rand::{TryRngCore as _, rngs::OsRng};
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;
use webrtc::peer_connection::RTCPeerConnectionState;

use super::{
    clock,
    door::{NoEntry, Ticket},
    peer::{self, Peer},
    picture, sending,
    signal::{Line, Request, Response},
};

/// Longest wait for media in both directions. A person has given up by then.
const PATIENCE: Duration = Duration::from_secs(15);
/// Wait for UDP before TCP is tried too.
const UDP_FIRST: Duration = Duration::from_secs(2);
/// Ids of the two tracks.
const TRACKS: [&str; 2] = ["probe-tone", "probe-picture"];

/// What an endpoint does in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Sends and receives, where its token lets it.
    Speak {
        /// Bit rate of its picture.
        video_kbps: u32,
    },
    /// Receives.
    Watch,
    /// Counts what comes; see [`super::tap`].
    Count,
}

/// How far joining has come; each the time since its beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that has happened or not")]
pub struct Progress {
    /// The room has let the endpoint in.
    pub signaled: Option<Duration>,
    /// Others were told of what it publishes: its first packets have arrived.
    pub up: Option<Duration>,
    /// Its first packet of somebody else's media has arrived.
    pub down: Option<Duration>,
    /// The connection for receiving stands.
    pub connected: bool,
    /// The token lets it publish, and it does.
    pub publishes: bool,
    /// Somebody else was publishing when it came.
    pub awaits: bool,
    /// The room ended it, or the line did.
    pub ended: bool,
}

impl Progress {
    fn complete(&self) -> bool {
        self.signaled.is_some()
            && (!self.publishes || self.up.is_some())
            && (!self.awaits || self.down.is_some())
            && self.connected
    }

    /// Until media flowed both ways, as far as there was any.
    pub fn joined(&self) -> Option<Duration> {
        let last = self.up.max(self.down).or(self.signaled);
        last.filter(|_| self.complete())
    }
}

/// An endpoint in the room.
pub struct Endpoint {
    /// How far it has come.
    pub progress: watch::Receiver<Progress>,
    peers: Arc<Mutex<Peers>>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), NoEntry>>,
}

/// The connections of an endpoint, as far as they stand.
#[derive(Clone, Default)]
pub struct Peers {
    /// What it sends on.
    pub up: Option<Peer>,
    /// What it receives on.
    pub down: Option<Peer>,
}

impl Endpoint {
    /// Joins, and waits until media flows.
    pub async fn join(http: &reqwest::Client, ticket: &Ticket, part: Part) -> Result<Self, NoEntry> {
        let began = clock::now();
        let line = Line::open(http, ticket).await?;
        let (told, mut progress) = watch::channel(Progress::default());
        let stop = CancellationToken::new();
        let peers = Arc::new(Mutex::new(Peers::default()));
        let attendance = Attendance {
            began,
            line,
            told,
            stop: stop.clone(),
            peers: Arc::clone(&peers),
            part,
            sid: String::new(),
            offer: String::new(),
            sender: None,
        };
        let task = tokio::spawn(attendance.run());
        // What is missing when patience ends shows in the report.
        let _ = timeout(PATIENCE, progress.wait_for(|now| now.complete() || now.ended)).await;
        let now = *progress.borrow();
        let endpoint = Self { progress, peers, stop, task };
        if now.ended || now.signaled.is_none() {
            return endpoint.leave().await.and(Err(NoEntry::SentAway));
        }
        if !now.connected && now.up.is_none() {
            return endpoint.leave().await.and(Err(NoEntry::NoMedia));
        }
        Ok(endpoint)
    }

    /// Its connections.
    pub fn peers(&self) -> Peers {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves; tells what ended it before, if anything did.
    pub async fn leave(self) -> Result<(), NoEntry> {
        self.stop.cancel();
        self.task.await.unwrap_or_else(|error| Err(NoEntry::Broken(error.to_string())))
    }
}

/// What runs while an endpoint is in the room.
struct Attendance {
    began: Instant,
    line: Line,
    told: watch::Sender<Progress>,
    stop: CancellationToken,
    peers: Arc<Mutex<Peers>>,
    part: Part,
    sid: String,
    /// The server's latest description: where it is found.
    offer: String,
    sender: Option<JoinHandle<()>>,
}

impl Attendance {
    async fn run(mut self) -> Result<(), NoEntry> {
        let mut ping = interval(Duration::from_secs(5));
        let tcp = tokio::time::sleep(UDP_FIRST);
        tokio::pin!(tcp);
        let mut tried_tcp = false;
        let end = loop {
            let peers = self.peers();
            let event = tokio::select! {
                () = self.stop.cancelled() => break Ok(()),
                message = self.line.receive() => Event::Message(message.map(Box::new)),
                _ = ping.tick() => Event::Ping,
                () = &mut tcp, if !tried_tcp => Event::Late,
                () = first_media(peers.down.as_ref()), if self.told.borrow().down.is_none() => Event::Media,
                () = connected(peers.down.as_ref()), if !self.told.borrow().connected => Event::Connected,
            };
            let done = match event {
                Event::Message(None) => break Err(NoEntry::SentAway),
                Event::Message(Some(message)) => self.message(*message).await,
                Event::Ping => {
                    let now = proto::Ping { timestamp: self.millis(), rtt: 0 };
                    self.line.send(Request::PingReq(now)).await;
                    Ok(())
                }
                Event::Late => {
                    tried_tcp = true;
                    for peer in [&peers.down, &peers.up].into_iter().flatten() {
                        if *peer.state.borrow() != RTCPeerConnectionState::Connected {
                            peer.try_tcp(&self.offer).await;
                        }
                    }
                    Ok(())
                }
                Event::Media => {
                    let at = peers.down.as_ref().and_then(|peer| peer.meter.tally().first);
                    let since = at.map(|at| at.saturating_duration_since(self.began));
                    self.told.send_modify(|progress| progress.down = since);
                    Ok(())
                }
                Event::Connected => {
                    self.told.send_modify(|progress| progress.connected = true);
                    Ok(())
                }
            };
            if done.is_err() {
                break done;
            }
        };
        self.told.send_modify(|progress| progress.ended = true);
        self.line.leave().await;
        if let Some(sender) = self.sender {
            sender.abort();
        }
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for peer in [peers.down, peers.up].into_iter().flatten() {
            peer.close().await;
        }
        end
    }

    async fn message(&mut self, message: Response) -> Result<(), NoEntry> {
        match message {
            Response::Join(join) => {
                let own = join.participant.unwrap_or_default();
                let may = own.permission.as_ref().is_none_or(|permission| permission.can_publish);
                let awaits =
                    join.other_participants.iter().any(|other| other.tracks.iter().any(|track| !track.muted));
                self.sid = own.sid;
                let since = self.elapsed();
                let publishes = may && matches!(self.part, Part::Speak { .. });
                self.told.send_modify(|progress| {
                    *progress = Progress { signaled: Some(since), publishes, awaits, ..*progress };
                });
            }
            Response::Offer(offer) => {
                let down = if let Some(peer) = self.peers().down {
                    peer
                } else {
                    let servers = peer::servers(&offer.sdp);
                    let peer = match self.part {
                        Part::Count => Peer::counting(&servers).await?,
                        Part::Watch | Part::Speak { .. } => Peer::receiving(&servers).await?,
                    };
                    self.set_peers(|peers| peers.down = Some(peer.clone()));
                    peer
                };
                self.offer.clone_from(&offer.sdp);
                let sdp = down.answer(offer.sdp).await?;
                let answer = proto::SessionDescription {
                    r#type: "answer".into(),
                    sdp,
                    id: offer.id,
                    ..Default::default()
                };
                self.line.send(Request::Answer(answer)).await;
                self.publish().await?;
            }
            Response::Answer(answer) => {
                if let Some(peer) = self.peers().up {
                    peer.answered(answer.sdp).await?;
                }
            }
            Response::Update(update) => {
                let own = update.participants.iter().find(|participant| participant.sid == self.sid);
                if own.is_some_and(|own| own.tracks.len() == TRACKS.len()) && self.told.borrow().up.is_none()
                {
                    let since = self.elapsed();
                    self.told.send_modify(|progress| progress.up = Some(since));
                }
            }
            Response::Leave(_) => return Err(NoEntry::SentAway),
            _ => {}
        }
        Ok(())
    }

    /// Publishes the tone and the picture, once it is known where the server is.
    async fn publish(&mut self) -> Result<(), NoEntry> {
        let (Part::Speak { video_kbps }, true) = (self.part, self.told.borrow().publishes) else {
            return Ok(());
        };
        if self.peers().up.is_some() {
            return Ok(());
        }
        let peer = Peer::sending(&peer::servers(&self.offer)).await?;
        let random = || OsRng.try_next_u32().map_err(|error| NoEntry::Broken(error.to_string()));
        let ssrcs = (random()?, random()?);
        let tone = peer.add(RtpCodecKind::Audio, TRACKS[0], ssrcs.0).await?;
        let picture = peer.add(RtpCodecKind::Video, TRACKS[1], ssrcs.1).await?;
        for wish in wishes() {
            self.line.send(Request::AddTrack(wish)).await;
        }
        let sdp = peer.offer().await?;
        let offer = proto::SessionDescription { r#type: "offer".into(), sdp, ..Default::default() };
        self.line.send(Request::Offer(offer)).await;
        let sender = sending::run(peer.clone(), tone, picture, video_kbps, ssrcs);
        self.sender = Some(tokio::spawn(sender));
        self.set_peers(|peers| peers.up = Some(peer));
        Ok(())
    }

    fn peers(&self) -> Peers {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_peers(&self, set: impl FnOnce(&mut Peers)) {
        set(&mut self.peers.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.began)
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

enum Event {
    Message(Option<Box<Response>>),
    Ping,
    Late,
    Media,
    Connected,
}

fn wishes() -> [proto::AddTrackRequest; 2] {
    let (width, height) = picture::SIZE;
    [
        proto::AddTrackRequest {
            cid: TRACKS[0].to_owned(),
            name: TRACKS[0].to_owned(),
            r#type: proto::TrackType::Audio.into(),
            source: proto::TrackSource::Microphone.into(),
            disable_red: true,
            ..Default::default()
        },
        proto::AddTrackRequest {
            cid: TRACKS[1].to_owned(),
            name: TRACKS[1].to_owned(),
            r#type: proto::TrackType::Video.into(),
            source: proto::TrackSource::Camera.into(),
            width,
            height,
            ..Default::default()
        },
    ]
}

async fn first_media(peer: Option<&Peer>) {
    match peer {
        Some(peer) => peer.meter.first.notified().await,
        None => std::future::pending().await,
    }
}

async fn connected(peer: Option<&Peer>) {
    match peer {
        Some(peer) => {
            let mut state = peer.state.clone();
            if state.wait_for(|state| *state == RTCPeerConnectionState::Connected).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}
