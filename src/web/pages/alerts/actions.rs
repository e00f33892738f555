//! What can be done on the page. The actions outlive the answers, which are shown anew every few seconds: so what became of
//! one stays to be read.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::channel::Delivery;
use crate::web::calls::{AddSilence, DeleteAlertRule, EndSilence, SwitchAlertRule, TestChannel};

/// The actions.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    /// Keeps alerts quiet.
    pub silence: ServerAction<AddSilence>,
    /// Ends a silence.
    pub end: ServerAction<EndSilence>,
    /// Switches a rule.
    pub switch: ServerAction<SwitchAlertRule>,
    /// Deletes a rule.
    pub delete: ServerAction<DeleteAlertRule>,
    /// Tries a channel.
    pub test: ServerAction<TestChannel>,
}

impl Actions {
    fn new() -> Self {
        Self {
            silence: ServerAction::new(),
            end: ServerAction::new(),
            switch: ServerAction::new(),
            delete: ServerAction::new(),
            test: ServerAction::new(),
        }
    }

    /// Those of the page; `again` is called when one was answered.
    pub fn provide(again: Callback<()>) -> Self {
        let actions = Self::new();
        provide_context(actions);
        Effect::new(move || {
            if actions.answers() > 0 {
                again.run(());
            }
        });
        actions
    }

    /// Those of the page around.
    pub fn around() -> Self {
        use_context::<Self>().unwrap_or_else(Self::new)
    }

    /// How many answers came so far.
    fn answers(self) -> usize {
        let versions = [
            self.silence.version().get(),
            self.end.version().get(),
            self.switch.version().get(),
            self.delete.version().get(),
            self.test.version().get(),
        ];
        versions.into_iter().sum()
    }

    /// What became of the last ones, where somebody should read it.
    pub fn outcome(self) -> Vec<(bool, String)> {
        let plain =
            |answer: Option<Result<(), Problem>>| answer.and_then(Result::err).map(|problem| (false, problem.detail));
        let test = self.test.value().get().map(|answer| match answer {
            Ok(Delivery { error: None, channel, .. }) => (true, format!("{channel}: the test arrived.")),
            Ok(Delivery { error: Some(error), channel, .. }) => {
                (false, format!("{channel}: the test did not arrive: {error}"))
            }
            Err(problem) => (false, problem.detail),
        });
        let others = [
            plain(self.silence.value().get()),
            plain(self.end.value().get()),
            plain(self.switch.value().get()),
            plain(self.delete.value().get()),
        ];
        others.into_iter().chain([test]).flatten().collect()
    }
}
