//! Định mức: amounts of money by date, zone and legal basis. A norm is never edited: another one takes its place from
//! a later day, or for the same day.

use crate::day::Day;
use crate::endpoint::Zone;
use crate::field::{FieldCode, FieldError, Fields};
use crate::id::NormId;

/// More than any norm: a mistyped one is refused here.
const LARGEST_DONG: i64 = 100_000_000;

crate::words::words! {
    /// What an amount is for.
    pub enum NormKind {
        /// Phụ cấp lưu trú, đồng a day.
        StayAllowance = "stay_allowance",
        /// Khoán tiền thuê phòng nghỉ, đồng a night.
        Lodging = "lodging",
        /// Giá xăng, đồng a litre.
        PetrolPrice = "petrol_price",
        /// Chi giải khát giữa giờ, đồng a half day and delegate.
        Refreshments = "refreshments",
    }
}

/// A norm.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Norm {
    /// Identity.
    pub id: NormId,
    /// What it is for.
    pub kind: NormKind,
    /// The amount, in đồng per unit of its kind.
    pub value_dong: i64,
    /// For endpoints of this zone only; `None` is for all that have none of their own.
    pub zone: Option<Zone>,
    /// Căn cứ pháp lý.
    pub legal_basis: String,
    /// First day on which it holds.
    pub effective_from: Day,
    /// Last day on which it holds.
    pub effective_to: Option<Day>,
    /// Has someone checked it against the text?
    pub confirmed: bool,
}

/// A norm to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNorm {
    /// What it is for.
    pub kind: NormKind,
    /// The amount, in đồng per unit of its kind.
    pub value_dong: i64,
    /// For endpoints of this zone only.
    pub zone: Option<Zone>,
    /// Căn cứ pháp lý.
    pub legal_basis: String,
    /// First day on which it holds.
    pub effective_from: Day,
    /// Last day on which it holds.
    pub effective_to: Option<Day>,
    /// Has someone checked it against the text?
    pub confirmed: bool,
}

impl NewNorm {
    /// What is wrong with it.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        fields.number("value_dong", self.value_dong, 0..=LARGEST_DONG);
        fields.text("legal_basis", &self.legal_basis, 500);
        let ends_after = self.effective_to.is_none_or(|to| self.effective_from <= to);
        fields.require(ends_after, "effective_to", FieldCode::EndsBeforeStart);
        fields.verdict()
    }
}

/// All norms ever in force: those stored stand above those that come with the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Norms(Vec<Norm>);

impl Norms {
    /// These norms, in the order in which they were stored, on top of [`crate::facts::norms`].
    pub fn new(stored: Vec<Norm>) -> Self {
        let mut norms = crate::facts::norms();
        for norm in stored {
            norms.retain(|known| !same_place(known, &norm));
            norms.push(norm);
        }
        norms.sort_by_key(|norm| (norm.kind, norm.zone, norm.effective_from));
        Self(norms)
    }

    /// The norm in force on a day for a zone: one of its own before a general one, a later one before an earlier one.
    pub fn on(&self, kind: NormKind, zone: Zone, day: Day) -> Option<&Norm> {
        let in_force = self.0.iter().filter(|norm| {
            norm.kind == kind
                && norm.zone.is_none_or(|own| own == zone)
                && day.is_within(norm.effective_from, norm.effective_to)
        });
        in_force.max_by_key(|norm| (norm.zone.is_some(), norm.effective_from))
    }

    /// All of them, by kind, zone and date.
    pub fn iter(&self) -> impl Iterator<Item = &Norm> {
        self.0.iter()
    }
}

fn same_place(known: &Norm, new: &Norm) -> bool {
    (known.kind, known.zone, known.effective_from) == (new.kind, new.zone, new.effective_from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn petrol(value_dong: i64, zone: Option<Zone>, from: &str) -> Norm {
        Norm {
            id: NormId::new(Moment::from_millis(1)),
            kind: NormKind::PetrolPrice,
            value_dong,
            zone,
            legal_basis: "Thử nghiệm".into(),
            effective_from: day(from),
            effective_to: None,
            confirmed: true,
        }
    }

    #[test]
    fn the_allowance_changes_on_the_day_the_new_circular_takes_effect() {
        let norms = Norms::new(vec![]);
        let allowance =
            |date| norms.on(NormKind::StayAllowance, Zone::Ordinary, day(date)).map(|norm| norm.value_dong);
        assert_eq!(allowance("2017-06-30"), None, "nothing is guessed for the time before");
        assert_eq!(allowance("2025-05-03"), Some(200_000));
        assert_eq!(allowance("2025-05-04"), Some(300_000));
    }

    #[test]
    fn a_stored_norm_of_the_same_day_takes_the_place_of_the_one_supplied() {
        let norms = Norms::new(vec![petrol(21_500, None, "2013-01-01"), petrol(23_000, None, "2026-11-01")]);
        let price =
            |date| norms.on(NormKind::PetrolPrice, Zone::Ordinary, day(date)).map(|norm| norm.value_dong);
        assert_eq!((price("2026-10-31"), price("2026-11-01")), (Some(21_500), Some(23_000)));
    }

    #[test]
    fn a_norm_of_the_zone_stands_before_a_general_one() {
        let norms = Norms::new(vec![petrol(25_000, Some(Zone::Difficult), "2014-01-01")]);
        let price =
            |zone| norms.on(NormKind::PetrolPrice, zone, day("2026-01-01")).map(|norm| norm.value_dong);
        assert_eq!((price(Zone::Difficult), price(Zone::Ordinary)), (Some(25_000), Some(20_000)));
    }

    #[test]
    fn a_negative_amount_and_an_end_before_the_start_are_refused() {
        let wrong = NewNorm {
            kind: NormKind::Lodging,
            value_dong: -1,
            zone: None,
            legal_basis: " ".into(),
            effective_from: day("2026-01-02"),
            effective_to: Some(day("2026-01-01")),
            confirmed: false,
        };
        let fields: Vec<_> = wrong.verdict().unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["value_dong", "legal_basis", "effective_to"]);
    }
}
