//! What a browser saw and heard for a while, by its own statistics ten times a second, and what that means.

use serde::Deserialize;
use serde_json::Value;

/// Samples a second of Opus, in all statistics.
const SAMPLES_PER_MS: f64 = 48.0;

/// The samples of one watch. All times are milliseconds since 1970, by the machine's clock.
#[derive(Debug, Clone, Deserialize)]
pub struct Watched {
    /// When it began.
    pub began: f64,
    /// When it ended.
    pub ended: f64,
    /// How late the page itself was at most; nothing is measured better than that.
    pub late_ms: f64,
    /// Payload types that carry retransmissions.
    pub rtx: Vec<u8>,
    samples: Vec<Sample>,
    pauses: Vec<Pause>,
}

#[derive(Debug, Clone, Deserialize)]
struct Sample {
    at: f64,
    tracks: Vec<Value>,
}

/// A time in which nothing new of a picture was shown, told when it is longer than 200 ms.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Pause {
    identity: String,
    source: String,
    /// The last picture before it.
    pub from: f64,
    /// The first one after it.
    pub to: f64,
}

impl Pause {
    /// How long it was.
    pub fn ms(&self) -> f64 {
        self.to - self.from
    }
}

/// A time in which the browser made up sound because none had come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// When it began, to a tenth of a second.
    pub from: f64,
    /// How much was made up.
    pub ms: f64,
}

impl Watched {
    /// From the line that tells it.
    pub fn from_line(line: &Value) -> Self {
        serde_json::from_value(line.clone()).unwrap_or_else(|error| panic!("not a watch: {error}"))
    }

    /// Pauses of somebody's picture.
    pub fn pauses<'a>(&'a self, identity: &'a str, source: &'a str) -> impl Iterator<Item = &'a Pause> {
        self.pauses.iter().filter(move |pause| pause.identity == identity && pause.source == source)
    }

    /// The longest pause of somebody's picture, in milliseconds.
    pub fn longest_pause(&self, identity: &str, source: &str) -> f64 {
        self.pauses(identity, source).map(Pause::ms).fold(0.0, f64::max)
    }

    /// By how much a count rose from the first sample to the last, of all layers of a track together. `way` is `in` or
    /// `out`; what is sent has no identity.
    pub fn rose(&self, way: &str, identity: &str, source: &str, field: &str) -> f64 {
        let sum = |sample: Option<&Sample>| -> f64 {
            let tracks = sample.into_iter().flat_map(|sample| of(sample, way, identity, source));
            tracks.filter_map(|track| track[field].as_f64()).sum()
        };
        sum(self.samples.last()) - sum(self.samples.first())
    }

    /// The same for counts of packets.
    pub fn counted(&self, way: &str, identity: &str, source: &str, field: &str) -> u64 {
        let sum = |sample: Option<&Sample>| -> u64 {
            let tracks = sample.into_iter().flat_map(|sample| of(sample, way, identity, source));
            tracks.filter_map(|track| track[field].as_u64()).sum()
        };
        sum(self.samples.last()).saturating_sub(sum(self.samples.first()))
    }

    /// Share of somebody's sound that was played as it was sent, and not made up.
    pub fn played(&self, identity: &str) -> f64 {
        let rose = |field| self.rose("in", identity, "microphone", field);
        1.0 - rose("concealedSamples") / rose("totalSamplesReceived")
    }

    /// Times in which somebody's sound was made up, sample by sample without one in between that was whole: rather too
    /// long than too short.
    pub fn gaps(&self, identity: &str) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        let mut open = false;
        let concealed =
            |sample| of(sample, "in", identity, "microphone").next().map(|t| t["concealedSamples"].as_f64());
        for pair in self.samples.windows(2) {
            let (Some(Some(before)), Some(Some(after))) = (concealed(&pair[0]), concealed(&pair[1])) else {
                continue;
            };
            let ms = (after - before) / SAMPLES_PER_MS;
            match gaps.last_mut() {
                Some(gap) if open && ms > 0.0 => gap.ms += ms,
                _ if ms > 0.0 => gaps.push(Gap { from: pair[0].at, ms }),
                _ => {}
            }
            open = ms > 0.0;
        }
        gaps
    }

    /// Somebody's slides: when each was first seen, its number, and how long it took from there until at least `share`
    /// of its fine print could be read; `None` when that never happened.
    pub fn slides(&self, identity: &str, share: f64) -> Vec<(f64, u64, Option<f64>)> {
        let mut slides: Vec<(f64, u64, Option<f64>)> = Vec::new();
        for sample in &self.samples {
            let mut of = of(sample, "in", identity, "screen");
            let Some((number, legible)) =
                of.find_map(|track| Some((track["number"].as_u64()?, track["legible"].as_f64()?)))
            else {
                continue;
            };
            if slides.last().is_none_or(|(_, last, _)| *last != number) {
                slides.push((sample.at, number, None));
            }
            if let Some((since, _, read @ None)) = slides.last_mut()
                && legible >= share
            {
                *read = Some(sample.at - *since);
            }
        }
        slides
    }

    /// The widths in which somebody's camera was decoded, each with when it was first seen.
    pub fn widths(&self, identity: &str) -> Vec<(f64, u64)> {
        let mut widths: Vec<(f64, u64)> = Vec::new();
        for sample in &self.samples {
            let width = of(sample, "in", identity, "camera")
                .find_map(|track| track["frameWidth"].as_u64())
                .unwrap_or(0);
            if widths.last().is_none_or(|(_, last)| *last != width) {
                widths.push((sample.at, width));
            }
        }
        widths
    }

    /// Frames of somebody's picture decoded between two times.
    pub fn frames(&self, identity: &str, source: &str, from: f64, to: f64) -> f64 {
        let mut counts =
            self.samples.iter().filter(|sample| (from..=to).contains(&sample.at)).filter_map(|sample| {
                of(sample, "in", identity, source).next().and_then(|track| track["framesDecoded"].as_f64())
            });
        let Some(first) = counts.next() else { return 0.0 };
        counts.next_back().unwrap_or(first) - first
    }
}

