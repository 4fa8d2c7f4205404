//! Invented names as they are heard in the province: Thái, Mông, Kinh and their neighbours.

use super::dice::Dice;

const FAMILIES: [&[&str]; 4] = [
    &["Lò", "Quàng", "Cà", "Tòng", "Lường", "Vì", "Bạc", "Mào"],
    &["Giàng", "Vừ", "Sùng", "Mùa", "Thào", "Hạng", "Cứ", "Ly"],
    &["Nguyễn", "Trần", "Phạm", "Lê", "Vũ", "Hoàng", "Đặng", "Bùi"],
    &["Pờ", "Chang", "Khoàng", "Lỳ", "Chảo", "Tẩn", "Phàn", "Lù"],
];
const MEN: [&[&str]; 4] = [
    &["Văn Thành", "Văn Hùng", "Văn Phương", "Văn Tiến", "Văn Dũng", "Văn Bình", "Văn Quý", "Văn Muôn"],
    &["A Páo", "A Chứ", "A Dế", "A Tủa", "A Sình", "A Vảng", "A Lử", "A Dình"],
    &[
        "Quang Huy",
        "Đức Thắng",
        "Minh Tuấn",
        "Ngọc Sơn",
        "Xuân Trường",
        "Tiến Đạt",
        "Hữu Nghĩa",
        "Việt Cường",
    ],
    &["Dần Sinh", "Hừ Cà", "Gió Tư", "Chí Phạ", "Sành Phù", "A Mìn", "Văn Khai", "Văn Sơn"],
];
const WOMEN: [&[&str]; 4] = [
    &["Thị Ánh", "Thị Hặc", "Thị Minh", "Thị Thủy", "Thị Biên", "Thị Hương", "Thị Phượng", "Thị Xuân"],
    &["Thị Mỷ", "Thị Dợ", "Thị Sua", "Thị Chía", "Thị Pà", "Thị Mo", "Thị Dí", "Thị Cở"],
    &[
        "Thị Thu Hà",
        "Thị Lan Anh",
        "Thị Mai",
        "Thị Hồng Nhung",
        "Thị Ngọc",
        "Bích Liên",
        "Thanh Huyền",
        "Thu Trang",
    ],
    &["Thị Nga", "Mỳ Lé", "Go Pư", "Thị Sen", "Lan Hoa", "Thị Hoa", "Thị Nụ", "Thị Pủ"],
];

/// A name; in districts rather one of the uplands.
pub fn full_name(dice: &mut Dice, capital: bool) -> String {
    let people = match dice.between(0, 9) {
        0..=3 => 0,
        4..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let people = if capital && people != 0 { 2 } else { people };
    let given = if dice.chance(35) { WOMEN[people] } else { MEN[people] };
    format!("{} {}", dice.pick(FAMILIES[people]), dice.pick(given))
}
