//! Writes a department: `cargo run --release -p onrecord-simulator --example simulate -- NAME OUT [SEED [OFFICERS [DAYS]]]`.

use std::path::Path;
use std::time::Instant;

use onrecord_simulator::{Options, Scenario, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, out, numbers @ ..] = arguments.as_slice() else {
        return Err("usage: simulate NAME|FILE.toml OUT [SEED [OFFICERS [DAYS]]]".into());
    };
    let number = |index: usize| numbers.get(index).map(|text| text.parse()).transpose();
    let scenario = match Scenario::named(name) {
        Some(scenario) => scenario,
        None => Scenario::parse(name, &std::fs::read_to_string(name)?)?,
    };
    let seed = numbers.first().map_or(Ok(1), |text| text.parse())?;
    let options = Options { officers: number(1)?, days: number(2)?, seed };
    let began = Instant::now();
    let done = simulate(&scenario, &options, Path::new(out), &mut |_, _| {})?;
    println!("{done:?} in {:.2} s", began.elapsed().as_secs_f64());
    Ok(())
}
