//! Names of the kinds of meetings.

use schema::session::MeetingKind;

use crate::language::Language;

/// Loại cuộc họp, by name.
pub const fn kind(kind: MeetingKind, language: Language) -> &'static str {
    let (vi, en) = match kind {
        MeetingKind::Briefing => ("Họp giao ban", "Briefing"),
        MeetingKind::Advisory => ("Họp tham mưu, tư vấn", "Advisory meeting"),
        MeetingKind::ProblemSolving => ("Họp giải quyết công việc", "Working meeting"),
        MeetingKind::Coordination => ("Họp điều phối", "Co-ordination meeting"),
        MeetingKind::Professional => ("Họp chuyên môn", "Professional meeting"),
        MeetingKind::Thematic => ("Họp chuyên đề", "Thematic meeting"),
        MeetingKind::Review => ("Họp sơ kết, tổng kết", "Review"),
        MeetingKind::Training => ("Họp tập huấn, triển khai", "Training and roll-out"),
    };
    language.pick(vi, en)
}
