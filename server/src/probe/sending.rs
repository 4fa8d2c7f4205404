//! Sends the synthetic tone and picture as they fall due.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use webrtc::{media_stream::track_local::TrackLocal, peer_connection::RTCPeerConnectionState};

use super::{
    clock,
    peer::Peer,
    schedule::{Kind, Schedule},
};

/// How often is looked at what is due: as often as a browser's pacer does.
const TICK: Duration = Duration::from_millis(5);

/// Sends from when the connection stands until it ends.
pub async fn run(
    mut peer: Peer,
    tone: Arc<dyn TrackLocal>,
    picture: Arc<dyn TrackLocal>,
    video_kbps: u32,
    (tone_ssrc, picture_ssrc): (u32, u32),
) {
    let up = |state: &RTCPeerConnectionState| *state == RTCPeerConnectionState::Connected;
    if peer.state.wait_for(up).await.is_err() {
        return;
    }
    let began = clock::now();
    let mut schedule = Schedule::new(video_kbps, tone_ssrc, picture_ssrc);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let elapsed = clock::now().saturating_duration_since(began);
        if peer.meter.take_key_frame() {
            schedule.key_frame(elapsed);
        }
        for (kind, packet) in schedule.due(elapsed) {
            let track = match kind {
                Kind::Tone => &tone,
                Kind::Picture => &picture,
            };
            if let Err(error) = track.write_rtp(packet).await {
                tracing::debug!(%error, "nothing more can be sent");
                return;
            }
        }
    }
}
