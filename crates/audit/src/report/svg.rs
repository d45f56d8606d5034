//! Drawings that keep their text legible at any width: places along the drawing are shares of its width, heights
//! are pixels. No drawing is without a title and a description.

use std::fmt::Write;

use super::text::{escape, finite};

/// A drawing in the making.
pub(super) struct Drawing {
    id: String,
    class: &'static str,
    title: String,
    height: f64,
    body: String,
}

/// Where a label stands to its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// It is centred on it.
    Middle,
    /// It ends there.
    End,
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Drawing {
    /// An empty drawing; `id` is its own in the page, `class` says how wide it is.
    pub(super) fn new(
        id: impl Into<String>,
        class: &'static str,
        title: impl Into<String>,
        height: f64,
    ) -> Self {
        Self { id: id.into(), class, title: title.into(), height, body: String::new() }
    }

    /// A bar from one share of the width to another.
    pub(super) fn bar(&mut self, class: &str, (from, to): (f64, f64), y: f64, height: f64) {
        let (x, width, y, height) = (along(from), along(finite(to) - finite(from)), px(y), px(height));
        self.put(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#
        ));
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x1, y1, x2, y2) = (along(x1), px(y1), along(x2), px(y2));
        self.put(format_args!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
    }

    /// A round mark.
    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let (x, y, r) = (along(x), px(y), px(radius));
        self.put(format_args!(r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#));
    }

    /// A label, moved by `dx` pixels.
    pub(super) fn label(&mut self, class: &str, (x, y): (f64, f64), dx: f64, anchor: Anchor, words: &str) {
        let (x, y, dx, anchor, words) = (along(x), px(y), px(dx), anchor.word(), escape(words));
        self.put(format_args!(
            r#"<text class="{class}" x="{x}" y="{y}" dx="{dx}" text-anchor="{anchor}">{words}</text>"#
        ));
    }

    /// A filled shape through points of (share of the width, pixels).
    pub(super) fn area(&mut self, class: &str, points: &[(f64, f64)]) {
        // Only a box of its own can stretch a shape sideways alone.
        let height = px(self.height);
        let points: Vec<String> =
            points.iter().map(|(x, y)| format!("{},{}", px(finite(*x) * 1000.0), px(*y))).collect();
        self.put(format_args!(
            r#"<svg x="0" y="0" width="100%" height="{height}" viewBox="0 0 1000 {height}" preserveAspectRatio="none"><polygon class="{class}" points="{}"/></svg>"#,
            points.join(" ")
        ));
    }

    /// The finished drawing; `description` says in words what it shows.
    pub(super) fn html(self, description: &str) -> String {
        let Self { id, class, title, height, body } = self;
        format!(
            r#"<svg class="{class}" role="img" aria-labelledby="{id}-t {id}-d" width="100%" height="{}"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc>{body}</svg>"#,
            px(height),
            escape(&title),
            escape(description)
        )
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(what);
    }
}

/// A share of the width.
fn along(share: f64) -> String {
    format!("{}%", px(share * 100.0))
}

/// A length, no more exact than can be seen.
fn px(length: f64) -> String {
    let rounded = (finite(length) * 100.0).round() / 100.0;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_a_title_and_a_description_and_never_says_nan() {
        let mut drawing = Drawing::new("x", "plot", "A <title>", 20.0);
        drawing.bar("rec", (f64::NAN, 0.5), 0.0, f64::INFINITY);
        drawing.label("v", (0.25, 10.0), 0.0, Anchor::Middle, "a < b");
        let html = drawing.html("what it shows");
        assert!(
            html.contains(r#"<title id="x-t">A &lt;title&gt;</title><desc id="x-d">what it shows</desc>"#)
        );
        assert!(html.contains("a &lt; b"));
        assert!(!html.contains("NaN") && !html.contains("inf"));
        assert!(html.contains(r#"x="0%" y="0" width="50%" height="0""#));
    }
}
