//! How often what happened where: a table whose cells are the darker the more they count, and lead to what they count.

use leptos::prelude::*;

use crate::web::format;

use super::data_table::{Cell, DataTable, Head, Table};

/// Shades of a cell that counts anything; the stylesheet has as many (`style/healing.css`).
const SHADES: f64 = 5.0;

/// Counts by row and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatMap {
    /// Its name on the page.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What is counted, and how much of it.
    pub subtitle: String,
    /// What the rows are.
    pub rows_are: &'static str,
    /// Names of the columns: short, and in full.
    pub columns: Vec<(String, String)>,
    /// The rows.
    pub rows: Vec<HeatRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatRow {
    /// Its name.
    pub label: String,
    /// Where its name leads, if anywhere.
    pub href: Option<String>,
    /// What each column counts, and where that leads, if anywhere.
    pub cells: Vec<(u64, Option<String>)>,
}

/// The map in its card.
#[component]
pub fn HeatMapPanel(
    /// What it shows.
    map: HeatMap,
) -> impl IntoView {
    let id = map.id;
    let table = table(&map);
    view! {
        <section class="card heat-map" aria-labelledby=format!("{id}-title") data-panel=id>
            <header class="card-header">
                <h2 id=format!("{id}-title")>{map.title}</h2>
                <span class="muted">{map.subtitle}</span>
            </header>
            <DataTable table=table />
        </section>
    }
    .into_any()
}

fn table(map: &HeatMap) -> Table {
    let most = map.rows.iter().flat_map(|row| &row.cells).map(|(count, _)| *count).max().unwrap_or(0).max(1);
    let mut heads = vec![Head::plain(map.rows_are, ""), Head::plain("All", "number")];
    heads.extend(map.columns.iter().map(|(short, _)| Head::plain(short.as_str(), "heat-cell")));
    let rows = map.rows.iter().map(|row| {
        let all = row.cells.iter().map(|(count, _)| count).sum::<u64>();
        let name = row.href.as_deref().map_or_else(|| Cell::text(&row.label), |href| Cell::whole_id(&row.label, href));
        let mut cells = vec![name, Cell::figure(Some(format::count(all)))];
        cells.extend(row.cells.iter().zip(&map.columns).map(|((count, href), (_, column))| {
            let spoken = format!("{}, {column}: {}", row.label, format::count(*count).exact);
            Cell::heat(&format::count(*count).to_string(), shade(*count, most), href.as_deref(), &spoken)
        }));
        cells
    });
    Table { class: "heat", rows: rows.collect(), heads }
}

/// Which shade a count has, 0 for none at all. By the square root, so that one among hundreds is told from none.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 5")]
fn shade(count: u64, most: u64) -> u8 {
    ((count as f64 / most as f64).sqrt() * SHADES).ceil() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_darkest_none_is_blank_and_a_count_leads_to_what_it_counts() {
        assert_eq!([0, 1, 25, 100].map(|count| shade(count, 100)), [0, 1, 3, 5]);
        let map = HeatMap {
            id: "by-agent",
            title: "Failures",
            subtitle: String::new(),
            rows_are: "Failure",
            columns: vec![("a".into(), "agent-a".into()), ("b".into(), "agent-b".into())],
            rows: vec![HeatRow {
                label: "<b>".into(),
                href: Some("/healing?failure_type=x".into()),
                cells: vec![(4, Some("/healing?agent_id=a&x=1".into())), (0, None)],
            }],
        };
        let html = table(&map).html();
        assert!(html.contains("data-level=\"5\" href=\"/healing?agent_id=a&amp;x=1\""), "{html}");
        assert!(html.contains("aria-label=\"&lt;b&gt;, agent-a: 4\""), "{html}");
        assert_eq!(html.matches("<a class=\"heat-count\"").count(), 1, "{html}");
    }
}
