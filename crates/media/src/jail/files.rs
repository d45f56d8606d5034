//! Which files a media tool may open: itself, the loader, the shared libraries. Nothing may be written, no folder
//! listed. The kernel's Landlock enforces it. What the tool holds as descriptors is not a name and stays open to it.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

/// Where shared libraries lie (Filesystem Hierarchy Standard 3.0, 3.9, 4.6 and 4.9.3) and the loader's index of them.
const LIBRARIES: [&str; 6] =
    ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"];
/// Where the loaders of the C libraries lie, by their binary interfaces.
const LOADERS: [&str; 2] = ["/lib", "/lib64"];
/// The newest version whose rules we know; of an older kernel, what it can enforce.
const NEWEST: ABI = ABI::V10;

/// Shuts the file system, TCP, other processes' sockets and signals. Returns the version of Landlock that enforces
/// it, or none where the kernel has none.
pub(super) fn restrict(tool: Option<&Path>) -> Result<Option<u32>, RulesetError> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(LIBRARIES, AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(
            tool.into_iter().map(Path::to_path_buf).chain(loaders()),
            AccessFs::ReadFile | AccessFs::Execute,
        ))?
        .restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => Some(effective_abi as u32),
        _ => None,
    })
}

/// The programs that load shared libraries: `ld-linux-x86-64.so.2`, `ld-linux-aarch64.so.1`, `ld-musl-x86_64.so.1`.
fn loaders() -> Vec<PathBuf> {
    let entries = LOADERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    entries
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"ld-"))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_of_this_very_program_is_found() {
        assert!(!loaders().is_empty());
    }
}
