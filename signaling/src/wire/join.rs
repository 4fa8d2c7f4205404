//! Reading what a client says when it joins: query parameters on the dual path, a packed message on the single one.

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use livekit_protocol as proto;
use prost::Message as _;
use serde::Deserialize;

use super::tokens::Pass;
use crate::config::Limits;
use crate::room::{Arrival, ConnId, JoinPath};

/// URL-safe base64; JavaScript clients pad it, others do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Largest join request, packed or inflated: an offer before anybody is received takes 20 kB.
const JOIN_BYTES_MAX: usize = 256 * 1024;

/// The query of a joining client. Its `Debug` would show the token, so it has none.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct JoinQuery {
    /// The token, unless it stands in the `Authorization` header.
    pub access_token: Option<String>,
    /// Single path: base64 of a `WrappedJoinRequest`.
    pub join_request: Option<String>,
    reconnect: Option<String>,
    reconnect_reason: Option<String>,
    sid: Option<String>,
    auto_subscribe: Option<String>,
    protocol: Option<String>,
    client_protocol: Option<String>,
    browser: Option<String>,
    version: Option<String>,
    os: Option<String>,
}

/// The join request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the join request cannot be read")]
pub struct BadJoin;

/// Puts together who is at the door. A join request means the single path, whichever address it came to.
pub fn arrival(
    conn: ConnId,
    pass: Pass,
    query: &JoinQuery,
    agent: &str,
    limits: Limits,
) -> Result<Arrival, BadJoin> {
    let mut arrival = match &query.join_request {
        Some(packed) => {
            let request = unpack(packed, limits.frame_bytes.min(JOIN_BYTES_MAX))?;
            from_request(conn, pass, request)
        }
        None => from_query(conn, pass, query),
    };
    if !limits.fits(&arrival.grant) {
        return Err(BadJoin);
    }
    // livekit-client leaves it to the server to see which browser it runs in.
    if arrival.client.browser.is_empty() && agent.contains("Firefox/") {
        "Firefox".clone_into(&mut arrival.client.browser);
    }
    Ok(arrival)
}

fn from_query(conn: ConnId, pass: Pass, query: &JoinQuery) -> Arrival {
    let number =
        |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let client = proto::ClientInfo {
        protocol: number(&query.protocol),
        client_protocol: number(&query.client_protocol),
        browser: text(&query.browser),
        version: text(&query.version),
        os: text(&query.os),
        ..Default::default()
    };
    Arrival {
        conn,
        grant: pass.grant,
        expires_at: pass.expires_at,
        path: JoinPath::Dual,
        auto_subscribe: query.auto_subscribe.as_deref().is_none_or(truthy),
        client,
        resume: query.reconnect.as_deref().is_some_and(truthy).then(|| text(&query.sid)),
        failed: failed(number(&query.reconnect_reason)),
        offer: None,
        add_tracks: Vec::new(),
        sync: None,
        ice_servers: Vec::new(),
    }
}

fn from_request(conn: ConnId, pass: Pass, request: proto::JoinRequest) -> Arrival {
    let mut grant = pass.grant;
    if grant.can_update_own_metadata {
        let metadata = (!request.metadata.is_empty()).then_some(request.metadata);
        grant = grant.with(None, metadata, request.participant_attributes.into_iter().collect());
    }
    let settings = request.connection_settings.unwrap_or_default();
    Arrival {
        conn,
        grant,
        expires_at: pass.expires_at,
        path: JoinPath::Single,
        auto_subscribe: settings.auto_subscribe,
        client: request.client_info.unwrap_or_default(),
        resume: request.reconnect.then_some(request.participant_sid),
        failed: failed(request.reconnect_reason),
        offer: request.publisher_offer,
        add_tracks: request.add_track_requests,
        sync: request.sync_state,
        ice_servers: Vec::new(),
    }
}

/// Unpacks a join request; never inflates beyond `limit` bytes.
fn unpack(packed: &str, limit: usize) -> Result<proto::JoinRequest, BadJoin> {
    if packed.len() > limit {
        return Err(BadJoin);
    }
    let bytes = BASE64.decode(packed).map_err(|_| BadJoin)?;
    let wrapped = proto::WrappedJoinRequest::decode(bytes.as_slice()).map_err(|_| BadJoin)?;
    let plain = match proto::wrapped_join_request::Compression::try_from(wrapped.compression) {
        Ok(proto::wrapped_join_request::Compression::None) => wrapped.join_request,
        Ok(proto::wrapped_join_request::Compression::Gzip) => inflate(&wrapped.join_request, limit)?,
        Err(_) => return Err(BadJoin),
    };
    proto::JoinRequest::decode(plain.as_slice()).map_err(|_| BadJoin)
}

fn inflate(packed: &[u8], limit: usize) -> Result<Vec<u8>, BadJoin> {
    let mut plain = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(packed).take(limit as u64 + 1);
    reader.read_to_end(&mut plain).map_err(|_| BadJoin)?;
    if plain.len() > limit { Err(BadJoin) } else { Ok(plain) }
}

