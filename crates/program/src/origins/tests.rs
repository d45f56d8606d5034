//! Opening a new origin, on a SQLite of its own or on the PostgreSQL that `ONRECORD_TEST_POSTGRES` names.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use onrecord_ledger::tree::{Tiles, TilesError};
use onrecord_ledger::{EMPTY_ROOT, Edge, check_inclusion, leaf_hash};
use onrecord_store::Store;
use onrecord_vault::Shelf;
use sqlx::Connection as _;

use super::*;
use crate::Live;
use crate::sequencer::tile_name;

const BECAUSE: &str = "The disk burned; the copy is of the evening before.";

/// Chance that is never the same twice, but the same in every run.
fn world(seed: u64) -> World {
    let now = AtomicI64::new(1_600_000_000_000_000);
    let chance = AtomicU64::new(seed << 32);
    World::new(
        Arc::new(move || now.fetch_add(1, Ordering::Relaxed)),
        Arc::new(move |buffer| {
            for piece in buffer.chunks_mut(8) {
                let next = chance.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                piece.copy_from_slice(&next.to_le_bytes()[..piece.len()]);
            }
        }),
    )
}

/// The address of an empty database: a new SQLite in the folder, or a new database on the PostgreSQL that is named. A
/// schema would not do: the sequencer's lock is one of the whole database.
async fn address(folder: &Path, name: &str) -> String {
    let Ok(address) = std::env::var("ONRECORD_TEST_POSTGRES") else {
        return format!("sqlite:{}?mode=rwc", folder.join("onrecord.db").display());
    };
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
    let database = format!("origins_{name}_{}", std::process::id());
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}")))
        .execute(&mut connection)
        .await
        .unwrap();
    format!("{}/{database}", address.rsplit_once('/').unwrap().0)
}

/// A copy that came back: database, shelf and key folder.
struct Copy {
    folder: tempfile::TempDir,
    address: String,
    world: World,
}

impl Copy {
    async fn new(name: &str, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = address(folder.path(), name).await;
        Self { folder, address, world: world(seed) }
    }

    /// The server as it starts: with the key of the origin that the database holds.
    async fn start(&self) -> Arc<Program> {
        let store = Store::open(&self.address).await.unwrap();
        let keys = KeyRing::open(&self.folder.path().join("keys"), self.world.filler()).unwrap();
        let number = ledger::tree(&store).await.unwrap().map_or(1, |state| state.number);
        let fresh = LedgerKey::generate("test.example/ledger", &self.world.random()).unwrap();
        let text = keys.secret(&key_name(number), || fresh.to_text().into_bytes()).unwrap();
        let program = Program {
            store,
            shelf: Arc::new(Shelf::folder(self.folder.path().join("evidence")).unwrap()),
            mirror: None,
            keys: Arc::new(keys),
            media: None,
            ledger_key: LedgerKey::from_text(std::str::from_utf8(&text).unwrap()).unwrap(),
            scratch: self.folder.path().join("scratch"),
            world: self.world.clone(),
            mail: None,
            live: Live::default(),
        };
        program.open_ledger().await.unwrap();
        program.read_restored().await.unwrap();
        Arc::new(program)
    }
}

async fn happen(program: &Program, events: u64) {
    let mut tx = program.store.begin().await.unwrap();
    for place in 0..events {
        let event = Event::new(Kind::Accessed, &format!("clip {place}"), "somebody", "watched");
        program.record(&mut tx, event).await.unwrap();
    }
    commit(tx).await.unwrap();
}

/// A copy with 600 sequenced entries and 5 that wait, and a checkpoint of the world that holds 700.
async fn restored(copy: &Copy) -> (Arc<Program>, String) {
    let program = copy.start().await;
    happen(&program, 600).await;
    program.publish(1).await.unwrap();
    happen(&program, 5).await;
    program.mark_restored().await.unwrap();
    let note = program.ledger_key.sign_checkpoint(700, &[7; 32]);
    (program, note)
}

async fn texts(program: &Program) -> Vec<String> {
    let placed = ledger::placed(&program.store, 0, 10_000).await.unwrap();
    placed.into_iter().map(|kept| kept.entry).collect()
}

struct OnShelf<'a>(&'a Shelf, u64);

