//! The report: for people in their language, for programs in JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    figures::Figures,
    verdict::{self, Judged, Limits, What},
    words,
};
use crate::language::Language;

/// What a run found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Every figure is within its limit.
    pub ok: bool,
    /// Those that are not.
    pub missed: Vec<What>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    #[serde(skip)]
    judged: Vec<Judged>,
}

impl Report {
    /// Holds figures against limits.
    pub fn new(figures: Figures, limits: &Limits) -> Self {
        let judged = verdict::judge(&figures, limits);
        let missed: Vec<What> = judged.iter().filter(|one| !one.holds()).map(|one| one.what).collect();
        Self { ok: missed.is_empty(), missed, figures, judged }
    }

    /// For people.
    pub fn text(&self, lang: Language) -> String {
        let verdict = if self.ok {
            lang.pick("Đường truyền ĐẠT yêu cầu", "The line is GOOD ENOUGH")
        } else {
            lang.pick("Đường truyền KHÔNG ĐẠT yêu cầu", "The line is NOT GOOD ENOUGH")
        };
        let mut text = verdict.to_owned();
        for judged in &self.judged {
            let (label, unit) = words::what(judged.what, lang);
            let value = judged
                .value
                .map_or_else(|| lang.pick("không có", "none").to_owned(), |value| number(value, unit, lang));
            let bound = if judged.least { "≥" } else { "≤" };
            let limit = number(judged.limit, unit, lang);
            let mark =
                if judged.holds() { lang.pick("đạt", "ok") } else { lang.pick("KHÔNG ĐẠT", "MISSED") };
            // Writing to a string does not fail.
            let _ = write!(text, "\n  {label:<36} {value:>14}   {bound} {limit:<12} {mark}");
        }
        for note in words::notes(&self.figures, lang) {
            let _ = write!(text, "\n  {note}");
        }
        text
    }
}

/// With the decimal sign of the language.
fn number(value: f64, unit: &str, lang: Language) -> String {
    let digits = usize::from(value.fract() != 0.0 && value < 100.0);
    let text = format!("{value:.digits$}");
    let text = if lang == Language::Vi { text.replace('.', ",") } else { text };
    format!("{text} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_join_ms: 5000.0,
        max_loss: 2.5,
        max_rtt_ms: 300.0,
        max_jitter_ms: 50.0,
        min_kbps: 300.0,
    };

    fn figures(rtt_ms: f64) -> Figures {
        Figures { join_ms: Some(312.4), rtt_ms: Some(rtt_ms), ..Figures::default() }
    }

    #[test]
    fn the_report_says_in_both_languages_what_is_wrong() {
        let report = Report::new(figures(412.0), &LIMITS);
        let (vi, en) = (report.text(Language::Vi), report.text(Language::En));
        assert!(vi.starts_with("Đường truyền KHÔNG ĐẠT") && en.starts_with("The line is NOT"), "{vi}\n{en}");
        let line = |text: &str| text.lines().find(|line| line.contains("412 ms")).map(str::to_owned);
        assert!(line(&vi).is_some_and(|line| line.contains("KHÔNG ĐẠT")), "{vi}");
        assert!(line(&en).is_some_and(|line| line.contains("MISSED")), "{en}");
    }

    #[test]
    fn numbers_have_the_decimal_sign_of_the_language() {
        let report = Report::new(figures(12.5), &LIMITS);
        assert!(report.text(Language::Vi).contains("12,5 ms"));
        assert!(report.text(Language::En).contains("12.5 ms"));
    }

    #[test]
    fn json_names_what_was_missed() {
        let json = serde_json::to_value(Report::new(figures(412.0), &LIMITS)).unwrap();
        assert_eq!(json["ok"], false);
        assert_eq!(json["missed"], serde_json::json!(["rtt_ms"]));
        assert_eq!(json["join_ms"], 312.4);
    }
}
