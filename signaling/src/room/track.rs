//! A published track, from the client's wish to publish it until it is gone.

use livekit_protocol as proto;
use schema::event::TrackSource;
use schema::moment::Moment;

use super::joining::is_published;
use super::media::{CodecWish, MediaKind, SendingSection};

/// A track of one participant.
#[derive(Debug, Clone)]
pub struct Track {
    /// `TR_…`.
    pub sid: String,
    /// The client's own id of it, as it stands in `a=msid`.
    pub cid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What it shows.
    pub source: TrackSource,
    /// The section of the publisher's offer that carries it, once seen.
    pub section: Option<SendingSection>,
    /// Since when its media arrives; others know of it from then on.
    pub live_since: Option<Moment>,
    /// Layers that anybody wants, bit i for layer i, once known.
    pub wanted: Option<u8>,
    /// What the publisher was last told of [`Track::wanted`].
    pub wanted_told: Option<u8>,
    /// Somebody has received it already.
    pub subscribed: bool,
    /// Silenced by the server.
    pub silenced: bool,
    /// Who may receive it is up to this description's `muted` and the publisher's permissions.
    pub info: proto::TrackInfo,
}

impl Track {
    /// A track as the client asks for it; nothing of it has been seen yet.
    pub fn new(sid: String, wish: proto::AddTrackRequest) -> Option<Self> {
        let kind = match wish.r#type() {
            proto::TrackType::Audio => MediaKind::Audio,
            proto::TrackType::Video => MediaKind::Video,
            proto::TrackType::Data => return None,
        };
        let source = source_of(wish.source());
        let stream = stream_name(&wish.stream, source);
        let codecs = wish
            .simulcast_codecs
            .iter()
            .take(1)
            .map(|codec| proto::SimulcastCodecInfo {
                mime_type: mime_type(kind, &codec.codec),
                cid: codec.cid.clone(),
                layers: if codec.layers.is_empty() { wish.layers.clone() } else { codec.layers.clone() },
                video_layer_mode: codec.video_layer_mode,
                ..Default::default()
            })
            .collect();
        #[expect(deprecated, reason = "clients in use still read the fields that newer ones replaced")]
        let info = proto::TrackInfo {
            sid: sid.clone(),
            r#type: wish.r#type,
            name: wish.name,
            muted: wish.muted,
            width: wish.width,
            height: wish.height,
            simulcast: wish.layers.len() > 1,
            disable_dtx: wish.disable_dtx,
            source: wish.source,
            layers: wish.layers,
            codecs,
            stereo: wish.stereo,
            disable_red: wish.disable_red,
            encryption: wish.encryption,
            stream,
            audio_features: wish.audio_features,
            backup_codec_policy: wish.backup_codec_policy,
            ..Default::default()
        };
        Some(Self {
            sid,
            cid: wish.cid,
            kind,
            source,
            section: None,
            live_since: None,
            wanted: None,
            wanted_told: None,
            subscribed: false,
            silenced: false,
            info,
        })
    }

    /// Whether the server may repeat frames of its speech. Frames that are encrypted end to end would not be understood.
    pub fn allows_redundancy(&self) -> bool {
        let plain = self.info.encryption() == proto::encryption::Type::None;
        self.kind == MediaKind::Audio && plain && !self.info.disable_red
    }

    /// The track stands in this section of the client's offer.
    pub fn bind(&mut self, section: &SendingSection) {
        self.info.mime_type.clone_from(&section.mime_type);
        self.info.mid.clone_from(&section.mid);
        let several = section.rids.len() > 1;
        #[expect(deprecated, reason = "clients in use still read `simulcast` and `layers`")]
        {
            self.info.simulcast = several;
            for (layer, (index, rid)) in self.info.layers.iter_mut().zip((0_i32..).zip(&section.rids)) {
                layer.rid.clone_from(rid);
                layer.spatial_layer = index;
            }
            let layers = self.info.layers.clone();
            match self.info.codecs.first_mut() {
                Some(codec) => {
                    codec.mime_type.clone_from(&section.mime_type);
                    codec.mid.clone_from(&section.mid);
                    codec.layers = layers;
                }
                None => self.info.codecs.push(proto::SimulcastCodecInfo {
                    mime_type: section.mime_type.clone(),
                    mid: section.mid.clone(),
                    cid: self.cid.clone(),
                    layers,
                    ..Default::default()
                }),
            }
        }
        self.section = Some(section.clone());
    }

    /// What it is to be sent in: a picture in the codec that the client named, speech with redundancy unless the client
    /// refuses that.
    pub fn codec_wish(&self) -> Option<CodecWish> {
        let bound = self.section.as_ref().and_then(|section| section.cid.clone());
        let mime_type = match self.kind {
            MediaKind::Audio => self.allows_redundancy().then(|| "audio/red".to_owned()),
            MediaKind::Video => self.info.codecs.first().map(|codec| codec.mime_type.clone()),
        };
        let mime_type = mime_type.filter(|wanted| is_published(wanted));
        Some(CodecWish { cid: bound.unwrap_or_else(|| self.cid.clone()), mime_type: mime_type? })
    }

    /// Its media has arrived, so that others know of it.
    pub const fn is_live(&self) -> bool {
        self.live_since.is_some()
    }

    /// The section's name, once known.
    pub fn mid(&self) -> Option<&str> {
        self.section.as_ref().map(|section| section.mid.as_str())
    }

    /// How many layers it is sent in, at least one.
    pub fn layer_count(&self) -> u8 {
        self.section.as_ref().map_or(1, |section| u8::try_from(section.rids.len()).unwrap_or(1).max(1))
    }

    /// The lowest layer that satisfies a subscriber's wish.
    pub fn layer_for(&self, wish: &proto::UpdateTrackSettings) -> u8 {
        let top = self.layer_count() - 1;
        if wish.width > 0 && wish.height > 0 {
            #[expect(deprecated, reason = "clients in use describe layers here")]
            let layers = &self.info.layers;
            // A layer nearly as large as the tile serves it: 10 % of stretching is not seen.
            let enough = |layer: &proto::VideoLayer| {
                u64::from(layer.width.max(layer.height)) * 11 / 10 >= u64::from(wish.width.max(wish.height))
            };
            let mut sizes: Vec<&proto::VideoLayer> = layers.iter().collect();
            sizes.sort_by_key(|layer| layer.width.max(layer.height));
            return sizes
                .iter()
                .position(|layer| enough(layer))
                .and_then(|i| u8::try_from(i).ok())
                .unwrap_or(top)
                .min(top);
        }
        match wish.quality() {
            proto::VideoQuality::Low => 0,
            proto::VideoQuality::Medium => 1.min(top),
            proto::VideoQuality::High | proto::VideoQuality::Off => top,
        }
    }

    /// The protocol's message to the publisher about which layers anybody wants; bit i of `wanted` is layer i.
    pub fn wanted_qualities(&self, wanted: u8) -> proto::SubscribedQualityUpdate {
        let count = self.layer_count();
        let enabled = |quality: u8| {
            if count == 1 { wanted != 0 } else { quality < count && wanted & (1 << quality) != 0 }
        };
        let qualities: Vec<proto::SubscribedQuality> = (0_u8..3)
            .map(|quality| proto::SubscribedQuality {
                quality: i32::from(quality),
                enabled: enabled(quality),
            })
            .collect();
        let codec = self.info.mime_type.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        #[expect(deprecated, reason = "older clients read the list without codecs")]
        proto::SubscribedQualityUpdate {
            track_sid: self.sid.clone(),
            subscribed_qualities: qualities.clone(),
            subscribed_codecs: vec![proto::SubscribedCodec { codec, qualities }],
        }
    }
}

