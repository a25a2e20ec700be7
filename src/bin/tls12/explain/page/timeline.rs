//! The time axis: when each message passed, to scale.

use std::time::Duration;

use tls12::inspect::Direction;

use super::html::{Html, html};
use crate::output::in_words;

/// The shortest pause between two messages that is stated.
pub const LONG: Duration = Duration::from_millis(10);

/// The maximum number of steps on the axis.
const TICKS: f64 = 5.0;

/// A message on the axis.
pub struct Mark {
    /// Since the connection began.
    pub elapsed: Duration,
    pub direction: Direction,
    pub is_sealed: bool,
    pub has_failed: bool,
}

pub fn draw(html: &mut Html, marks: &[Mark]) {
    let last = marks.iter().map(|mark| mark.elapsed).max().unwrap_or_default();
    if last.is_zero() {
        return;
    }
    html!(html; "<svg class=\"axis\" role=\"img\" aria-label=\"" (marks.len()) " messages in " (time(last)) ": \
                 the client's above the line, the server's below\">");
    let step = step(last.as_secs_f64() / TICKS);
    let place = |seconds: f64| 1.0 + 98.0 * seconds / last.as_secs_f64();
    let mut tick = 0.0;
    while tick <= last.as_secs_f64() {
        let x = place(tick);
        html!(html; "<line class=\"tick\" x1=\"" (percent(x)) "\" x2=\"" (percent(x)) "\" y1=\"8\" y2=\"72\"/>");
        let anchor = if x < 8.0 {
            "start"
        } else if x > 92.0 {
            "end"
        } else {
            "middle"
        };
        html!(html; "<text x=\"" (percent(x)) "\" y=\"88\" text-anchor=\"" (anchor) "\">" (Tick(tick)) "</text>");
        tick += step;
    }
    html!(html; "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"40\" y2=\"40\"/>");
    for mark in marks {
        let x = place(mark.elapsed.as_secs_f64());
        html!(html; "<line class=\"mark");
        html.markup(match mark.direction {
            Direction::ClientToServer => " c2s\" y1=\"14\" y2=\"38\"",
            Direction::ServerToClient => " s2c\" y1=\"42\" y2=\"66\"",
        });
        html!(html; " x1=\"" (percent(x)) "\" x2=\"" (percent(x)) "\"");
        html.markup(match (mark.has_failed, mark.is_sealed) {
            (true, _) => " data-k=\"bad\"/>",
            (false, true) => " data-k=\"sealed\"/>",
            (false, false) => "/>",
        });
    }
    html!(html; "</svg>");
}

/// The smallest of 1, 2, 5, 10, and so on, that is at least `least`.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

fn percent(x: f64) -> String {
    format!("{x:.2}%")
}

/// A time since the beginning, or between two messages.
pub fn time(time: Duration) -> String {
    if time < Duration::from_secs(1) { in_words(time) } else { format!("{:.1} s", time.as_secs_f64()) }
}

/// A time on the axis, in the unit that fits.
struct Tick(f64);

impl std::fmt::Display for Tick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (number, unit) = match self.0 {
            0.0 => return f.write_str("0"),
            seconds if seconds < 0.001 => (seconds * 1e6, "µs"),
            seconds if seconds < 1.0 => (seconds * 1e3, "ms"),
            seconds => (seconds, "s"),
        };
        // Rounded, because the steps were added up.
        write!(f, "{} {unit}", (number * 10.0).round() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_round_steps() {
        for (least, expected) in
            [(0.07, 0.1), (0.1, 0.1), (0.12, 0.2), (0.3, 0.5), (0.6, 1.0), (40.0, 50.0), (6e-6, 1e-5)]
        {
            assert!((step(least) / expected - 1.0).abs() < 1e-9, "{least}: {}", step(least));
        }
        let ticks = [0.0, 0.000_02, 0.1 + 0.2, 1.5].map(|tick| Tick(tick).to_string());
        assert_eq!(ticks, ["0", "20 µs", "300 ms", "1.5 s"]);
        assert_eq!([999, 61_260].map(|millis| time(Duration::from_millis(millis))), ["999.0 ms", "61.3 s"]);
    }
}