fn of<'a>(
    sample: &'a Sample,
    way: &'a str,
    identity: &'a str,
    source: &'a str,
) -> impl Iterator<Item = &'a Value> {
    sample.tracks.iter().filter(move |track| {
        track["way"] == way && track["identity"] == identity && track["source"] == source
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn watched(concealed: &[u64]) -> Watched {
        let samples: Vec<_> = concealed
            .iter()
            .enumerate()
            .map(|(number, concealed)| {
                json!({"at": number * 100, "tracks": [{"way": "in", "identity": "a", "source": "microphone",
                    "concealedSamples": concealed, "totalSamplesReceived": (number + 1) * 4800}]})
            })
            .collect();
        Watched::from_line(&json!({"began": 0, "ended": 1000, "late_ms": 1, "rtx": [97], "samples": samples,
            "pauses": [{"identity": "a", "source": "camera", "from": 100, "to": 450}]}))
    }

    #[test]
    fn sound_made_up_in_samples_that_follow_each_other_is_one_gap() {
        let watched = watched(&[0, 0, 2400, 7200, 7200, 8160, 8160]);
        assert_eq!(watched.gaps("a"), [Gap { from: 100.0, ms: 150.0 }, Gap { from: 400.0, ms: 20.0 }]);
        assert!(watched.gaps("b").is_empty());
        assert!((watched.played("a") - (1.0 - 8160.0 / 28_800.0)).abs() < 1e-9);
    }

    #[test]
    fn the_longest_pause_is_of_the_picture_asked_for() {
        let watched = watched(&[0]);
        assert!((watched.longest_pause("a", "camera") - 350.0).abs() < 1e-9);
        assert!(watched.longest_pause("a", "screen").abs() < 1e-9);
    }
}