/// The protocol's source in the words of the record.
pub const fn source_of(source: proto::TrackSource) -> TrackSource {
    match source {
        proto::TrackSource::Camera => TrackSource::Camera,
        proto::TrackSource::Microphone => TrackSource::Microphone,
        proto::TrackSource::ScreenShare => TrackSource::ScreenShare,
        proto::TrackSource::ScreenShareAudio => TrackSource::ScreenShareAudio,
        proto::TrackSource::Unknown => TrackSource::Unknown,
    }
}

/// A source in the protocol's words.
pub const fn named(source: TrackSource) -> proto::TrackSource {
    match source {
        TrackSource::Camera => proto::TrackSource::Camera,
        TrackSource::Microphone => proto::TrackSource::Microphone,
        TrackSource::ScreenShare => proto::TrackSource::ScreenShare,
        TrackSource::ScreenShareAudio => proto::TrackSource::ScreenShareAudio,
        TrackSource::Unknown => proto::TrackSource::Unknown,
    }
}

/// Tracks of one stream are played in step: camera with microphone, screen with its sound. The client's own name stands
/// in session descriptions, so that only harmless letters are let in.
fn stream_name(asked: &str, source: TrackSource) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !asked.is_empty() && asked.len() <= 64 && asked.chars().all(harmless) && !asked.starts_with("TR") {
        return asked.to_owned();
    }
    match source {
        TrackSource::Camera | TrackSource::Microphone => "camera".to_owned(),
        TrackSource::ScreenShare | TrackSource::ScreenShareAudio => "screen_share".to_owned(),
        TrackSource::Unknown => "other".to_owned(),
    }
}

