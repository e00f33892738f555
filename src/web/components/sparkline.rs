//! A trend without axes, the same markup on both sides.

use leptos::prelude::*;

/// Width and height of the drawing, in its own units.
const SIZE: (f64, f64) = (120.0, 28.0);

/// The points of a polyline for each stretch with data, over the whole width; empty below two values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a count of buckets")]
pub fn stretches(values: &[Option<f64>]) -> Vec<String> {
    let known = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if known().count() < 2 {
        return Vec::new();
    }
    let span = if high > low { high - low } else { 1.0 };
    let last = (values.len().max(2) - 1) as f64;
    let mut stretches = vec![Vec::new()];
    for (n, value) in values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                let (x, y) = (n as f64 / last * SIZE.0, 2.0 + (1.0 - (value - low) / span) * (SIZE.1 - 4.0));
                if let Some(stretch) = stretches.last_mut() {
                    stretch.push(format!("{x:.1},{y:.1}"));
                }
            }
            None => stretches.push(Vec::new()),
        }
    }
    for stretch in &mut stretches {
        // A lone bucket is a dot: a line of no length with round ends.
        if let [only] = &stretch[..] {
            stretch.push(only.clone());
        }
    }
    stretches.into_iter().filter(|stretch| !stretch.is_empty()).map(|stretch| stretch.join(" ")).collect()
}

/// A sparkline; nothing where there is too little to see.
#[component]
pub fn Sparkline(
    /// One value a bucket.
    values: Vec<Option<f64>>,
) -> impl IntoView {
    let lines = stretches(&values);
    let lines = lines.into_iter().map(|points| view! { <polyline points=points></polyline> }).collect_view();
    view! {
        <svg class="sparkline" viewBox="0 0 120 28" preserveAspectRatio="none" aria-hidden="true">
            {lines}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_spans_its_box_and_breaks_at_gaps() {
        assert_eq!(stretches(&[Some(0.0), Some(1.0)]), ["0.0,26.0 120.0,2.0"]);
        assert_eq!(stretches(&[Some(0.0), Some(1.0), None, Some(1.0), Some(0.0)]).len(), 2);
        assert_eq!(stretches(&[Some(1.0), None, Some(2.0)]), ["0.0,26.0 0.0,26.0", "120.0,2.0 120.0,2.0"]);
        assert!(stretches(&[Some(1.0), None]).is_empty());
        assert_eq!(stretches(&[Some(5.0), Some(5.0)]), ["0.0,26.0 120.0,26.0"]);
    }
}
