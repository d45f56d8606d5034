//! Makes the folder of the pages where it is missing, so that a program built before its pages finds them once they are
//! there; and builds the program again when they change, where they are part of it.

use std::{env, fs, path::Path};

const PAGES: &str = "../../web/build";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = Path::new(PAGES);
    if let Err(error) = fs::create_dir_all(folder) {
        println!(
            "cargo::warning=The folder for the pages could not be made at {PAGES}: {error}. The server will show none."
        );
    }
    // Without optimisation the program reads the folder itself, each time.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={PAGES}");
    }
}
