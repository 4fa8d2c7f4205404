//! Texts about the savings ledger.

use schema::cost::Exclusion;

use crate::language::Language;

/// What the sums of a ledger are called: an estimate by norms, not money in hand.
pub const fn savings_label(language: Language) -> &'static str {
    language.pick("Chi phí ước tính tiết kiệm (theo định mức)", "Estimated cost avoided (by norms)")
}

/// Why a delegate saved nothing.
pub const fn exclusion(why: Exclusion, language: Language) -> &'static str {
    let (vi, en) = match why {
        Exclusion::Host => ("Dự tại điểm cầu chính", "Sat at the host"),
        Exclusion::InPerson => ("Họp trực tiếp", "Meeting in person"),
        Exclusion::NotPresent => ("Không có mặt", "Not present"),
        Exclusion::NotConnected => ("Điểm cầu không kết nối", "The endpoint never connected"),
        Exclusion::SamePlace => ("Cùng địa bàn với điểm cầu chính", "Same place as the host"),
        Exclusion::BelowThreshold => ("Dưới cự ly được thanh toán", "Below the paid distance"),
    };
    language.pick(vi, en)
}
