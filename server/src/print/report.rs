//! Tables of a report.

use schema::report::Report;

use super::csv::{Cell, Table};
use crate::{language::Language, texts};

/// Session by session.
pub fn sessions(report: &Report, language: Language) -> Table {
    let row = |session: &schema::report::SessionRow| -> Vec<Cell> {
        vec![
            session.starts_at.local().format("%d/%m/%Y %H:%M").to_string().into(),
            session.subject.as_str().into(),
            texts::kind(session.kind, language).into(),
            session.endpoints_invited.into(),
            session.endpoints_joined.into(),
            session.delegates_present.into(),
            session.net_dong.into(),
        ]
    };
    Table {
        name: name(report, "sessions"),
        headings: match language {
            Language::Vi => vec![
                "Thời gian",
                "Nội dung",
                "Loại cuộc họp",
                "Điểm cầu mời",
                "Điểm cầu tham gia",
                "Đại biểu có mặt",
                "Chi phí ước tính tiết kiệm (đ)",
            ],
            Language::En => vec![
                "Time",
                "Subject",
                "Kind",
                "Endpoints invited",
                "Endpoints joined",
                "Delegates present",
                "Estimated cost avoided (VND)",
            ],
        },
        rows: report.sessions.iter().map(row).collect(),
    }
}

/// Unit by unit.
pub fn units(report: &Report, language: Language) -> Table {
    let row = |unit: &schema::report::UnitRow| -> Vec<Cell> {
        vec![
            unit.unit.name.as_str().into(),
            unit.invited.into(),
            unit.joined.into(),
            unit.late.into(),
            unit.connected_minutes.into(),
            unit.delegates_named.into(),
            unit.delegates_present.into(),
            unit.person_minutes_saved.into(),
            unit.net_dong.into(),
        ]
    };
    Table {
        name: name(report, "units"),
        headings: match language {
            Language::Vi => vec![
                "Đơn vị",
                "Lượt mời",
                "Lượt tham gia",
                "Lượt vào muộn",
                "Phút kết nối",
                "Đại biểu cử",
                "Đại biểu có mặt",
                "Phút đi lại tiết kiệm",
                "Chi phí ước tính tiết kiệm (đ)",
            ],
            Language::En => vec![
                "Unit",
                "Invited",
                "Joined",
                "Late",
                "Minutes connected",
                "Delegates named",
                "Delegates present",
                "Travel minutes saved",
                "Estimated cost avoided (VND)",
            ],
        },
        rows: report.by_unit.iter().map(row).collect(),
    }
}

/// Month by month.
pub fn months(report: &Report, language: Language) -> Table {
    let row = |month: &schema::report::MonthRow| -> Vec<Cell> {
        vec![
            month.month.as_str().into(),
            month.sessions.into(),
            month.endpoints_joined.into(),
            month.delegates_present.into(),
            month.agencies_online.into(),
            month.agencies_all.into(),
            month.person_minutes_saved.into(),
            month.net_dong.into(),
        ]
    };
    Table {
        name: name(report, "months"),
        headings: match language {
            Language::Vi => vec![
                "Tháng",
                "Phiên họp",
                "Điểm cầu tham gia",
                "Đại biểu có mặt",
                "Cơ quan họp trực tuyến",
                "Tổng số cơ quan",
                "Phút đi lại tiết kiệm",
                "Chi phí ước tính tiết kiệm (đ)",
            ],
            Language::En => vec![
                "Month",
                "Sessions",
                "Endpoints joined",
                "Delegates present",
                "Agencies online",
                "Agencies in all",
                "Travel minutes saved",
                "Estimated cost avoided (VND)",
            ],
        },
        rows: report.by_month.iter().map(row).collect(),
    }
}

fn name(report: &Report, table: &str) -> String {
    format!("giaoban-{table}-{}-{}", report.from, report.to)
}
