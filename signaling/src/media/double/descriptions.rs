//! Its descriptions, written by hand: what it offers, how it answers.

use super::checks::PASSWORD;
use super::client::Client;
use super::sending::ids;
use crate::media::rtp::EXTENSIONS;

impl Client {
    /// The lines of a description that all sections share.
    fn head(&self, mids: &[&str], setup: &str) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=extmap-allow-mixed\r\n\
             a=ice-ufrag:{}\r\na=ice-pwd:{PASSWORD}\r\na=fingerprint:sha-256 {}\r\n\
             a=setup:{setup}\r\n",
            mids.join(" "),
            self.ufrag,
            self.fingerprint
        )
    }

    /// An offer of sections: (mid, kind, direction, rids). The kind `av1` is a picture in that codec.
    pub fn offer(&self, sections: &[(&str, &str, &str, &[&str])]) -> String {
        let mids: Vec<&str> = sections.iter().map(|(mid, ..)| *mid).collect();
        let mut text = self.head(&mids, "actpass");
        for (mid, kind, direction, rids) in sections {
            text.push_str(&section(mid, kind, direction, rids));
        }
        text
    }

    /// An answer that agrees to everything in an offer of the server's.
    pub fn answer(&mut self, offer: &str) -> String {
        self.learn(offer);
        let (_, sections) = offer.split_once("m=").unwrap();
        let mut text = self.head(&[], "active");
        for line in format!("m={sections}").lines() {
            let own = ["a=setup", "a=ice-", "a=candidate", "a=end-of", "a=ssrc", "a=msid", "a=fingerprint"];
            if !own.iter().any(|prefix| line.starts_with(prefix)) {
                text.push_str(&line.replace("a=sendonly", "a=recvonly"));
                text.push_str("\r\n");
            }
        }
        text
    }

    /// Takes the server's credentials from its description; a check goes out at once.
    pub fn learn(&mut self, description: &str) {
        let value = |key: &str| {
            description.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned).unwrap()
        };
        self.server = Some((value("a=ice-ufrag:"), value("a=ice-pwd:")));
        self.recheck();
    }
}

fn section(mid: &str, kind: &str, direction: &str, rids: &[&str]) -> String {
    let mut lines = Vec::new();
    match kind {
        "application" => lines.push("m=application 9 UDP/DTLS/SCTP webrtc-datachannel".to_owned()),
        "audio" => {
            lines.push("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9".to_owned());
            lines.push(
                "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2"
                    .to_owned(),
            );
            lines.push("a=fmtp:63 111/111\r\na=rtpmap:9 G722/8000".to_owned());
        }
        "av1" => {
            lines.push("m=video 9 UDP/TLS/RTP/SAVPF 45 46".to_owned());
            lines.push("a=rtpmap:45 AV1/90000\r\na=rtcp-fb:45 nack\r\na=rtcp-fb:45 nack pli".to_owned());
            lines.push("a=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45".to_owned());
        }
        _ => {
            lines.push("m=video 9 UDP/TLS/RTP/SAVPF 96 97".to_owned());
            lines.push("a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli".to_owned());
            lines.push("a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96".to_owned());
        }
    }
    lines.push(format!("c=IN IP4 0.0.0.0\r\na=mid:{mid}"));
    if kind != "application" {
        lines.push(format!("a={direction}\r\na=rtcp-mux"));
        for (extension, uri) in EXTENSIONS {
            if ids().get(extension) != 0 {
                lines.push(format!("a=extmap:{} {uri}", ids().get(extension)));
            }
        }
        if direction.starts_with("send") {
            lines.push(format!("a=msid:stream track-{mid}"));
        }
        for rid in rids {
            lines.push(format!("a=rid:{rid} send"));
        }
        if !rids.is_empty() {
            lines.push(format!("a=simulcast:send {}", rids.join(";")));
        }
    }
    lines.join("\r\n") + "\r\n"
}
