//! What README and handbook show works as they show it.

use crate::desk::Desk;

/// The indented block that follows the line which begins like this.
fn block_after(text: &str, line: &str) -> String {
    let after = text.lines().skip_while(|l| !l.starts_with(line)).skip_while(|l| !l.starts_with("    "));
    let mut block = String::new();
    for line in after.map_while(|l| l.strip_prefix("    ")) {
        block.push_str(line);
        block.push('\n');
    }
    block
}

#[test]
fn the_first_report_of_the_readme() {
    let readme = include_str!("../../../../README.md");
    let desk = Desk::with(block_after(readme, "`calls.csv`"), block_after(readme, "`recordings.csv`"));
    let command = block_after(readme, "Then (").replace("\\\n", " ");
    let (_, arguments) = command.split_once("target/release/onrecord ").unwrap();
    let ran = desk.run(&arguments.split_whitespace().collect::<Vec<_>>());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let outcomes = std::fs::read_to_string(desk.path("report/outcomes.csv")).unwrap();
    let said: Vec<_> = crate::desk::rows(&outcomes).iter().map(|o| o["outcome"].clone()).collect();
    assert_eq!(said, ["recorded", "partial"]);
    assert!(outcomes.contains("late_activation"));
}

/// The blocks of TOML in a page.
fn toml_blocks(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_mappings_of_the_handbook() {
    let blocks = toml_blocks(include_str!("../../../../docs/mappings.md"));
    let exports = [
        "Incident No,Officer 1 ID,Car,Nature,Pri,Zone,Dispo,Created,Dispatched,Enroute,Arrived,Departed,Closed\n\
         1,101/102,5A,THEFT,1,2,NR,01/10/2023 09:50,01/01/1900 00:00,n/a,01/10/2023 10:00:00 AM,,1/10/2023 10:30:00 AM\n",
        "Event,Badge,Arrival Date,Arrival Time,Clear Date,Clear Time\n1,101,01/10/2023,1000,2023-01-10,10:30:00\n",
    ];
    let expected: [&[&str]; 2] =
        [&["2023-01-10T17:00:00Z", "2023-01-10T17:00:00Z"], &["2023-01-10T18:00:00Z"]];
    assert_eq!(blocks.len(), exports.len());
    for ((mapping, export), expected) in blocks.into_iter().zip(exports).zip(expected) {
        let recordings = "recording_id,officer_id,started_at\n1,101,2023-01-01T00:00:00Z\n";
        let desk = Desk::with(export, recordings).file("ours.toml", mapping);
        let ran = desk.audit().and("--cad-mapping ours.toml").done();
        let begins: Vec<_> = ran.outcomes().iter().map(|o| o["begin"].clone()).collect();
        assert_eq!(begins, expected);
        assert!(ran.rejected().is_empty());
    }
}
