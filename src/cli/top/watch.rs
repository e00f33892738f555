//! The terminal: drawn when something changed, listened to, and given back as it was, whatever ends the program.
//!
//! Keys are read by a thread of their own, which blocks in the terminal; figures are fetched by a task, so that a slow
//! answer never holds a key up.

use std::io;
use std::thread;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at};

use super::screen::{Screen, Wish};
use super::source::Source;
use super::view::View;
use crate::cli::CliError;
use crate::model::top::Top;

/// Keys that wait while the screen is drawn.
const KEYS_WAITING: usize = 64;

/// An answer, and the number of its question.
type Answer = (u64, Result<Top, CliError>);

/// Shows `screen` until it is left, or a signal ends it.
pub(super) async fn watch(screen: Screen, source: &Source) -> Result<(), CliError> {
    let lost = |error: io::Error| CliError::Failed(format!("the terminal failed: {error}"));
    // Before the first change to the terminal: no signal may come in between.
    let stop = stop_signal().map_err(lost)?;
    // Puts a panic hook in place that gives the terminal back before the message is printed.
    let mut terminal = ratatui::try_init().map_err(lost)?;
    let outcome = Watch::new(screen, source.clone()).run(&mut terminal, stop).await;
    drop(terminal); // shows the cursor
    let restored = ratatui::try_restore();
    outcome.and(restored).map_err(lost)
}

struct Watch {
    screen: Screen,
    source: Source,
    answers: (mpsc::UnboundedSender<Answer>, mpsc::UnboundedReceiver<Answer>),
    /// How many questions were asked.
    asked: u64,
    /// Whether the last of them is not answered.
    waiting: bool,
}

impl Watch {
    fn new(screen: Screen, source: Source) -> Self {
        Self { screen, source, answers: mpsc::unbounded_channel(), asked: 0, waiting: false }
    }

    async fn run(mut self, terminal: &mut DefaultTerminal, mut stop: mpsc::Receiver<()>) -> io::Result<()> {
        let mut events = events();
        let wait = self.screen.interval;
        let mut ticks = interval_at(tokio::time::Instant::now() + wait, wait);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            terminal.draw(|frame| frame.render_widget(View(&self.screen), frame.area()))?;
            let wish = tokio::select! {
                _ = stop.recv() => Wish::Leave,
                event = events.recv() => match event {
                    Some(event) => self.take(event?),
                    None => Wish::Leave,
                },
                Some(answer) = self.answers.1.recv() => self.answered(answer),
                _ = ticks.tick(), if !self.screen.paused && !self.waiting => Wish::Look,
            };
            match wish {
                Wish::Nothing | Wish::Draw => {}
                Wish::Look => self.look(),
                Wish::Leave => return Ok(()),
            }
        }
    }

    fn take(&mut self, event: Event) -> Wish {
        match event {
            Event::Key(key) => self.screen.press(key),
            _ => Wish::Draw, // another size
        }
    }

    /// Asks; the answer comes as [`Answer`].
    fn look(&mut self) {
        self.asked += 1;
        self.waiting = true;
        let (number, source, query) = (self.asked, self.source.clone(), self.screen.query.clone());
        let answers = self.answers.0.clone();
        tokio::spawn(async move {
            let answer = source.look(&query).await;
            // Nobody listens any more once the screen is left.
            let _ = answers.send((number, answer));
        });
    }

    /// An answer to another question than the last one asked came too late.
    fn answered(&mut self, (number, answer): Answer) -> Wish {
        if number != self.asked {
            return Wish::Nothing;
        }
        self.waiting = false;
        match answer {
            Ok(top) => {
                self.screen.top = top;
                self.screen.problem = None;
            }
            Err(error) => self.screen.problem = Some(error.to_string()),
        }
        Wish::Draw
    }
}

/// Keys and new sizes, until the terminal fails; the failure is the last one.
fn events() -> mpsc::Receiver<io::Result<Event>> {
    let (sender, receiver) = mpsc::channel(KEYS_WAITING);
    // No task of the runtime: it would be waited for at the end, and waits for a key itself.
    thread::spawn(move || {
        loop {
            let event = event::read();
            let is_last = event.is_err();
            if sender.blocking_send(event).is_err() || is_last {
                break;
            }
        }
    });
    receiver
}

/// Tells when a signal that ends programs arrives.
fn stop_signal() -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (sender, receiver) = mpsc::channel(1);
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()] {
        let mut signal = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            signal.recv().await;
            let _ = sender.send(()).await; // the screen may have been left already
        });
    }
    Ok(receiver)
}
