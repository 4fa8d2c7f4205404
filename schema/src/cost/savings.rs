//! The formula itself: from who was present at an endpoint to đồng, minutes and grams.

use super::terms::Terms;
use crate::endpoint::{EndpointRole, Zone};
use crate::norm::{Norm, NormKind};
use crate::session::Mode;

/// Millilitres in a litre times metres in a kilometre: what `ml/km × m × đ/l` has to be divided by.
const ML_PER_L_TIMES_M_PER_KM: i64 = 1_000_000;

crate::words::words! {
    /// Why a delegate saved nothing.
    pub enum Exclusion {
        /// Sat with the chair.
        Host = "host",
        /// The meeting was held in person: the journey was made.
        InPerson = "in_person",
        /// Was not called present.
        NotPresent = "not_present",
        /// Was called present at an endpoint that never connected: nobody took part from there.
        NotConnected = "not_connected",
        /// The endpoint is in the same place as the host.
        SamePlace = "same_place",
        /// The endpoint is nearer than the distance from which a journey is paid.
        BelowThreshold = "below_threshold",
    }
}

/// An endpoint as frozen in the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Is it where the chair sits?
    pub role: EndpointRole,
    /// What kind of place norms take it for.
    pub zone: Zone,
    /// One way to the host, by road.
    pub distance_metres: i64,
    /// One way to the host, by road.
    pub one_way_minutes: i64,
    /// Was it connected at some time? Only then did anybody take part from there, and only then does it bear its share
    /// of line and technician.
    pub joined: bool,
}

/// What one delegate saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Days away.
    pub trip_days: i64,
    /// Nights away.
    pub nights: i64,
    /// Phụ cấp lưu trú.
    pub allowance_dong: i64,
    /// Tiền thuê phòng nghỉ.
    pub lodging_dong: i64,
    /// Tiền đi lại, by own transport.
    pub transport_dong: i64,
    /// Chi giải khát.
    pub refreshments_dong: i64,
    /// Sum of the four.
    pub total_dong: i64,
    /// The sum by the cheaper assumptions.
    pub low_dong: i64,
    /// The sum by the dearer assumptions.
    pub high_dong: i64,
    /// Time on the road, both ways.
    pub minutes_saved: i64,
    /// Why nothing was saved.
    pub excluded: Option<Exclusion>,
    /// The norms used.
    pub norms: Vec<Norm>,
    /// Price of a litre of petrol used.
    pub petrol_price_dong: i64,
}

/// Sums over delegates and endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Totals {
    /// The net sum by the cheaper assumptions.
    pub low_dong: i64,
    /// The net sum by the dearer assumptions.
    pub high_dong: i64,
    /// What the journeys would have cost.
    pub gross_dong: i64,
    /// Share of line and technicians.
    pub costs_dong: i64,
    /// Gross without the costs; the likely sum. Negative when meeting online cost more than it saved.
    pub net_dong: i64,
    /// Time on the road that nobody spent.
    pub person_minutes_saved: i64,
    /// Carbon dioxide that no vehicle gave off.
    pub co2_grams: i64,
}

impl std::ops::Add for Totals {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            low_dong: self.low_dong + other.low_dong,
            high_dong: self.high_dong + other.high_dong,
            gross_dong: self.gross_dong + other.gross_dong,
            costs_dong: self.costs_dong + other.costs_dong,
            net_dong: self.net_dong + other.net_dong,
            person_minutes_saved: self.person_minutes_saved + other.person_minutes_saved,
            co2_grams: self.co2_grams + other.co2_grams,
        }
    }
}

impl std::iter::Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(totals: I) -> Self {
        totals.fold(Self::default(), std::ops::Add::add)
    }
}

/// What an endpoint saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Savings {
    /// One line for each delegate, in the order given.
    pub lines: Vec<Line>,
    /// Their sums.
    pub totals: Totals,
}

