//! The savings ledger as a table: delegate by delegate, each with the norms and texts that its figures rest on.

use schema::{ledger::LedgerRow, norm::NormKind};

use super::csv::{Cell, Table};
use crate::{language::Language, service::ledger::Shown, texts};

/// The ledger of a session.
pub fn table(shown: &Shown, language: Language) -> Table {
    Table {
        name: format!("giaoban-ledger-{}", shown.session.held_on),
        headings: headings(language),
        rows: shown.ledger.rows.iter().map(|row| cells(row, language)).collect(),
    }
}

fn headings(language: Language) -> Vec<&'static str> {
    match language {
        Language::Vi => vec![
            "Đại biểu",
            "Chức vụ",
            "Đơn vị",
            "Điểm cầu",
            "Quãng đường một lượt (m)",
            "Thời gian một lượt (phút)",
            "Ngày công tác",
            "Đêm nghỉ",
            "Phụ cấp lưu trú (đ)",
            "Tiền nghỉ (đ)",
            "Tiền đi lại (đ)",
            "Giải khát (đ)",
            "Cộng (đ)",
            "Phút đi lại tiết kiệm",
            "Không tính vì",
            "Giá xăng (đ/lít)",
            "Căn cứ",
            "Phiên bản công thức",
        ],
        Language::En => vec![
            "Delegate",
            "Title",
            "Unit",
            "Endpoint",
            "One way (m)",
            "One way (minutes)",
            "Days away",
            "Nights away",
            "Stay allowance (VND)",
            "Lodging (VND)",
            "Transport (VND)",
            "Refreshments (VND)",
            "Total (VND)",
            "Travel minutes saved",
            "Left out because",
            "Petrol (VND/litre)",
            "Basis",
            "Formula version",
        ],
    }
}

fn cells(row: &LedgerRow, language: Language) -> Vec<Cell> {
    let basis: Vec<String> = row
        .norms
        .iter()
        .map(|norm| {
            format!("{}: {} đ ({})", norm_name(norm.kind, language), norm.value_dong, norm.legal_basis)
        })
        .collect();
    vec![
        row.delegate.as_str().into(),
        row.title.as_str().into(),
        row.unit.as_str().into(),
        row.endpoint.as_str().into(),
        row.distance_metres.into(),
        row.one_way_minutes.into(),
        row.trip_days.into(),
        row.nights.into(),
        row.allowance_dong.into(),
        row.lodging_dong.into(),
        row.transport_dong.into(),
        row.refreshments_dong.into(),
        row.total_dong.into(),
        row.minutes_saved.into(),
        row.excluded.map_or("", |excluded| texts::exclusion(excluded, language)).into(),
        row.petrol_price_dong.into(),
        basis.join("; ").into(),
        row.formula_version.into(),
    ]
}

const fn norm_name(kind: NormKind, language: Language) -> &'static str {
    let (vi, en) = match kind {
        NormKind::StayAllowance => ("Phụ cấp lưu trú", "Stay allowance"),
        NormKind::Lodging => ("Tiền nghỉ", "Lodging"),
        NormKind::PetrolPrice => ("Giá xăng", "Petrol price"),
        NormKind::Refreshments => ("Giải khát", "Refreshments"),
    };
    language.pick(vi, en)
}
