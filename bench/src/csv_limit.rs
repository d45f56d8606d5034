//! limit
fn main() {}
