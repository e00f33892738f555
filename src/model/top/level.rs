//! How well a figure is, by the limits of the documents.

/// How well a figure is: green, yellow, red.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Good,
    /// To be looked at.
    Warning,
    /// Wrong.
    Bad,
}

impl Level {
    /// Of the success rate of all tasks: good from 95 %, bad below 90 %.
    #[must_use]
    pub fn of_success(share: f64) -> Self {
        Self::falling(share, 0.95, 0.9)
    }

    /// Of the success rate of one agent: good from 90 %, bad below 80 %.
    #[must_use]
    pub fn of_agent_success(share: f64) -> Self {
        Self::falling(share, 0.9, 0.8)
    }

    /// Of the 99th percentile of durations: good below 1 s, bad from 3 s.
    #[must_use]
    pub fn of_p99(ms: f64) -> Self {
        Self::rising(ms, 1_000.0, 3_000.0)
    }

    /// Of tasks that wait in the queue of one swarm: good below 20, bad from 50.
    #[must_use]
    pub fn of_backlog(tasks: f64) -> Self {
        Self::rising(tasks, 20.0, 50.0)
    }

    /// Of what is used of tokens, memory or a quota: good below 60 %, bad from 80 %.
    #[must_use]
    pub fn of_usage(percent: f64) -> Self {
        Self::rising(percent, 60.0, 80.0)
    }

    fn falling(value: f64, good: f64, warning: f64) -> Self {
        match value {
            value if value >= good => Self::Good,
            value if value >= warning => Self::Warning,
            _ => Self::Bad,
        }
    }

    fn rising(value: f64, warning: f64, bad: f64) -> Self {
        match value {
            value if value < warning => Self::Good,
            value if value < bad => Self::Warning,
            _ => Self::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_documents_to_the_digit() {
        let levels = |of: fn(f64) -> Level, values: [f64; 4]| values.map(of);
        let expected = [Level::Good, Level::Warning, Level::Warning, Level::Bad];
        assert_eq!(levels(Level::of_success, [0.95, 0.949, 0.9, 0.899]), expected);
        assert_eq!(levels(Level::of_agent_success, [0.9, 0.899, 0.8, 0.799]), expected);
        assert_eq!(levels(Level::of_p99, [999.9, 1_000.0, 2_999.9, 3_000.0]), expected);
        assert_eq!(levels(Level::of_backlog, [19.0, 20.0, 49.0, 50.0]), expected);
        assert_eq!(levels(Level::of_usage, [59.9, 60.0, 79.9, 80.0]), expected);
    }
}
