//! What pages are made of: nouns with a role. Each takes its data as it is and shows it; none calls the server.

pub mod agent_table;
pub mod answer;
pub mod banner;
pub mod chart_cursor;
pub mod chart_panel;
pub mod chart_table;
pub mod command_block;
pub mod cost_table;
pub mod event_table;
pub mod export_menu;
pub mod ids;
pub mod legend;
pub mod live;
pub mod menu;
pub mod notices;
pub mod page_header;
pub mod panel_grid;
pub mod range_picker;
pub mod sidebar;
pub mod sparkline;
pub mod table_card;
pub mod task_table;
pub mod theme_toggle;
pub mod tiles;
pub mod view;
