//! The program from outside: real files in, real files out.
// Everything here is a test or helps one; clippy only knows the functions marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod desk;

mod damaged_rows;
mod handbook;
mod outputs;
mod people;
mod policies;
mod profiles;
mod simulation;
mod unusable_files;
mod words_and_times;
