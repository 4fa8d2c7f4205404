//! Texts about attendance.

use schema::delegate::AttendanceWarningCode;

use crate::language::Language;

/// What is not in order about one who was there.
pub const fn attendance_warning(warning: AttendanceWarningCode, language: Language) -> &'static str {
    let (vi, en) = match warning {
        AttendanceWarningCode::SubstituteWithoutConsent => (
            "Dự thay nhưng chưa ghi nhận ý kiến đồng ý của người chủ trì",
            "A substitute without the chair's recorded consent",
        ),
    };
    language.pick(vi, en)
}
