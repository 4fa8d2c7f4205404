//! The attendance of a session as a table: endpoint by endpoint, delegate by delegate.

use schema::{delegate::Delegate, delegate::Presence, moment::Moment};

use super::csv::{Cell, Table};
use crate::{
    language::Language,
    service::attendance::{Attendance, AttendanceLine},
};

const MINUTE_MS: i64 = 60_000;

/// Who was there. An endpoint at which nobody was named has a row without a delegate.
pub fn table(attendance: &Attendance, language: Language) -> Table {
    let rows_of = |line: &AttendanceLine| -> Vec<Vec<Cell>> {
        let named: Vec<Option<&Delegate>> = if line.line.delegates.is_empty() {
            vec![None]
        } else {
            line.line.delegates.iter().map(Some).collect()
        };
        named.into_iter().map(|delegate| cells(line, delegate, language)).collect()
    };
    Table {
        name: format!("giaoban-attendance-{}", attendance.session.held_on),
        headings: headings(language),
        rows: attendance.lines.iter().flat_map(rows_of).collect(),
    }
}

fn headings(language: Language) -> Vec<&'static str> {
    match language {
        Language::Vi => vec![
            "Đơn vị",
            "Điểm cầu",
            "Kết nối lần đầu",
            "Kết nối lần cuối",
            "Phút kết nối",
            "Số lần mất kết nối",
            "Phút mất kết nối",
            "Điểm cầu vào muộn",
            "Điểm cầu rời sớm",
            "Đại biểu",
            "Chức vụ",
            "Dự thay",
            "Chủ trì đồng ý",
            "Điểm danh",
            "Đến muộn",
            "Về sớm",
            "Ghi chú",
        ],
        Language::En => vec![
            "Unit",
            "Endpoint",
            "First connected",
            "Last connected",
            "Minutes connected",
            "Times lost",
            "Minutes lost",
            "Endpoint late",
            "Endpoint left early",
            "Delegate",
            "Title",
            "Substitute for",
            "Chair consented",
            "Roll-call",
            "Late",
            "Left early",
            "Note",
        ],
    }
}

fn cells(line: &AttendanceLine, delegate: Option<&Delegate>, language: Language) -> Vec<Cell> {
    let connection = &line.connection;
    let endpoint = &line.line.entry.endpoint;
    let mut cells: Vec<Cell> = vec![
        endpoint.unit_name.as_str().into(),
        endpoint.name.as_str().into(),
        time(connection.first_at),
        time(connection.last_at),
        (connection.connected_ms / MINUTE_MS).into(),
        connection.gaps.into(),
        (connection.gap_ms / MINUTE_MS).into(),
        yes(connection.late, language),
        yes(connection.left_early, language),
    ];
    let Some(delegate) = delegate else {
        cells.resize(headings(language).len(), "".into());
        return cells;
    };
    cells.extend([
        delegate.full_name.as_str().into(),
        delegate.title.as_str().into(),
        delegate.substitute_for.as_deref().unwrap_or_default().into(),
        consent(delegate, language),
        presence(delegate.presence, language).into(),
        yes(delegate.late, language),
        yes(delegate.left_early, language),
        delegate.note.as_deref().unwrap_or_default().into(),
    ]);
    cells
}

fn time(moment: Option<Moment>) -> Cell {
    moment.map(|at| at.local().format("%H:%M:%S").to_string()).unwrap_or_default().into()
}

fn yes(holds: bool, language: Language) -> Cell {
    if holds { language.pick("có", "yes").into() } else { "".into() }
}

/// Of a substitute only.
fn consent(delegate: &Delegate, language: Language) -> Cell {
    match (&delegate.substitute_for, delegate.consented) {
        (None, _) => "".into(),
        (Some(_), Some(true)) => language.pick("có", "yes").into(),
        (Some(_), Some(false)) => language.pick("không", "no").into(),
        (Some(_), None) => language.pick("chưa ghi nhận", "not recorded").into(),
    }
}

const fn presence(presence: Presence, language: Language) -> &'static str {
    let (vi, en) = match presence {
        Presence::InRoom => ("Có mặt tại phòng", "In the room"),
        Presence::Online => ("Có mặt trực tuyến", "Online"),
        Presence::Excused => ("Vắng có lý do", "Excused"),
        Presence::Unexcused => ("Vắng không lý do", "Unexcused"),
        Presence::Unknown => ("Chưa điểm danh", "Not called"),
    };
    language.pick(vi, en)
}
