//! By type of call: fifteen types and the sum of the others.

use super::table;
use super::view::View;

/// The table.
pub(super) fn by_type(view: &View) -> String {
    if view.call_types.is_empty() {
        return r#"<p class="nothing">No type of call can be shown.</p>"#.to_owned();
    }
    let caption = if view.public {
        "Shares by type of call, the most frequent types first"
    } else {
        "Shares by type of call, those with the most missing obligations first"
    };
    table::shares("types-table", caption, "Type of call", &view.call_types)
}
