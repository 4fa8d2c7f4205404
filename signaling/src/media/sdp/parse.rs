//! From text to [`Description`].

use std::collections::{HashMap, HashSet};
use std::io::Cursor;
use std::panic::catch_unwind;

use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

use super::{Description, Direction, Format, Section, SectionKind, feedback};
use crate::room::media::{MediaError, MediaKind};

/// Lines of one kind that are looked at in a section: a browser writes about a hundred of the commonest. What is beyond is not
/// read, or a client could keep the worker of many rooms busy with one description.
const MAX_LINES: usize = 256;
/// Longest parameters of a payload type, in bytes: parameter sets of H.264 take some hundreds.
const MAX_PARAMETERS: usize = 1024;

fn refused(why: &str) -> MediaError {
    MediaError::BadDescription(why.to_owned())
}

/// Understands a client's description.
pub fn parse(text: &str, max_sections: usize, max_bytes: usize) -> Result<Description, MediaError> {
    if text.len() > max_bytes {
        return Err(MediaError::Limit("size of a session description"));
    }
    // The parser is not ours: should it fall over, the description is refused like any other bad one.
    let session = catch_unwind(|| SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes())))
        .map_err(|_| refused("it cannot be read"))?
        .map_err(|error| MediaError::BadDescription(error.to_string()))?;
    if session.media_descriptions.len() > max_sections {
        return Err(MediaError::Limit("sections of a session description"));
    }
    let anywhere = |key: &str| {
        let inside = || session.media_descriptions.iter().find_map(|media| value(&media.attributes, key));
        value(&session.attributes, key).or_else(inside)
    };
    let ufrag = anywhere("ice-ufrag").ok_or_else(|| refused("no ICE user name fragment"))?;
    let password = anywhere("ice-pwd").ok_or_else(|| refused("no ICE password"))?;
    let fingerprint = anywhere("fingerprint").ok_or_else(|| refused("no certificate fingerprint"))?;
    let fingerprint = match fingerprint.split_once(' ') {
        Some((kind, digest)) if kind.eq_ignore_ascii_case("sha-256") => digest.trim().to_ascii_uppercase(),
        _ => return Err(refused("the certificate fingerprint is not SHA-256")),
    };
    // Said once for all or in a section: in a bundle it holds for all of them (RFC 8285 section 6).
    let mixed = |attributes: &[Attribute]| attributes.iter().any(|known| known.key == "extmap-allow-mixed");
    let mut mids = HashSet::new();
    let mut sections = Vec::with_capacity(session.media_descriptions.len());
    for media in &session.media_descriptions {
        let section = section(media)?;
        if !mids.insert(section.mid.clone()) {
            return Err(refused("two sections have one name"));
        }
        sections.push(section);
    }
    Ok(Description {
        sections,
        ice: (ufrag.to_owned(), password.to_owned()),
        fingerprint,
        passive: anywhere("setup") == Some("passive"),
        mixed: mixed(&session.attributes)
            || session.media_descriptions.iter().any(|media| mixed(&media.attributes)),
    })
}

fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    values(attributes, key).next()
}

fn values<'a>(attributes: &'a [Attribute], key: &str) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |attribute| attribute.key == key)
        .filter_map(|attribute| attribute.value.as_deref())
}

fn section(media: &MediaDescription) -> Result<Section, MediaError> {
    let attributes = &media.attributes;
    let mid = value(attributes, "mid").ok_or_else(|| refused("a section has no name"))?;
    // Mids travel in one-byte header extensions.
    if mid.is_empty() || mid.len() > 16 {
        return Err(refused("the name of a section is not 1 to 16 bytes"));
    }
    let name = &media.media_name;
    let kind = match name.media.as_str() {
        "audio" => SectionKind::Media(MediaKind::Audio),
        "video" => SectionKind::Media(MediaKind::Video),
        "application" if name.protos.iter().any(|part| part == "SCTP") => SectionKind::Data,
        _ => SectionKind::Other,
    };
    let has = |key: &str| attributes.iter().any(|attribute| attribute.key == key);
    let direction = match (has("sendonly"), has("recvonly"), has("inactive")) {
        (true, ..) => Direction::SendOnly,
        (_, true, _) => Direction::RecvOnly,
        (.., true) => Direction::Inactive,
        _ => Direction::SendRecv,
    };
    Ok(Section {
        mid: mid.to_owned(),
        kind,
        media: name.media.clone(),
        protocol: name.protos.join("/"),
        raw_formats: name.formats.join(" "),
        // Firefox offers new sections of a bundle with port 0 and `bundle-only`: they are meant (RFC 9143).
        rejected: name.port.value == 0 && !has("bundle-only"),
        direction,
        formats: match kind {
            SectionKind::Media(kind) => formats(kind, media),
            _ => Vec::new(),
        },
        extensions: extensions(attributes),
        rids: rids(attributes),
        sources: sources(attributes),
        track: value(attributes, "msid")
            .and_then(|msid| msid.split_once(' '))
            .map(|(_, track)| track.trim().to_owned()),
    })
}