impl Tiles for OnShelf<'_> {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        let found = self.0.get(&tile_name(self.1, path));
        found.map(|bytes| bytes.to_vec()).map_err(|_| TilesError::Missing { path: path.to_owned() })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_cannot_prove_itself_goes_on_under_a_new_origin_and_loses_nothing_it_holds() {
    let copy = Copy::new("goes_on", 1).await;
    let (old, note) = restored(&copy).await;
    let before = texts(&old).await;
    assert!(old.prove_restore(&note, "operator").await.is_err());

    let opened = old.open_origin(&note, BECAUSE, "operator").await.unwrap();
    assert_eq!((opened.name.as_str(), opened.kept), ("test.example/ledger/2", 600));
    assert_ne!(opened.key, old.ledger_key.verifier_key());

    let new = copy.start().await;
    assert_eq!(new.ledger_key.verifier_key(), opened.key);
    let (published, _) = new.publish(16).await.unwrap();
    let checkpoint = Checkpoint::open(&published, &opened.key).unwrap();
    assert_eq!(checkpoint.size, 608, "the first entry, 600, the 5 that waited, padding");
    let after = texts(&new).await;
    assert_eq!(after[1..=600], before, "in the old order, one place further on");
    let first = Entry::parse(&after[0]).unwrap();
    assert_eq!((first.kind, first.reason.as_str()), (Kind::OriginOpened, BECAUSE));
    assert_eq!(first.facts["old_checkpoint"], note);
    assert_eq!(first.facts["old_origin"], "test.example/ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_tree_is_that_of_its_entries_and_the_old_tiles_stay() {
    let copy = Copy::new("tiles", 2).await;
    let (old, note) = restored(&copy).await;
    let old_edge = Edge::restore(600, &OnShelf(&old.shelf, 1)).unwrap();
    old.open_origin(&note, BECAUSE, "operator").await.unwrap();
    let new = copy.start().await;
    let (published, _) = new.publish(16).await.unwrap();
    let checkpoint = Checkpoint::read_unverified(&published).unwrap();
    let mut edge = Edge::empty();
    let kept = ledger::placed(&new.store, 0, 10_000).await.unwrap();
    for entry in &kept {
        edge.append(&leaf_of(entry).unwrap()).unwrap();
    }
    assert_eq!(edge.root(), checkpoint.root);
    assert_eq!(Edge::restore(608, &OnShelf(&new.shelf, 2)).unwrap().root(), checkpoint.root);
    assert_eq!(Edge::restore(600, &OnShelf(&new.shelf, 1)).unwrap(), old_edge);
    for place in [0, 1, 300, 605] {
        let proof = new.prove_inclusion(place).await.unwrap().unwrap();
        let leaf = leaf_hash(&leaf_of(&kept[place as usize]).unwrap());
        check_inclusion(&leaf, place, checkpoint.size, &checkpoint.root, &proof.proof).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_list_names_the_last_checkpoint_and_opens_the_first_entry() {
    let copy = Copy::new("list", 3).await;
    let (old, note) = restored(&copy).await;
    let old_key = old.ledger_key.verifier_key();
    assert_eq!(old.origins().await.unwrap().len(), 1);
    let opened = old.open_origin(&note, BECAUSE, "operator").await.unwrap();
    let new = copy.start().await;
    let (published, _) = new.publish(16).await.unwrap();
    let origins = new.origins().await.unwrap();
    let [first, second] = origins.as_slice() else { panic!("{origins:?}") };
    assert_eq!((first.number, first.name.as_str()), (1, "test.example/ledger"));
    assert_eq!((&first.key, first.last_checkpoint.as_ref()), (&old_key, Some(&note)));
    assert_eq!((second.number, &second.name, &second.key), (2, &opened.name, &opened.key));
    assert_eq!(second.last_checkpoint, None);
    let opening = second.opened.clone().unwrap();
    assert_eq!(opening.because, BECAUSE);
    let salt = STANDARD.decode(&opening.salt).unwrap().try_into().unwrap();
    let leaf = onrecord_ledger::leaf("custody", &onrecord_ledger::commitment(&salt, &opening.entry));
    let checkpoint = Checkpoint::read_unverified(&published).unwrap();
    let proof = new.prove_inclusion(0).await.unwrap().unwrap().proof;
    check_inclusion(&leaf_hash(&leaf), 0, checkpoint.size, &checkpoint.root, &proof).unwrap();
    let (served, _) = ledger::published(&new.store).await.unwrap().unwrap();
    assert_eq!(served, published);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_publication_of_the_new_origin_none_of_the_old_one_stands_in_for_it() {
    let copy = Copy::new("none", 4).await;
    let (old, note) = restored(&copy).await;
    old.open_origin(&note, BECAUSE, "operator").await.unwrap();
    assert_eq!(ledger::published(&old.store).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_the_old_key_signs_nothing_any_more() {
    let copy = Copy::new("old_node", 5).await;
    let (old, note) = restored(&copy).await;
    // It was started before somebody said that this is a copy, and does not know.
    let unaware = Arc::clone(&old);
    old.open_origin(&note, BECAUSE, "operator").await.unwrap();
    unaware.live.is_restored.store(false, Ordering::Relaxed);
    assert!(unaware.publish(16).await.is_err());
    let mut tx = old.store.begin().await.unwrap();
    ledger::integrated(&mut tx, "test.example/ledger", 605, "signed with the old key").await.unwrap();
    commit(tx).await.unwrap();
    assert_eq!(ledger::tree(&old.store).await.unwrap().unwrap().note, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_never_open_the_same_origin() {
    let (one, other) = (Copy::new("one", 6).await, Copy::new("other", 7).await);
    let (first, note) = restored(&one).await;
    let opened = first.open_origin(&note, BECAUSE, "operator").await.unwrap();
    // The other copy has the same key folder.
    std::fs::remove_dir_all(other.folder.path().join("keys")).ok();
    std::os::unix::fs::symlink(one.folder.path().join("keys"), other.folder.path().join("keys")).unwrap();
    let (second, note) = restored(&other).await;
    let again = second.open_origin(&note, BECAUSE, "operator").await.unwrap();
    assert_eq!(again.name, "test.example/ledger/3");
    assert_ne!(again.key, opened.key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_origin_follows_a_second_one() {
    let copy = Copy::new("third", 8).await;
    let (first, note) = restored(&copy).await;
    first.open_origin(&note, BECAUSE, "operator").await.unwrap();
    let second = copy.start().await;
    second.publish(16).await.unwrap();
    second.mark_restored().await.unwrap();
    let note = second.ledger_key.sign_checkpoint(9_000, &[8; 32]);
    let opened = second.open_origin(&note, "Once more.", "operator").await.unwrap();
    assert_eq!((opened.name.as_str(), opened.kept), ("test.example/ledger/3", 608));
    let third = copy.start().await;
    third.publish(16).await.unwrap();
    let because: Vec<_> = third.origins().await.unwrap();
    let because: Vec<_> =
        because.iter().map(|origin| origin.opened.as_ref().map(|opened| opened.because.as_str())).collect();
    assert_eq!(because, [None, Some(BECAUSE), Some("Once more.")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_with_gaps_closes_them() {
    let copy = Copy::new("gaps", 9).await;
    let (old, note) = restored(&copy).await;
    let mut connection = sqlx::AnyConnection::connect(&copy.address).await.unwrap();
    sqlx::query("DELETE FROM ledger_entries WHERE place IN (0, 300)").execute(&mut connection).await.unwrap();
    drop(connection);
    let before = texts(&old).await;
    assert_eq!(old.open_origin(&note, BECAUSE, "operator").await.unwrap().kept, 598);
    let new = copy.start().await;
    new.publish(1).await.unwrap();
    assert_eq!(texts(&new).await[1..=598], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_origin_is_opened_without_need() {
    let copy = Copy::new("refused", 10).await;
    let (program, ahead) = restored(&copy).await;
    let mut refused = Vec::new();
    let size = Checkpoint::read_unverified(&program.tree_state().await.unwrap().note.unwrap()).unwrap().size;
    let own = program.tree_state().await.unwrap().note.unwrap();
    let other_key = LedgerKey::generate("test.example/ledger", &[1; 32]).unwrap();
    let older = program.ledger_key.sign_checkpoint(size - 1, &EMPTY_ROOT);
    for (note, reason) in [
        (own.as_str(), BECAUSE),
        (&other_key.sign_checkpoint(700, &[7; 32]), BECAUSE),
        (&older, BECAUSE),
        (&ahead, " "),
    ] {
        refused.push(program.open_origin(note, reason, "operator").await.unwrap_err().to_string());
    }
    for (said, wanted) in refused.iter().zip(["prove-restore", "not one of this", "published", "Say why"]) {
        assert!(said.contains(wanted), "{said}");
    }
    let mut tx = program.store.begin().await.unwrap();
    settings::set(&mut tx, RESTORED, "").await.unwrap();
    commit(tx).await.unwrap();
    let said = program.open_origin(&ahead, BECAUSE, "operator").await.unwrap_err().to_string();
    assert!(said.contains("only where a copy was restored"), "{said}");
    assert_eq!(program.tree_state().await.unwrap().number, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_damaged_keeps_the_old_origin() {
    let copy = Copy::new("damaged", 11).await;
    let (program, note) = restored(&copy).await;
    let mut connection = sqlx::AnyConnection::connect(&copy.address).await.unwrap();
    sqlx::query("UPDATE ledger_entries SET entry = 'x' WHERE place = 5")
        .execute(&mut connection)
        .await
        .unwrap();
    drop(connection);
    let said = program.open_origin(&note, BECAUSE, "operator").await.unwrap_err().to_string();
    assert!(said.contains("is damaged"), "{said}");
    assert_eq!(program.tree_state().await.unwrap().number, 1);
}
