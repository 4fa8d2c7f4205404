//! Đại biểu: people named at an endpoint of a session, and whether they were there. Điểm danh.

use crate::field::{FieldCode, FieldError, Fields};
use crate::id::{AccountId, DelegateId, PersonId, RosterId};
use crate::moment::Moment;
use crate::text;

crate::words::words! {
    /// The verdict about a delegate.
    pub enum Presence {
        /// Có mặt tại phòng.
        InRoom = "in_room",
        /// Có mặt trực tuyến.
        Online = "online",
        /// Vắng có lý do.
        Excused = "excused",
        /// Vắng không lý do.
        Unexcused = "unexcused",
        /// Chưa điểm danh.
        Unknown = "unknown",
    }
}

impl Presence {
    /// Was the delegate there?
    pub const fn is_present(self) -> bool {
        matches!(self, Self::InRoom | Self::Online)
    }
}

crate::words::words! {
    /// What is not in order about one who was there.
    pub enum AttendanceWarningCode {
        /// Came instead of somebody else, and the chair's consent is not written down.
        SubstituteWithoutConsent = "substitute_without_consent",
    }
}

/// A delegate with the latest mark of the roll.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Delegate {
    /// Identity.
    pub id: DelegateId,
    /// The line of the roster: at which endpoint.
    pub roster_id: RosterId,
    /// The person of the directory, if it is one.
    pub person_id: Option<PersonId>,
    /// Họ và tên, as named for this session.
    pub full_name: String,
    /// Chức vụ, as named for this session.
    pub title: String,
    /// Đi thay: name of the one who cannot come.
    pub substitute_for: Option<String>,
    /// Did the chair consent to the substitute?
    pub consented: Option<bool>,
    /// Was the delegate there?
    pub presence: Presence,
    /// Đến muộn.
    pub late: bool,
    /// Về sớm.
    pub left_early: bool,
    /// What else is to be said.
    pub note: Option<String>,
    /// Name of who took the roll.
    pub marked_by: Option<String>,
    /// When the roll was taken.
    pub marked_at: Option<Moment>,
}

impl Delegate {
    /// What is not in order about the delegate's being there. A substitute comes only with the chair's consent; that
    /// there is none written down does not undo the attendance, but it is never silent.
    pub fn warning(&self) -> Option<AttendanceWarningCode> {
        let unasked = self.substitute_for.is_some() && self.consented != Some(true);
        (self.presence.is_present() && unasked).then_some(AttendanceWarningCode::SubstituteWithoutConsent)
    }
}

/// A delegate to name, or to keep when `id` is one of the endpoint's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelegate {
    /// The delegate as named before.
    pub id: Option<DelegateId>,
    /// The person of the directory, if it is one.
    pub person_id: Option<PersonId>,
    /// Họ và tên.
    pub full_name: String,
    /// Chức vụ.
    pub title: String,
    /// Name of the one who cannot come.
    pub substitute_for: Option<String>,
    /// Did the chair consent to the substitute?
    pub consented: Option<bool>,
}

/// Who sits in a place of the list, as kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Seat {
    /// Identity.
    pub id: DelegateId,
    /// The person of the directory, if it is one.
    pub person_id: Option<PersonId>,
    /// Họ và tên.
    pub full_name: String,
    /// Chức vụ.
    pub title: String,
    /// Name of the one who cannot come.
    pub substitute_for: Option<String>,
    /// Did the chair consent to the substitute?
    pub consented: Option<bool>,
}

impl Seat {
    /// Is the other one somebody else? A title or a substitution that is put right leaves the person the same.
    pub fn is_another_person(&self, other: &Self) -> bool {
        self.person_id != other.person_id || self.full_name != other.full_name
    }
}

/// A seat before and after.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Changed {
    /// Before.
    pub was: Seat,
    /// After.
    pub now: Seat,
}

/// What naming the delegates of an endpoint anew has done, for the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reseating {
    /// Who came onto the list, or back onto it.
    pub added: Vec<Seat>,
    /// Who was taken off it.
    pub withdrawn: Vec<Seat>,
    /// Whose entry says something else now.
    pub changed: Vec<Changed>,
}

impl NewDelegate {
    /// The seat that keeps it under this identity, its texts in the form to store.
    pub fn seat(&self, id: DelegateId) -> Seat {
        Seat {
            id,
            person_id: self.person_id,
            full_name: text::clean(&self.full_name),
            title: text::clean(&self.title),
            substitute_for: self.substitute_for.as_deref().and_then(text::clean_or_none),
            consented: self.consented,
        }
    }
}