fn formats(kind: MediaKind, media: &MediaDescription) -> Vec<Format> {
    let by_type = |key: &str| {
        let mut found: HashMap<u8, Vec<&str>> = HashMap::new();
        let lines = values(&media.attributes, key).filter(|value| value.len() <= MAX_PARAMETERS);
        for (head, tail) in lines.take(MAX_LINES).filter_map(|value| value.split_once(' ')) {
            if let Ok(payload_type) = head.parse() {
                found.entry(payload_type).or_default().push(tail.trim());
            }
        }
        found
    };
    let (names, parameters, wishes) = (by_type("rtpmap"), by_type("fmtp"), by_type("rtcp-fb"));
    let first = |map: &HashMap<u8, Vec<&str>>, payload_type| {
        map.get(&payload_type).and_then(|values| values.first()).copied().unwrap_or_default().to_owned()
    };
    let mut seen = HashSet::new();
    let known = media.media_name.formats.iter().take(MAX_LINES).filter_map(|text| {
        let payload_type = text.parse().ok().filter(|payload_type| *payload_type < 128)?;
        if !seen.insert(payload_type) {
            return None;
        }
        let ours = feedback(kind);
        let kept = wishes.get(&payload_type).into_iter().flatten().filter(|wish| ours.contains(wish));
        let kept = kept.map(|wish| (*wish).to_owned()).collect();
        Format::parse(
            kind,
            payload_type,
            &first(&names, payload_type),
            &first(&parameters, payload_type),
            kept,
        )
    });
    let known: Vec<Format> = known.collect();
    // Retransmissions of what is not taken are not taken either.
    let media: Vec<u8> = known.iter().filter(|f| f.codec.is_some()).map(|f| f.payload_type).collect();
    known.into_iter().filter(|format| format.repairs.is_none_or(|apt| media.contains(&apt))).collect()
}

fn extensions(attributes: &[Attribute]) -> Vec<(u8, String)> {
    values(attributes, "extmap")
        .take(MAX_LINES)
        .filter_map(|value| {
            let mut words = value.split(' ');
            // The id may carry a direction: `3/sendonly`.
            let id = words.next()?.split('/').next()?.parse().ok()?;
            Some((id, words.next()?.to_owned()))
        })
        .collect()
}

fn rids(attributes: &[Attribute]) -> Vec<String> {
    values(attributes, "rid")
        .filter_map(|value| {
            let mut words = value.split(' ');
            let rid = words.next()?;
            let valid =
                !rid.is_empty() && rid.len() <= 16 && rid.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (words.next()? == "send" && valid).then(|| rid.to_owned())
        })
        .take(3)
        .collect()
}

fn sources(attributes: &[Attribute]) -> Vec<(u32, Option<u32>)> {
    let mut order = Vec::new();
    let lines = values(attributes, "ssrc").take(MAX_LINES);
    for ssrc in lines.filter_map(|value| value.split(' ').next()?.parse::<u32>().ok()) {
        if !order.contains(&ssrc) {
            order.push(ssrc);
        }
    }
    let groups = |semantics: &'static str| {
        values(attributes, "ssrc-group").take(MAX_LINES).filter_map(move |value| {
            let mut words = value.split(' ').take(MAX_LINES);
            (words.next()? == semantics)
                .then(|| words.filter_map(|word| word.parse::<u32>().ok()).collect::<Vec<_>>())
        })
    };
    let pairs: HashMap<u32, u32> =
        groups("FID").filter(|group| group.len() == 2).map(|g| (g[0], g[1])).collect();
    if let Some(layers) = groups("SIM").next() {
        order = layers;
    }
    let repairs: Vec<u32> = pairs.values().copied().collect();
    order
        .into_iter()
        .filter(|ssrc| !repairs.contains(ssrc))
        .map(|ssrc| (ssrc, pairs.get(&ssrc).copied()))
        .take(3)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
                                 a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
                                 a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n";

    fn description(lines: &str) -> Description {
        let text = format!(
            "{SESSION}m=video 0 UDP/TLS/RTP/SAVPF 120\r\nc=IN IP4 0.0.0.0\r\n{lines}a=mid:0\r\na=sendonly\r\na=rtpmap:120 VP8/90000\r\n"
        );
        parse(&text, 8, 1 << 20).expect("a description")
    }

    fn video_section(lines: &str) -> Section {
        description(lines).sections.remove(0)
    }

    #[test]
    fn a_section_that_says_everything_a_thousand_times_is_read_once() {
        let lines =
            |line: &str| (0..2000).map(|number| format!("{line}{number}\r\n")).collect::<Vec<_>>().concat();
        let text = [
            lines("a=ssrc:").replace("\r\n", " cname:x\r\n"),
            lines("a=extmap:1 urn:x"),
            "a=rtpmap:120 VP8/90000\r\n".repeat(2000),
        ];
        let section = video_section(&text.concat());
        assert_eq!((section.formats.len(), section.sources.len()), (1, 3));
        assert!(section.extensions.len() <= MAX_LINES);
        let long = format!("a=fmtp:120 {}\r\n", "x".repeat(5000));
        assert_eq!(video_section(&long).formats[0].parameters, "", "and nothing endless is passed on");
    }

    #[test]
    fn both_forms_of_header_extensions_are_allowed_for_all_or_section_by_section() {
        let allow = "a=extmap-allow-mixed\r\n";
        assert!(!description("").mixed);
        assert!(description(allow).mixed);
        let text = [SESSION, allow, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"].concat();
        assert!(parse(&text, 8, 1 << 20).expect("a description").mixed);
    }

    #[test]
    fn a_section_without_a_port_is_rejected_unless_it_lives_in_the_bundle_only() {
        assert!(video_section("").rejected);
        assert!(!video_section("a=bundle-only\r\n").rejected, "Firefox offers new sections like this");
    }
}
