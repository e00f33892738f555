//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::samples::{drawn, full, screen};
use crate::cli::top::screen::{Screen, Wish};
use crate::model::RangeSpec;
use crate::model::top::{TopQuery, TopSort};

fn press(screen: &mut Screen, code: KeyCode) -> Wish {
    screen.press(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn keys_go_through_ranges_and_orders_in_a_circle() {
    let mut screen = screen(full());
    let mut names = Vec::new();
    for _ in 0..8 {
        assert_eq!(press(&mut screen, KeyCode::Char('r')), Wish::Look);
        names.push(screen.range_name());
    }
    let expected = [
        "Last 6 hours",
        "Last 24 hours",
        "Last 7 days",
        "Last 30 days",
        "All data",
        "Last 5 minutes",
        "Last 15 minutes",
        "Last hour",
    ];
    assert_eq!(names, expected);
    assert_eq!((press(&mut screen, KeyCode::Left), screen.range_name().as_str()), (Wish::Look, "Last 15 minutes"));
    let mut custom = Screen {
        query: TopQuery { range: RangeSpec { from: "0".into(), to: "now".into() }, ..TopQuery::default() },
        ..screen
    };
    assert_eq!(custom.range_name(), "1 Jan 2026, 11:00 – 12:00 UTC");
    assert_eq!((press(&mut custom, KeyCode::Right), custom.range_name().as_str()), (Wish::Look, "Last hour"));
    assert_eq!((press(&mut custom, KeyCode::Char('s')), custom.query.sort), (Wish::Look, TopSort::Busiest));
}

#[test]
fn keys_pause_explain_and_leave() {
    let mut screen = screen(full());
    assert_eq!((press(&mut screen, KeyCode::Char('p')), screen.paused), (Wish::Draw, true));
    assert!(drawn(&screen, 80, 24).ends_with("q quit                        paused"));
    assert_eq!((press(&mut screen, KeyCode::Char(' ')), screen.paused), (Wish::Look, false));
    assert_eq!((press(&mut screen, KeyCode::Char('?')), screen.help), (Wish::Draw, true));
    let help = drawn(&screen, 80, 24);
    assert!(help.contains("r, →  R, ←") && help.contains("! below 95 %, !! below 90 %") && !help.contains("Summary"));
    assert_eq!((press(&mut screen, KeyCode::Esc), screen.help), (Wish::Draw, false), "back, not out");
    assert_eq!(press(&mut screen, KeyCode::Char('x')), Wish::Nothing);
    for code in [KeyCode::Char('q'), KeyCode::Esc] {
        assert_eq!(press(&mut screen, code), Wish::Leave);
    }
    let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    assert_eq!(screen.press(control('c')), Wish::Leave);
    assert_eq!(screen.press(control('s')), Wish::Nothing, "no order of agents");
}