/// One mark of the roll. Marks are never changed: a correction is a later mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMark {
    /// About whom.
    pub delegate_id: DelegateId,
    /// The verdict.
    pub presence: Presence,
    /// Đến muộn.
    pub late: bool,
    /// Về sớm.
    pub left_early: bool,
    /// What else is to be said.
    pub note: Option<String>,
}

/// A mark as kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Mark {
    /// About whom.
    pub delegate_id: DelegateId,
    /// The how-manieth mark about that delegate, from 1.
    pub revision: i64,
    /// The verdict.
    pub presence: Presence,
    /// Đến muộn.
    pub late: bool,
    /// Về sớm.
    pub left_early: bool,
    /// What else is to be said.
    pub note: Option<String>,
    /// Who took the roll.
    pub marked_by_id: Option<AccountId>,
    /// Name of who took the roll.
    pub marked_by: String,
    /// When.
    pub marked_at: Moment,
}

/// What is wrong with the delegates of one endpoint, of whom there may be `most`; fields are named
/// `delegates.3.full_name`.
pub fn delegates_verdict(delegates: &[NewDelegate], most: usize) -> Result<(), Vec<FieldError>> {
    let mut fields = Fields::new();
    if delegates.len() > most {
        fields.refuse("delegates", FieldCode::TooMany);
        return fields.verdict();
    }
    for (at, delegate) in delegates.iter().enumerate() {
        let field = |name: &str| format!("delegates.{at}.{name}");
        fields.line(&field("full_name"), &delegate.full_name, 200);
        fields.optional_line(&field("title"), &delegate.title, 200);
        fields.optional_line(
            &field("substitute_for"),
            delegate.substitute_for.as_deref().unwrap_or_default(),
            200,
        );
        let known = |other: &NewDelegate| {
            (other.id.is_some() && other.id == delegate.id)
                || (other.person_id.is_some() && other.person_id == delegate.person_id)
        };
        fields.require(!delegates[..at].iter().any(known), &field("person_id"), FieldCode::Duplicate);
        let without_cause = delegate.consented.is_some() && delegate.substitute_for.is_none();
        fields.require(!without_cause, &field("consented"), FieldCode::Contradiction);
    }
    fields.verdict()
}

/// What is wrong with marks of the roll; fields are named `marks.3.late`. One who was not there was neither late nor
/// gone early.
pub fn marks_verdict(marks: &[NewMark]) -> Result<(), Vec<FieldError>> {
    let mut fields = Fields::new();
    for (at, mark) in marks.iter().enumerate() {
        let field = |name: &str| format!("marks.{at}.{name}");
        fields.require(mark.presence.is_present() || !mark.late, &field("late"), FieldCode::Contradiction);
        fields.require(
            mark.presence.is_present() || !mark.left_early,
            &field("left_early"),
            FieldCode::Contradiction,
        );
        fields.optional_text(&field("note"), mark.note.as_deref().unwrap_or_default(), 1_000);
        let again = marks[..at].iter().any(|other| other.delegate_id == mark.delegate_id);
        fields.require(!again, &field("delegate_id"), FieldCode::Duplicate);
    }
    fields.verdict()
}

/// What else is wrong with marks that correct the roll of a session that has ended: each needs a reason, its note.
pub fn corrections_verdict(marks: &[NewMark]) -> Result<(), Vec<FieldError>> {
    let mut fields = Fields::new();
    for (at, mark) in marks.iter().enumerate() {
        let said = mark.note.as_deref().is_some_and(|note| !text::is_blank(note));
        fields.require(said, &format!("marks.{at}.note"), FieldCode::Required);
    }
    fields.verdict()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_was_absent_was_not_late() {
        let mark = NewMark {
            delegate_id: DelegateId::new(Moment::from_millis(1)),
            presence: Presence::Excused,
            late: true,
            left_early: false,
            note: None,
        };
        let errors = marks_verdict(std::slice::from_ref(&mark)).unwrap_err();
        assert_eq!(errors, [FieldError { field: "marks.0.late".into(), code: FieldCode::Contradiction }]);
        assert_eq!(marks_verdict(&[NewMark { presence: Presence::InRoom, ..mark }]), Ok(()));
    }

    #[test]
    fn a_person_sits_at_an_endpoint_once() {
        let delegate = NewDelegate {
            id: None,
            person_id: Some(PersonId::new(Moment::from_millis(1))),
            full_name: "Lò Văn An".into(),
            title: "Chủ tịch".into(),
            substitute_for: None,
            consented: None,
        };
        let twice = [delegate.clone(), delegate];
        let refused = |most| delegates_verdict(&twice, most).unwrap_err();
        let error = |field: &str, code| [FieldError { field: field.into(), code }];
        assert_eq!(refused(2), error("delegates.1.person_id", FieldCode::Duplicate));
        assert_eq!(refused(1), error("delegates", FieldCode::TooMany));
    }
}
