//! One line a figure.

use std::time::Duration;

/// What is aimed at.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
    /// Only of interest.
    None,
}

/// Prints what was measured, the figure with its unit, and whether it is what was aimed at.
pub fn row(what: &str, figure: f64, unit: &str, aim: Aim) {
    let (aim, verdict) = match aim {
        Aim::AtLeast(least) => (format!("aim ≥ {}", number(least)), if figure >= least { "met" } else { "MISSED" }),
        Aim::AtMost(most) => (format!("aim ≤ {}", number(most)), if figure <= most { "met" } else { "MISSED" }),
        Aim::None => (String::new(), ""),
    };
    println!("{what:<62} {:>12} {unit:<8} {aim:<16} {verdict}", number(figure));
}

/// As few digits as a person wants to read.
fn number(figure: f64) -> String {
    let digits = match figure.abs() {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{figure:.digits$}")
}

/// In milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The smallest of `times` that `share` of them do not exceed; zero when there are none.
pub fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "few times"
    )]
    let place = (times.len() as f64 * share).ceil() as usize;
    times.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
