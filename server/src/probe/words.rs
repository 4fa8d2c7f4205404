//! The words of a report, in both languages.

use super::{door::NoEntry, figures::Figures, verdict::What};
use crate::language::Language;

/// What a figure is called, and its unit.
pub fn what(what: What, lang: Language) -> (&'static str, &'static str) {
    let (vi, en, unit) = match what {
        What::JoinMs => ("Vào phòng đến khi có hình, tiếng", "Join until sound and picture", "ms"),
        What::CutOff => ("Kết nối bị ngắt giữa chừng", "Connection cut off", ""),
        What::RttMs => ("Độ trễ khứ hồi", "Round trip", "ms"),
        What::UpKbps => ("Tốc độ gửi đi", "Bit rate up", "kbit/s"),
        What::UpLoss => ("Mất gói chiều gửi", "Packets lost up", "%"),
        What::UpJitterMs => ("Biến động trễ chiều gửi", "Jitter up", "ms"),
        What::DownKbps => ("Tốc độ nhận về", "Bit rate down", "kbit/s"),
        What::DownLoss => ("Mất gói chiều nhận", "Packets lost down", "%"),
        What::DownJitterMs => ("Biến động trễ chiều nhận", "Jitter down", "ms"),
        What::SubscribersJoined => ("Máy nhận đã vào phòng", "Subscribers joined", ""),
        What::SubscribersJoinMs => ("Máy nhận vào phòng lâu nhất", "Longest join of a subscriber", "ms"),
        What::SubscribersLoss => ("Mất gói ở các máy nhận", "Packets lost by subscribers", "%"),
    };
    (lang.pick(vi, en), unit)
}

/// What a reader should know besides.
pub fn notes(figures: &Figures, lang: Language) -> Vec<String> {
    let mut notes = Vec::new();
    if figures.up.is_none() {
        let note = lang.pick(
            "Không gửi hình, tiếng (chỉ theo dõi), nên không đo chiều gửi.",
            "Nothing was sent (only watching), so the way up was not measured.",
        );
        notes.push(note.to_owned());
    }
    if figures.down.is_none() {
        let note = lang.pick(
            "Trong phòng không ai gửi hình, tiếng, nên không đo chiều nhận.",
            "Nobody in the room was sending, so the way down was not measured.",
        );
        notes.push(note.to_owned());
    }
    if let Some(crowd) = &figures.subscribers {
        let (packets, lost) = (crowd.packets, crowd.lost);
        notes.push(match lang {
            Language::Vi => format!("Các máy nhận: {packets} gói đến, {lost} gói thiếu."),
            Language::En => format!("Subscribers: {packets} packets received, {lost} missing."),
        });
    }
    notes
}

/// Why the room could not be joined.
pub fn no_entry(reason: &NoEntry, lang: Language) -> String {
    let plain = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
    match reason {
        NoEntry::Address => plain(
            "địa chỉ không hợp lệ; cần dạng wss://máy-chủ hoặc ws://máy-chủ:cổng",
            "not an address; it looks like wss://host or ws://host:port",
        ),
        NoEntry::Unreachable(why) => match lang {
            Language::Vi => format!("không kết nối được máy chủ ({why})"),
            Language::En => format!("the server cannot be reached ({why})"),
        },
        NoEntry::Silent => plain("máy chủ không trả lời", "the server does not answer"),
        NoEntry::Refused => plain(
            "bị từ chối: mã vào phòng sai hoặc hết hạn, hoặc phiên chưa bắt đầu",
            "refused: the token is wrong or has expired, or the session is not live",
        ),
        NoEntry::NotSignedIn(why) => match lang {
            Language::Vi => format!("không vào được phiên: {why}"),
            Language::En => format!("the session cannot be joined: {why}"),
        },
        NoEntry::Answer(status) => match lang {
            Language::Vi => format!("máy chủ trả lời bất thường (HTTP {status}); địa chỉ có đúng không?"),
            Language::En => format!("unexpected answer (HTTP {status}); is this the right address?"),
        },
        NoEntry::SentAway => plain(
            "đã vào nhưng bị đưa ra khỏi phòng: phòng đóng, đầy, hoặc có nơi khác vào thay",
            "let in and sent away: the room closed, is full, or somebody else took this place",
        ),
        NoEntry::NoMedia => plain(
            "vào được phòng nhưng không có đường truyền hình, tiếng: cổng media (UDP hoặc TCP 7882) bị chặn?",
            "joined, but sound and picture cannot pass: is the media port (UDP or TCP 7882) blocked?",
        ),
        NoEntry::Broken(why) => match lang {
            Language::Vi => format!("lỗi: {why}"),
            Language::En => format!("failed: {why}"),
        },
    }
}
