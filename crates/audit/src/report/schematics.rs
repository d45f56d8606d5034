//! A small drawing of each kind of defect: what it looks like on the line of an encounter.

use super::svg::Drawing;

/// The drawing, title and meaning of one kind.
pub(super) struct Schematic {
    kind: &'static str,
    /// What it means, in a sentence.
    pub(super) meaning: &'static str,
    recorded: &'static [(f64, f64)],
    defect: (f64, f64),
}

const KINDS: [Schematic; 4] = [
    Schematic {
        kind: "never_activated",
        meaning: "Nothing of the encounter is on record.",
        recorded: &[],
        defect: (0.0, 1.0),
    },
    Schematic {
        kind: "late_activation",
        meaning: "The recording begins too late.",
        recorded: &[(0.34, 1.0)],
        defect: (0.0, 0.34),
    },
    Schematic {
        kind: "early_stop",
        meaning: "The recording ends too early.",
        recorded: &[(0.0, 0.66)],
        defect: (0.66, 1.0),
    },
    Schematic {
        kind: "gap",
        meaning: "The recording is interrupted.",
        recorded: &[(0.0, 0.36), (0.64, 1.0)],
        defect: (0.36, 0.64),
    },
];

/// The schematic of a kind in the words of the exchange files.
pub(super) fn of(kind: &str) -> Option<&'static Schematic> {
    KINDS.iter().find(|schematic| schematic.kind == kind)
}

impl Schematic {
    /// The drawing.
    pub(super) fn html(&self) -> String {
        let title = format!("{}, drawn", super::text::capital(&super::text::plain(self.kind)));
        let mut drawing = Drawing::new(format!("kind-{}", self.kind), "schematic", title, 26.0);
        for part in self.recorded {
            drawing.bar("rec", *part, 6.0, 14.0);
        }
        drawing.bar("mis", self.defect, 6.0, 14.0);
        for end in [0.0, 1.0] {
            drawing.line("edge", (end, 1.0), (end, 25.0));
        }
        drawing.html("Between the begin and the end of an encounter, solid is on record, hollow is not.")
    }
}
