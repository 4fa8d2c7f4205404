//! Figures against their limits.

use clap::Args;
use serde::Serialize;

use super::figures::{Direction, Figures};

/// Beyond these a line is not good enough for a session.
#[derive(Debug, Clone, Args)]
pub struct Limits {
    /// Longest join, in milliseconds; the default is what a join over TCP may take where UDP is blocked
    #[arg(long, value_name = "MS", default_value_t = 5000.0)]
    pub max_join_ms: f64,
    /// Most packets lost, in percent, before repair; the default is half of what repair must hide without a freeze
    #[arg(long, value_name = "PERCENT", default_value_t = 2.5)]
    pub max_loss: f64,
    /// Longest round trip, in milliseconds; the default is twice the one-way delay up to which people talk without
    /// interrupting each other (ITU-T G.114)
    #[arg(long, value_name = "MS", default_value_t = 300.0)]
    pub max_rtt_ms: f64,
    /// Most jitter of the sound, in milliseconds; beyond the default, two and a half packets, players delay the voice
    #[arg(long, value_name = "MS", default_value_t = 50.0)]
    pub max_jitter_ms: f64,
    /// Lowest bit rate in a direction that carries a picture, in kbit/s; at the default speech is whole and a slide can
    /// be read
    #[arg(long, value_name = "KBPS", default_value_t = 300.0)]
    pub min_kbps: f64,
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Time until media flowed.
    JoinMs,
    /// The connection held.
    CutOff,
    /// Round trip.
    RttMs,
    /// Bit rate sent.
    UpKbps,
    /// Packets lost on the way to the server.
    UpLoss,
    /// Jitter on the way to the server.
    UpJitterMs,
    /// Bit rate received.
    DownKbps,
    /// Packets lost on the way from the server.
    DownLoss,
    /// Jitter on the way from the server.
    DownJitterMs,
    /// Subscribers that joined.
    SubscribersJoined,
    /// The longest of their joins.
    SubscribersJoinMs,
    /// Packets that they lost.
    SubscribersLoss,
}

/// A figure and what it is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Which.
    pub what: What,
    /// The figure; `None` when it should be there and is not.
    pub value: Option<f64>,
    /// Its limit.
    pub limit: f64,
    /// The limit is the least, not the most.
    pub least: bool,
}

impl Judged {
    fn most(what: What, value: Option<f64>, limit: f64) -> Self {
        Self { what, value, limit, least: false }
    }

    fn least(what: What, value: Option<f64>, limit: f64) -> Self {
        Self { what, value, limit, least: true }
    }

    /// Whether it is within.
    pub fn holds(&self) -> bool {
        self.value.is_some_and(|value| if self.least { value >= self.limit } else { value <= self.limit })
    }
}

/// Holds the figures against the limits, as far as there are figures.
pub fn judge(figures: &Figures, limits: &Limits) -> Vec<Judged> {
    let mut judged = vec![Judged::most(What::JoinMs, figures.join_ms, limits.max_join_ms)];
    if figures.cut_off {
        judged.push(Judged::most(What::CutOff, None, 0.0));
    }
    if figures.rtt_ms.is_some() {
        judged.push(Judged::most(What::RttMs, figures.rtt_ms, limits.max_rtt_ms));
    }
    let up = [What::UpKbps, What::UpLoss, What::UpJitterMs];
    let down = [What::DownKbps, What::DownLoss, What::DownJitterMs];
    for (direction, whats) in [(&figures.up, up), (&figures.down, down)] {
        if let Some(direction) = direction {
            judge_direction(direction, whats, limits, &mut judged);
        }
    }
    if let Some(crowd) = &figures.subscribers {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let joined = Some(count(crowd.joined));
        judged.push(Judged::least(What::SubscribersJoined, joined, count(crowd.wanted)));
        judged.push(Judged::most(What::SubscribersJoinMs, crowd.join_ms_worst, limits.max_join_ms));
        judged.push(Judged::most(What::SubscribersLoss, Some(crowd.loss_percent), limits.max_loss));
    }
    judged
}

fn judge_direction(direction: &Direction, whats: [What; 3], limits: &Limits, judged: &mut Vec<Judged>) {
    let [kbps, loss, jitter] = whats;
    if direction.picture {
        judged.push(Judged::least(kbps, Some(direction.kbps), limits.min_kbps));
    }
    judged.push(Judged::most(loss, direction.loss_percent, limits.max_loss));
    if direction.jitter_ms.is_some() {
        judged.push(Judged::most(jitter, direction.jitter_ms, limits.max_jitter_ms));
    }
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

    fn missed(figures: &Figures) -> Vec<What> {
        judge(figures, &LIMITS).iter().filter(|judged| !judged.holds()).map(|judged| judged.what).collect()
    }

    fn good() -> Figures {
        let direction = Direction {
            picture: true,
            kbps: 1000.0,
            packets: 1000,
            lost: 25,
            loss_percent: Some(2.5),
            jitter_ms: Some(50.0),
        };
        Figures {
            join_ms: Some(5000.0),
            rtt_ms: Some(300.0),
            up: Some(direction.clone()),
            down: Some(direction),
            ..Figures::default()
        }
    }

    #[test]
    fn figures_at_their_limits_hold() {
        assert_eq!(missed(&good()), [] as [What; 0]);
    }

    #[test]
    fn each_figure_beyond_its_limit_is_named() {
        let mut figures = good();
        figures.join_ms = Some(5001.0);
        figures.rtt_ms = Some(301.0);
        let bad =
            Direction { kbps: 299.0, loss_percent: Some(2.51), jitter_ms: Some(51.0), ..good().up.unwrap() };
        figures.up = Some(bad.clone());
        figures.down = Some(bad);
        let all = [
            What::JoinMs,
            What::RttMs,
            What::UpKbps,
            What::UpLoss,
            What::UpJitterMs,
            What::DownKbps,
            What::DownLoss,
            What::DownJitterMs,
        ];
        assert_eq!(missed(&figures), all);
    }

    #[test]
    fn media_that_never_came_is_a_join_that_failed() {
        assert_eq!(missed(&Figures { join_ms: None, ..good() }), [What::JoinMs]);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let silent = Direction { picture: false, kbps: 20.0, jitter_ms: None, ..good().up.unwrap() };
        assert_eq!(
            missed(&Figures { up: None, down: Some(silent), rtt_ms: None, ..good() }),
            [] as [What; 0]
        );
    }

    #[test]
    fn a_way_of_which_nothing_was_told_does_not_hold() {
        let unknown = Direction { loss_percent: None, ..good().up.unwrap() };
        assert_eq!(missed(&Figures { up: Some(unknown), ..good() }), [What::UpLoss]);
    }

    #[test]
    fn a_subscriber_that_is_missing_is_missed() {
        let crowd = super::super::figures::Crowd {
            wanted: 5,
            joined: 4,
            join_ms_worst: Some(200.0),
            ..Default::default()
        };
        assert_eq!(missed(&Figures { subscribers: Some(crowd), ..good() }), [What::SubscribersJoined]);
    }
}
