//! What a drawing is coloured with: roles, which `style/tokens.css` turns into colours.

use plotters::style::RGBColor;

/// The role of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ink {
    /// What charts stand on.
    Card,
    /// Small print: axis labels.
    Muted,
    /// Grid lines.
    Line,
    /// The ground of a stretch without data.
    Gap,
    /// The one accent.
    Accent,
    /// Success.
    Success,
    /// Failure.
    Failure,
    /// Timeout, warning.
    Timeout,
    /// Cancelled, and whatever has no role.
    Cancelled,
    /// One of the eight series colours, from 1.
    Series(u8),
}

impl Ink {
    /// Every role; a colour's place here is its place in a [`Theme`].
    pub const ALL: [Self; 17] = [
        Self::Card,
        Self::Muted,
        Self::Line,
        Self::Gap,
        Self::Accent,
        Self::Success,
        Self::Failure,
        Self::Timeout,
        Self::Cancelled,
        Self::Series(1),
        Self::Series(2),
        Self::Series(3),
        Self::Series(4),
        Self::Series(5),
        Self::Series(6),
        Self::Series(7),
        Self::Series(8),
    ];

    /// The custom property that holds its colour, without the leading dashes; also the `data-ink` of marks in HTML.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Muted => "muted",
            Self::Line => "line",
            Self::Gap => "gap",
            Self::Accent => "accent",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Series(1) => "series-1",
            Self::Series(2) => "series-2",
            Self::Series(3) => "series-3",
            Self::Series(4) => "series-4",
            Self::Series(5) => "series-5",
            Self::Series(6) => "series-6",
            Self::Series(7) => "series-7",
            Self::Series(_) => "series-8",
        }
    }
}

/// Colours by role, and how large a CSS pixel is on the surface drawn on.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    colours: [RGBColor; Ink::ALL.len()],
    /// Surface pixels in a CSS pixel.
    pub scale: f64,
    /// What the backend divides font sizes by: 1.24 for plotters' SVG, 1 for its canvas.
    pub font_scale: f64,
}

impl Theme {
    /// A theme whose colours are looked up by token; black where there is none.
    pub fn new(scale: f64, font_scale: f64, mut colour: impl FnMut(Ink) -> Option<RGBColor>) -> Self {
        Self { colours: Ink::ALL.map(|ink| colour(ink).unwrap_or(RGBColor(0, 0, 0))), scale, font_scale }
    }

    /// A theme whose colours are serial numbers, for drawings in which [`Self::name_tokens`] then names the
    /// tokens: the server does not know which theme the browser prefers.
    #[must_use]
    pub fn numbered(scale: f64, font_scale: f64) -> Self {
        let mut serial = 0;
        Self::new(scale, font_scale, |_| {
            serial += 1;
            Some(RGBColor(0, 0, serial))
        })
    }

    /// Replaces the serial numbers in an SVG by custom properties.
    #[must_use]
    pub fn name_tokens(svg: &str) -> String {
        let mut out = String::with_capacity(svg.len() + svg.len() / 8);
        let mut rest = svg;
        while let Some(at) = rest.find("\"#0000") {
            let (before, code) = rest.split_at(at);
            let serial = code.get(6..8).and_then(|digits| usize::from_str_radix(digits, 16).ok());
            out.push_str(before);
            if let Some(ink) = serial.and_then(|serial| Ink::ALL.get(serial.wrapping_sub(1))) {
                out.push_str("\"var(--");
                out.push_str(ink.token());
                out.push(')');
                rest = &code[8..];
            } else {
                out.push_str(&code[..6]);
                rest = &code[6..];
            }
        }
        out + rest
    }

    /// The colour of a role.
    #[must_use]
    pub fn colour(&self, ink: Ink) -> RGBColor {
        Ink::ALL.iter().position(|each| *each == ink).map_or(RGBColor(0, 0, 0), |place| self.colours[place])
    }

    /// Reads `#rgb` or `#rrggbb`, as stylesheets write colours.
    #[must_use]
    pub fn parse_colour(text: &str) -> Option<RGBColor> {
        let digits = text.trim().strip_prefix('#')?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let byte = |shift: u32| u8::try_from((number >> shift) & 0xff).ok();
        let nibble = |shift: u32| u8::try_from((number >> shift) & 0xf).ok().map(|half| half * 17);
        match digits.len() {
            6 => Some(RGBColor(byte(16)?, byte(8)?, byte(0)?)),
            3 => Some(RGBColor(nibble(8)?, nibble(4)?, nibble(0)?)),
            _ => None,
        }
    }
}