/// Whether a client comes back because one of its PeerConnections failed.
fn failed(reason: i32) -> bool {
    use proto::ReconnectReason::{RrPublisherFailed, RrSubscriberFailed};
    [RrPublisherFailed, RrSubscriberFailed].into_iter().any(|known| known as i32 == reason)
}

fn truthy(text: &str) -> bool {
    matches!(text, "1" | "true" | "t" | "T" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use schema::moment::Moment;

    use super::*;
    use crate::config::Grant;

    const LIMIT: usize = 64 * 1024;

    fn pass() -> Pass {
        Pass {
            grant: Grant::endpoint("room", "endpoint:1", "Mường Nhé"), expires_at: Moment::from_millis(1)
        }
    }

    fn pack(request: &proto::JoinRequest, gzip: bool) -> String {
        let plain = request.encode_to_vec();
        let wrapped = if gzip {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(&plain).expect("in memory");
            proto::WrappedJoinRequest { compression: 1, join_request: writer.finish().expect("in memory") }
        } else {
            proto::WrappedJoinRequest { compression: 0, join_request: plain }
        };
        BASE64.encode(wrapped.encode_to_vec())
    }

    #[test]
    fn a_packed_request_is_read_with_and_without_compression_and_padding() {
        let request =
            proto::JoinRequest { reconnect: true, participant_sid: "PA_1".into(), ..Default::default() };
        for gzip in [false, true] {
            let packed = pack(&request, gzip);
            for text in [packed.as_str(), packed.trim_end_matches('=')] {
                assert_eq!(unpack(text, LIMIT), Ok(request.clone()));
            }
        }
    }

    #[test]
    fn a_request_that_inflates_beyond_measure_is_refused() {
        let bomb = proto::JoinRequest { metadata: "0".repeat(10 * LIMIT), ..Default::default() };
        let packed = pack(&bomb, true);
        assert!(packed.len() < LIMIT, "it is small on the way in");
        assert_eq!(unpack(&packed, LIMIT), Err(BadJoin));
    }

    #[test]
    fn without_a_right_to_it_a_client_does_not_change_its_own_metadata() {
        let request = proto::JoinRequest { metadata: "chair".into(), ..Default::default() };
        let query = JoinQuery { join_request: Some(pack(&request, true)), ..JoinQuery::default() };
        let arrival = arrival(ConnId(1), pass(), &query, "", Limits::default()).expect("readable");
        assert_eq!(arrival.grant.metadata, "");
    }

    #[test]
    fn what_a_client_says_of_itself_at_the_door_is_bounded_as_it_is_inside() {
        let mut pass = pass();
        pass.grant.can_update_own_metadata = true;
        let comes_in = |value: String| {
            let participant_attributes = [("a".to_owned(), value)].into();
            let request = proto::JoinRequest { participant_attributes, ..Default::default() };
            let query = JoinQuery { join_request: Some(pack(&request, true)), ..JoinQuery::default() };
            arrival(ConnId(1), pass.clone(), &query, "", Limits::default()).is_ok()
        };
        let limit = Limits::default().metadata_bytes;
        assert_eq!([limit - 1, limit].map(|bytes| comes_in("x".repeat(bytes))), [true, false]);
    }

    #[test]
    fn the_longest_name_that_an_endpoint_may_have_comes_in() {
        let mut pass = pass();
        pass.grant.name = "Ễ".repeat(200);
        assert!(arrival(ConnId(1), pass, &JoinQuery::default(), "", Limits::default()).is_ok());
    }

    #[test]
    fn the_dual_path_reads_the_query() {
        let query = JoinQuery {
            reconnect: Some("1".into()),
            reconnect_reason: Some("3".into()),
            sid: Some("PA_7".into()),
            auto_subscribe: Some("0".into()),
            ..JoinQuery::default()
        };
        let arrival = arrival(ConnId(1), pass(), &query, "", Limits::default()).expect("readable");
        assert_eq!(
            (arrival.path, arrival.resume.as_deref(), arrival.failed, arrival.auto_subscribe),
            (JoinPath::Dual, Some("PA_7"), true, false)
        );
    }

    #[test]
    fn a_client_may_say_that_it_comes_back_because_its_media_failed() {
        let failed = [0, 1, 2, 3, 4, 77].map(|reconnect_reason| {
            let request = proto::JoinRequest { reconnect: true, reconnect_reason, ..Default::default() };
            let query = JoinQuery { join_request: Some(pack(&request, true)), ..JoinQuery::default() };
            arrival(ConnId(1), pass(), &query, "", Limits::default()).expect("readable").failed
        });
        assert_eq!(failed, [false, false, true, true, false, false]);
    }

    #[test]
    fn a_browser_that_does_not_say_what_it_is_is_known_by_its_agent() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
        let named = |agent| {
            let arrival = arrival(ConnId(1), pass(), &JoinQuery::default(), agent, Limits::default());
            arrival.expect("readable").client.browser
        };
        assert_eq!((named(agent).as_str(), named("").as_str()), ("Firefox", ""));
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_in_the_parameter_nothing_panics(text in ".{0,400}", bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = unpack(&text, LIMIT);
            let _ = unpack(&BASE64.encode(bytes), LIMIT);
        }
    }
}