/// Reckons an endpoint: `present` says of each of its delegates whether the roll-call found him or her there.
pub fn endpoint(terms: &Terms, place: &Place, present: &[bool]) -> Savings {
    let lines: Vec<Line> = present.iter().map(|present| line(terms, place, *present)).collect();
    let costs_dong =
        if place.joined && place.role == EndpointRole::Member && terms.occasion.mode != Mode::InPerson {
            terms.number("cost.line_dong_per_endpoint") + terms.number("cost.technician_dong_per_endpoint")
        } else {
            0
        };
    let sum = |of: fn(&Line) -> i64| lines.iter().map(of).sum::<i64>();
    let gross_dong = sum(|line| line.total_dong);
    let travellers =
        i64::try_from(lines.iter().filter(|line| line.excluded.is_none()).count()).unwrap_or(i64::MAX);
    let totals = Totals {
        low_dong: sum(|line| line.low_dong) - costs_dong,
        high_dong: sum(|line| line.high_dong) - costs_dong,
        gross_dong,
        costs_dong,
        net_dong: gross_dong - costs_dong,
        person_minutes_saved: sum(|line| line.minutes_saved),
        co2_grams: co2_grams(terms, place, travellers),
    };
    Savings { lines, totals }
}

fn line(terms: &Terms, place: &Place, present: bool) -> Line {
    if let Some(excluded) = exclusion(terms, place, present) {
        return Line { excluded: Some(excluded), ..Line::default() };
    }
    let overnight = place.one_way_minutes > terms.number("cost.overnight_threshold_minutes")
        && terms.occasion.start_minute < terms.number("cost.overnight_before_minute");
    let trip_days = if overnight { 2 } else { 1 };
    let nights = trip_days - 1;
    let mut norms = Vec::new();
    let mut value = |kind| {
        let norm = terms.norm(kind, place.zone);
        norms.extend(norm.cloned());
        norm.map_or(0, |norm| norm.value_dong)
    };
    let allowance_dong = value(NormKind::StayAllowance) * trip_days;
    let lodging_dong = if nights > 0 { value(NormKind::Lodging) * nights } else { 0 };
    let petrol_price_dong = value(NormKind::PetrolPrice);
    let refreshments = value(NormKind::Refreshments) * terms.occasion.half_days;

    let journey_metres = place.distance_metres * terms.number("cost.round_trip_factor");
    let petrol = |ml_per_km: i64| {
        divided(product(&[ml_per_km, journey_metres, petrol_price_dong]), i128::from(ML_PER_L_TIMES_M_PER_KM))
    };
    let transport_dong = petrol(terms.number("cost.petrol_ml_per_km"));
    let persons = terms.number("cost.persons_per_car").max(1);
    let shared_car = divided(i128::from(petrol(terms.number("cost.car_ml_per_km"))), i128::from(persons));
    let percent = |of: &str| divided(product(&[refreshments, terms.number(of)]), 100);
    let refreshments_dong = percent("cost.refreshments_percent_likely");

    let stay = allowance_dong + lodging_dong;
    Line {
        trip_days,
        nights,
        allowance_dong,
        lodging_dong,
        transport_dong,
        refreshments_dong,
        total_dong: stay + transport_dong + refreshments_dong,
        low_dong: stay + transport_dong.min(shared_car) + percent("cost.refreshments_percent_low"),
        high_dong: stay + transport_dong + percent("cost.refreshments_percent_high"),
        minutes_saved: 2 * place.one_way_minutes,
        excluded: None,
        norms,
        petrol_price_dong,
    }
}

fn exclusion(terms: &Terms, place: &Place, present: bool) -> Option<Exclusion> {
    if place.role == EndpointRole::Host {
        Some(Exclusion::Host)
    } else if terms.occasion.mode == Mode::InPerson {
        Some(Exclusion::InPerson)
    } else if !present {
        Some(Exclusion::NotPresent)
    } else if !place.joined {
        Some(Exclusion::NotConnected)
    } else if place.distance_metres == 0 {
        Some(Exclusion::SamePlace)
    } else if place.distance_metres < terms.threshold_metres(place.zone) {
        Some(Exclusion::BelowThreshold)
    } else {
        None
    }
}

/// As many vehicles as the travellers would have filled, each there and back.
fn co2_grams(terms: &Terms, place: &Place, travellers: i64) -> i64 {
    let persons = terms.number("cost.persons_per_car").max(1);
    let vehicles = (travellers + persons - 1) / persons;
    let metres = place.distance_metres * terms.number("cost.round_trip_factor");
    divided(product(&[vehicles, metres, terms.number("cost.co2_grams_per_km")]), 1000)
}

fn product(factors: &[i64]) -> i128 {
    factors.iter().map(|factor| i128::from(*factor)).product()
}

/// The quotient of two numbers that are not negative, rounded half up.
fn divided(dividend: i128, divisor: i128) -> i64 {
    i64::try_from((dividend * 2 + divisor) / (divisor * 2)).unwrap_or(i64::MAX)
}
