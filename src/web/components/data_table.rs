//! Tables of plain data, written as HTML text: hundreds of cells that never change by themselves need no
//! hydration, and one table for all pages keeps the browser module small.
//!
//! Whatever a cell holds was sent by somebody: all of it is escaped here, and nowhere else.

use std::fmt::Write;

use leptos::prelude::*;

use crate::model::{Micros, Order};
use crate::web::format::{self, Figure, NONE};

use super::ids::{leads_astray, result_sign, short_id};

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Extra classes.
    pub class: &'static str,
    /// The columns.
    pub heads: Vec<Head>,
    /// The rows; each as long as `heads`. The first cell names the row.
    pub rows: Vec<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// What it says.
    pub label: String,
    /// `number`, and `minor` or `spare` for columns that go when room is scarce; for its cells, too.
    pub class: &'static str,
    /// Where the table sorted by this column is.
    pub href: Option<String>,
    /// How the table is sorted by it now, if it is.
    pub sorted: Option<Order>,
}

impl Head {
    /// A head that sorts nothing.
    #[must_use]
    pub fn plain(label: impl Into<String>, class: &'static str) -> Self {
        Self { label: label.into(), class, ..Self::default() }
    }
}

/// A cell: HTML, and what it says on hover.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    html: String,
    title: Option<String>,
}

impl Cell {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { html: escape(text), title: None }
    }

    /// A name written with `_`, `-` or `.`, after each of which a line may end.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self { html: breakable(name), title: None }
    }

    /// A text, or a dash where there is none.
    #[must_use]
    pub fn word(text: Option<&str>) -> Self {
        text.map_or_else(Self::none, Self::text)
    }

    /// No value.
    #[must_use]
    pub fn none() -> Self {
        Self { html: format!("<span class=\"muted\">{NONE}</span>"), title: None }
    }

    /// A figure: rounded to read, exact on hover, a dash where there is none.
    #[must_use]
    pub fn figure(figure: Option<Figure>) -> Self {
        figure.map_or_else(Self::none, |figure| Self { html: escape(&figure.to_string()), title: Some(figure.exact) })
    }

    /// An instant, or a dash where there is none.
    #[must_use]
    pub fn time(at: Option<Micros>, now: Micros) -> Self {
        let Some(at) = at else { return Self::none() };
        let exact = at.to_rfc3339();
        let html = format!("<time datetime=\"{exact}\" title=\"{exact}\">{}</time>", format::moment(at, now));
        Self { html, title: None }
    }

    /// An id as a link, shortened; the whole of it on hover.
    #[must_use]
    pub fn id(id: &str, href: &str) -> Self {
        Self { html: link(id, href, &format!("<b>{}</b>", escape(&short_id(id)))), title: None }
    }

    /// An id as a link, in full where there is room; the stylesheet ends it in dots where there is not.
    #[must_use]
    pub fn whole_id(id: &str, href: &str) -> Self {
        Self { html: link(id, href, &format!("<b>{}</b>", escape(id))), title: None }
    }

    /// A result word with its sign.
    #[must_use]
    pub fn result(word: Option<&str>) -> Self {
        let Some(word) = word else { return Self { title: Some("no result was recorded".into()), ..Self::none() } };
        let ink = crate::web::charts::timeline::result_ink(word).token();
        Self::state(ink, result_sign(word), word)
    }

    /// A state in words, with its sign and colour.
    #[must_use]
    pub fn state(ink: &'static str, sign: &'static str, words: &str) -> Self {
        let html = format!(
            "<span class=\"state\" data-ink=\"{ink}\"><span aria-hidden=\"true\">{sign}</span> {}</span>",
            escape(words)
        );
        Self { html, title: None }
    }

    /// A type of event, as a link to others of it; those of failures with their sign.
    #[must_use]
    pub fn event(event_type: &str, failed: bool, href: &str) -> Self {
        let (ink, sign) = if failed { (" data-ink=\"failure\"", "▲ ") } else { ("", "") };
        let inner = format!("<span class=\"state\"{ink}>{sign}{}</span>", escape(event_type));
        Self { html: link(event_type, href, &inner), title: None }
    }

    /// An instant to the second.
    #[must_use]
    pub fn instant(at: Micros, now: Micros) -> Self {
        let exact = at.to_rfc3339();
        let shown = format::moment_exact(at, now);
        Self { html: format!("<time datetime=\"{exact}\" title=\"{exact}\">{shown}</time>"), title: None }
    }

    /// A count of a heat map, the darker the higher its `level`, 0 to 5; a link to what it counts, if that can be shown.
    #[must_use]
    pub fn heat(count: &str, level: u8, href: Option<&str>, spoken: &str) -> Self {
        let (count, spoken) = (escape(count), escape(spoken));
        let html = match href.map(escape) {
            _ if level == 0 => {
                "<span class=\"heat-count\" data-level=\"0\"><span class=\"sr-only\">0</span></span>".to_owned()
            }
            Some(href) => format!(
                "<a class=\"heat-count\" data-level=\"{level}\" href=\"{href}\" aria-label=\"{spoken}\" title=\"{spoken}\">{count}</a>"
            ),
            None => format!("<span class=\"heat-count\" data-level=\"{level}\" title=\"{spoken}\">{count}</span>"),
        };
        Self { html, title: None }
    }

    /// A text as a link.
    #[must_use]
    pub fn link(text: &str, href: &str) -> Self {
        Self { html: format!("<a href=\"{}\">{}</a>", escape(href), escape(text)), title: None }
    }

    /// A picture of [`super::pictures`], and the words it stands for below or beside it.
    #[must_use]
    pub fn picture(picture: &str, words: &str) -> Self {
        Self { html: format!("{picture}<span class=\"pictured\">{}</span>", escape(words)), title: None }
    }

    /// The same cell with something to say on hover.
    #[must_use]
    pub fn hint(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// The same cell with small print behind it, if there is any.
    #[must_use]
    pub fn small(mut self, text: &str) -> Self {
        if text.is_empty() {
            return self;
        }
        // Writing to a String cannot fail.
        let _ = write!(self.html, " <small class=\"muted\">{}</small>", escape(text));
        self
    }

    /// The same cell with a download behind it.
    #[must_use]
    pub fn download(mut self, href: &str, label: &str, spoken: &str) -> Self {
        let (href, label, spoken) = (escape(href), escape(label), escape(spoken));
        let _ = write!(self.html, "<a href=\"{href}\" download=\"\" aria-label=\"{spoken}\">{label}</a> ");
        self
    }
}

