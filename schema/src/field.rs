//! What is wrong with an input, field by field. The server turns codes into sentences of the reader's language.

use crate::text;

crate::words::words! {
    /// What is wrong with a field.
    pub enum FieldCode {
        /// Nothing was given where something is needed.
        Required = "required",
        /// The text is longer than the field takes.
        TooLong = "too_long",
        /// The text is shorter than the rule asks for.
        TooShort = "too_short",
        /// The text has the wrong shape.
        BadFormat = "bad_format",
        /// The number is outside its range.
        OutOfRange = "out_of_range",
        /// No such thing exists.
        Unknown = "unknown",
        /// The same thing is named twice, or the name is taken.
        Duplicate = "duplicate",
        /// It ends before it starts, or when it starts.
        EndsBeforeStart = "ends_before_start",
        /// It lies in the past.
        InThePast = "in_the_past",
        /// The thing is not valid on that date.
        OutsideValidity = "outside_validity",
        /// It belongs to a unit that is not part of this.
        OtherUnit = "other_unit",
        /// The endpoint cannot host.
        NotAHost = "not_a_host",
        /// It contradicts another field.
        Contradiction = "contradiction",
        /// The present password was asked for and another was given.
        WrongPassword = "wrong_password",
        /// The password has too few kinds of characters.
        TooWeak = "too_weak",
        /// The list is longer than is taken.
        TooMany = "too_many",
        /// It is set at a higher level.
        Reserved = "reserved",
    }
}

/// One field that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Name of the field, as in the JSON of the interface.
    pub field: String,
    /// What is wrong with it.
    pub code: FieldCode,
}

/// Collects what is wrong with an input. A validation reads as a list of what must hold.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `field` is wrong.
    pub fn refuse(&mut self, field: impl Into<String>, code: FieldCode) {
        self.0.push(FieldError { field: field.into(), code });
    }

    /// Notes that `field` is wrong unless `holds`.
    pub fn require(&mut self, holds: bool, field: &str, code: FieldCode) {
        if !holds {
            self.refuse(field, code);
        }
    }

    /// A text that must be there, of at most `longest` characters.
    pub fn text(&mut self, field: &str, text: &str, longest: usize) {
        self.require(!text::is_blank(text), field, FieldCode::Required);
        self.optional_text(field, text, longest);
    }

    /// A text of one line that must be there, of at most `longest` characters.
    pub fn line(&mut self, field: &str, line: &str, longest: usize) {
        self.require(!text::is_blank(line), field, FieldCode::Required);
        self.optional_line(field, line, longest);
    }

    /// A text of one line that may be empty, of at most `longest` characters, which reads in the order in which it was
    /// typed: no line ends, tabs, other control characters or changes of direction.
    pub fn optional_line(&mut self, field: &str, line: &str, longest: usize) {
        self.require(text::clean(line).chars().count() <= longest, field, FieldCode::TooLong);
        self.require(text::is_one_line(line), field, FieldCode::BadFormat);
    }

    /// A text that may be empty, of at most `longest` characters, without control characters other than line ends.
    pub fn optional_text(&mut self, field: &str, text: &str, longest: usize) {
        self.require(text::clean(text).chars().count() <= longest, field, FieldCode::TooLong);
        let printable = !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        self.require(printable, field, FieldCode::BadFormat);
    }

    /// A number that must lie in a range.
    pub fn number(&mut self, field: &str, number: i64, range: std::ops::RangeInclusive<i64>) {
        self.require(range.contains(&number), field, FieldCode::OutOfRange);
    }

    /// What was found, in the order in which it was looked for.
    pub fn into_errors(self) -> Vec<FieldError> {
        self.0
    }

    /// `Ok` when nothing is wrong.
    pub fn verdict(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(check: impl FnOnce(&mut Fields)) -> Vec<FieldCode> {
        let mut fields = Fields::new();
        check(&mut fields);
        fields.into_errors().into_iter().map(|error| error.code).collect()
    }

    #[test]
    fn what_nobody_can_see_is_no_text() {
        for nothing in ["", "  ", "\u{200b}\u{200b}", "\u{feff} \u{2060}"] {
            assert_eq!(refused(|fields| fields.text("subject", nothing, 500)), [FieldCode::Required]);
            assert_eq!(refused(|fields| fields.line("subject", nothing, 500)), [FieldCode::Required]);
        }
    }

    #[test]
    fn a_line_neither_breaks_nor_turns_its_direction() {
        for line in ["a\nb", "a\tb", "a\u{2028}b", "a\u{7}b", "gnp.\u{202e}exe", "\u{2066}a\u{2069}"] {
            assert_eq!(
                refused(|fields| fields.line("subject", line, 500)),
                [FieldCode::BadFormat],
                "{line:?}"
            );
        }
        assert_eq!(refused(|fields| fields.line("subject", "Giao ban tháng 3: sơ kết, nhiệm vụ\n", 500)), []);
        assert_eq!(refused(|fields| fields.text("content", "Một.\n\tHai.", 500)), []);
    }
}
