//! Texts of wrong fields, by code.

use schema::field::FieldCode;

use crate::language::Language;

/// What is wrong with a field, in words.
pub const fn field(code: FieldCode, language: Language) -> &'static str {
    let (vi, en) = match code {
        FieldCode::Required => ("Chưa nhập", "Required"),
        FieldCode::TooLong => ("Quá dài", "Too long"),
        FieldCode::TooShort => ("Quá ngắn", "Too short"),
        FieldCode::BadFormat => ("Sai định dạng", "Not in the right form"),
        FieldCode::OutOfRange => ("Ngoài giới hạn cho phép", "Out of range"),
        FieldCode::Unknown => ("Không tìm thấy", "Not found"),
        FieldCode::Duplicate => ("Bị trùng", "Already there"),
        FieldCode::EndsBeforeStart => ("Kết thúc phải sau bắt đầu", "The end must be after the start"),
        FieldCode::InThePast => ("Thời gian đã qua", "This time is past"),
        FieldCode::OutsideValidity => {
            ("Chưa hoặc không còn hiệu lực vào ngày đó", "Not in force on that date")
        }
        FieldCode::OtherUnit => {
            ("Thuộc đơn vị không dự phiên này", "Belongs to a unit that is not part of this")
        }
        FieldCode::NotAHost => ("Điểm cầu này không làm điểm cầu chính được", "This endpoint cannot host"),
        FieldCode::Contradiction => ("Mâu thuẫn với mục khác", "Contradicts another field"),
        FieldCode::WrongPassword => ("Mật khẩu hiện tại không đúng", "The present password is wrong"),
        FieldCode::TooWeak => (
            "Cần đủ chữ hoa, chữ thường, chữ số và ký tự khác",
            "Use capitals, small letters, digits and other signs",
        ),
        FieldCode::TooMany => ("Quá nhiều mục", "Too many entries"),
        FieldCode::Reserved => (
            "Do cấp tỉnh quyết định vì dùng để tính chi phí",
            "Set by the province, because costs are reckoned by it",
        ),
    };
    language.pick(vi, en)
}