fn link(id: &str, href: &str, inner: &str) -> String {
    let rel = if leads_astray(id) { " rel=\"external\"" } else { "" };
    format!("<a class=\"name\" href=\"{}\"{rel} title=\"{}\">{inner}</a>", escape(href), escape(id))
}

impl Table {
    /// The table as HTML text.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = format!("<table class=\"{}\"><thead><tr>", self.class);
        for head in &self.heads {
            head.write(&mut out);
        }
        out.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            out.push_str("<tr>");
            for (n, (cell, head)) in row.iter().zip(&self.heads).enumerate() {
                let (open, close) = if n == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
                let title = cell.title.as_ref().map(|title| format!(" title=\"{}\"", escape(title)));
                let title = title.unwrap_or_default();
                let _ = write!(out, "<{open} class=\"{}\"{title}>{}</{close}>", head.class, cell.html);
            }
            out.push_str("</tr>");
        }
        out + "</tbody></table>"
    }
}

impl Head {
    fn write(&self, out: &mut String) {
        let (word, arrow) = match self.sorted {
            Some(Order::Asc) => (" aria-sort=\"ascending\"", " ▴"),
            Some(Order::Desc) => (" aria-sort=\"descending\"", " ▾"),
            None => ("", ""),
        };
        let label = escape(&self.label);
        let _ = write!(out, "<th scope=\"col\" class=\"{}\"{word}>", self.class);
        let _ = match &self.href {
            Some(href) => write!(out, "<a href=\"{}\" data-noscroll=\"\">{label}{arrow}</a>", escape(href)),
            None => write!(out, "{label}{arrow}"),
        };
        out.push_str("</th>");
    }
}

/// A table, which scrolls inside its card if it must; the page never does.
#[component]
pub fn DataTable(
    /// The table.
    table: Table,
) -> impl IntoView {
    view! { <div class="table-scroll" tabindex="0" inner_html=table.html()></div> }.into_any()
}

/// A name as HTML in which a line may end after `_`, `-` and `.`.
#[must_use]
pub fn breakable(name: &str) -> String {
    name.split_inclusive(['_', '-', '.']).map(escape).collect::<Vec<_>>().join("<wbr>")
}

/// A text as HTML, safe between tags and in attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "\"'><script>alert(1)</script>&";

    #[test]
    fn whatever_a_cell_holds_stays_text() {
        let cells = vec![
            Cell::id(HOSTILE, "/agents/x?a=\"1\""),
            Cell::text(HOSTILE).hint(HOSTILE),
            Cell::result(Some(HOSTILE)).small(HOSTILE),
        ];
        let heads = ["A", "B", HOSTILE].map(|label| Head::plain(label, "")).to_vec();
        let html = Table { class: "list", heads, rows: vec![cells] }.html();
        assert!(!html.contains("<script") && !html.contains("x?a=\"1\""), "{html}");
        assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 6, "{html}");
        assert_eq!(Cell::name("a_<b>-c").html, "a_<wbr>&lt;b&gt;-<wbr>c");
    }

    #[test]
    fn the_head_of_the_sorted_column_says_so_and_links_to_the_other_order() {
        let head = Head {
            label: "Tasks".into(),
            class: "number",
            href: Some("/?order=asc".into()),
            sorted: Some(Order::Desc),
        };
        let html = Table { heads: vec![head], ..Table::default() }.html();
        assert!(html.contains("<th scope=\"col\" class=\"number\" aria-sort=\"descending\"><a href=\"/?order=asc\""));
        assert!(html.contains("Tasks ▾"));
    }

    #[test]
    fn no_value_is_a_dash_and_never_0() {
        assert_eq!(Cell::figure(None), Cell::none());
        assert!(Cell::time(None, Micros(0)).html.contains(NONE));
    }
}