fn mime_type(kind: MediaKind, codec: &str) -> String {
    if codec.contains('/') {
        return codec.to_owned();
    }
    match kind {
        MediaKind::Audio => format!("audio/{}", codec.to_ascii_lowercase()),
        MediaKind::Video => format!("video/{}", codec.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Track {
        let layer =
            |quality, width, height| proto::VideoLayer { quality, width, height, ..Default::default() };
        let wish = proto::AddTrackRequest {
            cid: "cam".into(),
            r#type: proto::TrackType::Video.into(),
            source: proto::TrackSource::Camera.into(),
            layers: vec![layer(0, 320, 180), layer(1, 640, 360), layer(2, 1280, 720)],
            ..Default::default()
        };
        let mut track = Track::new("TR_1".into(), wish).expect("a video track");
        track.bind(&SendingSection {
            mid: "1".into(),
            kind: MediaKind::Video,
            cid: Some("cam".into()),
            rids: vec!["q".into(), "h".into(), "f".into()],
            mime_type: "video/VP8".into(),
        });
        track
    }

    fn tile(width: u32, height: u32) -> proto::UpdateTrackSettings {
        proto::UpdateTrackSettings { width, height, ..Default::default() }
    }

    #[test]
    fn a_tile_gets_the_smallest_layer_that_fills_it() {
        let track = camera();
        assert_eq!(track.layer_for(&tile(300, 170)), 0);
        assert_eq!(track.layer_for(&tile(350, 196)), 0, "ten per cent more is still the small one");
        assert_eq!(track.layer_for(&tile(500, 280)), 1);
        assert_eq!(track.layer_for(&tile(3000, 1600)), 2);
    }

    #[test]
    fn sizes_that_cannot_be_are_borne() {
        let mut track = camera();
        #[expect(deprecated, reason = "clients in use describe layers here")]
        for layer in &mut track.info.layers {
            (layer.width, layer.height) = (u32::MAX, u32::MAX);
        }
        assert_eq!(track.layer_for(&tile(300, 170)), 0);
        assert_eq!(track.layer_for(&tile(u32::MAX, 1)), 0);
    }

    #[test]
    fn qualities_nobody_wants_are_switched_off() {
        let update = camera().wanted_qualities(0b001);
        let enabled: Vec<bool> = update.subscribed_codecs[0].qualities.iter().map(|q| q.enabled).collect();
        assert_eq!(enabled, [true, false, false]);
        assert_eq!(update.subscribed_codecs[0].codec, "vp8");
    }

    #[test]
    fn a_stream_name_that_could_break_a_description_is_replaced() {
        assert_eq!(stream_name("a\r\na=evil", TrackSource::Camera), "camera");
        assert_eq!(stream_name("TR_x", TrackSource::ScreenShare), "screen_share");
        assert_eq!(stream_name("hall-2", TrackSource::Camera), "hall-2");
    }
}
