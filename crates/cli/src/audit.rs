//! `onrecord audit`: from exports to the account of every call.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use onrecord_audit::{Share, Shares, Summary};
use onrecord_exchange::{Audited, Extras, audit};

use crate::files::{FileArgs, ReadingBar, read_policy};
use crate::numbers::grouped;

/// Account for every call: which are on record, which are not, and what the data cannot say
///
/// Reads the exports, decides for each officer's part in each call whether it is on record as the
/// policy asks, and writes into the folder --out:
///
///   report.html    what a commander reads; prints well, works offline
///   outcomes.csv   one line for each row of calls, with its outcome, defects and citation
///   summary.json   every figure, with its interval and beside it the share that cannot be decided
///   rejects.csv    what could not be used, with line, column and reason
///
/// An outcome is what the data says. It is not a finding: only people make those.
///
/// Exit codes: 0 done; 2 a file cannot be used, or --strict and something was rejected.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct AuditCommand {
    #[command(flatten)]
    files: FileArgs,
    /// The rules: a TOML file, or a shipped policy: generic, us-il, us-il-chicago
    #[arg(long, value_name = "FILE|NAME", help_heading = "Files")]
    policy: String,
    /// The folder for what is found; made where it is missing
    #[arg(long, value_name = "DIR", help_heading = "Writing")]
    out: PathBuf,
    /// Also write outcomes.jsonl
    #[arg(long, help_heading = "Writing")]
    jsonl: bool,
    /// Also write report-public.html: no officer, call or exact time, small numbers suppressed
    #[arg(long, help_heading = "Writing")]
    public: bool,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Writing")]
    format: Format,
    /// Exit with code 2 where anything was rejected
    #[arg(long, help_heading = "Reading")]
    strict: bool,
    /// How many threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Reading")]
    threads: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A few lines to read
    Text,
    /// The content of summary.json
    Json,
}

/// Runs the audit; answers a sentence where it cannot be done.
pub fn run(command: &AuditCommand) -> Result<ExitCode, String> {
    use_threads(command.threads)?;
    let policy = read_policy(&command.policy)?;
    let options = command.files.options()?;
    let extras = Extras { jsonl: command.jsonl, public: command.public };
    let bar = ReadingBar::new();
    let mut tell = |done, all| bar.tell(done, all);
    let audited = audit(&command.files.inputs(), &options, &policy, extras, &command.out, &mut tell)
        .map_err(|e| e.to_string())?;
    drop(bar);
    match command.format {
        Format::Text => print_text(&audited, command),
        Format::Json => {
            let json = serde_json::to_string_pretty(&audited.summary).map_err(|e| e.to_string())?;
            say!("{json}");
        }
    }
    if command.strict && audited.rejects > 0 {
        return Err(format!(
            "{} rows or values could not be used, and --strict was given. They are listed in {}.",
            audited.rejects,
            command.out.join("rejects.csv").display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes this thread one of those that work: it need not be woken again and again to hand out the next round.
fn use_threads(threads: Option<u16>) -> Result<(), String> {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads.map_or(0, usize::from)).use_current_thread();
    pool.build_global().map_err(|e| format!("--threads {}: {e}.", threads.unwrap_or_default()))
}

fn print_text(audited: &Audited, command: &AuditCommand) {
    let summary = &audited.summary;
    say!("{}", period_line(summary));
    print_shares("", &summary.shares);
    if summary.outcomes.iter().any(|o| o.in_grace > 0) {
        print_shares("outside grace: ", &summary.shares_without_grace);
    }
    let calls = &summary.calls;
    say!(
        "Of {} calls: all required officers on record in {}, some in {}, none in {}; {} cannot be decided.",
        grouped(calls.calls),
        grouped(calls.all_on_record),
        grouped(calls.some_on_record),
        grouped(calls.none_on_record),
        grouped(calls.undecided)
    );
    if audited.rejects > 0 {
        say!(
            "{} rows or values could not be used: {}",
            grouped(audited.rejects),
            command.out.join("rejects.csv").display()
        );
    }
    for note in &summary.notes {
        say!("Note: {note}");
    }
    say!("{}", summary.status);
    say!("Report: {}", command.out.join("report.html").display());
}

fn period_line(summary: &Summary) -> String {
    let day = |time: &str| time.chars().take(10).collect::<String>();
    let period = summary
        .obligations_period
        .as_ref()
        .map_or_else(String::new, |p| format!(", {} to {}", day(&p.from), day(&p.to)));
    format!("{} obligations under {}{period}.", grouped(summary.obligations), summary.policy.title)
}

fn print_shares(prefix: &str, shares: &Shares) {
    let text = |name: &str, share: &Share| match share.share {
        Some(of) => format!("{name} {:.1}%{}", of * 100.0, interval(share)),
        None => format!("{name} none"),
    };
    say!(
        "{prefix}{} required and decided: {}, {}, {}, {}; besides, {} of {} undecided.",
        grouped(shares.decided),
        text("recorded", &shares.recorded),
        text("excused", &shares.excused),
        text("partial", &shares.partial),
        text("missing", &shares.missing),
        shares.undecided.share.map_or_else(|| "none".to_owned(), |s| format!("{:.1}%", s * 100.0)),
        grouped(shares.decided + shares.undecided.count),
    );
}

fn interval(share: &Share) -> String {
    match (share.low, share.high) {
        (Some(low), Some(high)) => format!(" ({:.1}\u{2013}{:.1})", low * 100.0, high * 100.0),
        _ => String::new(),
    }
}
