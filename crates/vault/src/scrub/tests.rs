use super::*;
use crate::testing::{CLIP, Stand, clip_of, key};

fn repaired(stand: &Stand, mirror: &Stand, segment: &Segment) -> Result<Repair, RepairError> {
    repair(stand.reading(&key()), &mirror.shelf, segment)
}

fn mirrored(stand: &Stand, segments: &[Segment]) -> Stand {
    let mirror = Stand::folder();
    for segment in segments {
        assert_eq!(copy_segment(&stand.shelf, &mirror.shelf, &segment.name).unwrap(), segment.stored);
    }
    mirror
}

#[test]
fn a_scrub_reads_every_byte() {
    for stand in Stand::both() {
        let mut writer = crate::ClipWriter::new(
            std::sync::Arc::clone(&stand.shelf),
            CLIP,
            key(),
            crate::Place::default(),
            crate::testing::random(),
        );
        let clip = clip_of(3_000_000);
        writer.push(&clip).unwrap();
        let segments = writer.finish().unwrap();
        let mut read = Vec::new();
        check_clip(&stand.shelf, CLIP, &key(), &segments, |bytes| read.extend_from_slice(bytes)).unwrap();
        assert!(read == clip);
        stand.spoil(&segments[0].name, |bytes| *bytes.last_mut().unwrap() ^= 1);
        let error = check_clip(&stand.shelf, CLIP, &key(), &segments, |_| {}).unwrap_err();
        assert!(matches!(error, ReadError::Damage(Damage { what: What::Chunk, chunk: 11, .. })), "{error}");
        let error = check_clip(&stand.shelf, CLIP, &key(), &[], |_| {}).unwrap_err();
        assert!(matches!(error, ReadError::Incomplete { bytes: 0 }), "{error}");
    }
}

#[test]
fn a_damaged_segment_is_replaced_by_the_mirrors_and_kept() {
    for stand in Stand::both() {
        let clip = clip_of(500);
        let segments = stand.write(&clip, &[vec![200]]);
        let mirror = mirrored(&stand, &segments);
        let name = &segments[1].name;
        assert_eq!(repaired(&stand, &mirror, &segments[1]).unwrap(), Repair::Sound);
        stand.spoil(name, |bytes| bytes[70] ^= 1);
        let damaged = stand.shelf.get(name).unwrap();
        let kept = format!("damaged/{name}");
        let replaced = Repair::Replaced { damage: What::Chunk, kept: Some(kept.clone()) };
        assert_eq!(repaired(&stand, &mirror, &segments[1]).unwrap(), replaced);
        assert_eq!(stand.shelf.get(&kept).unwrap(), damaged);
        assert_eq!(stand.read_all(&segments).unwrap(), clip);
        stand.spoil(name, |bytes| bytes.truncate(9));
        let Repair::Replaced { kept: Some(again), .. } = repaired(&stand, &mirror, &segments[1]).unwrap()
        else {
            panic!("not replaced")
        };
        assert_eq!(again, format!("damaged/{name}.2"), "the first damaged object is still kept");
        stand.shelf.delete(name).unwrap();
        let replaced = Repair::Replaced { damage: What::Missing, kept: None };
        assert_eq!(repaired(&stand, &mirror, &segments[1]).unwrap(), replaced);
        assert_eq!(stand.read_all(&segments).unwrap(), clip);
    }
}

#[test]
fn a_mirror_that_is_damaged_too_changes_nothing() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(500), &[]);
        let mirror = mirrored(&stand, &segments);
        let name = &segments[1].name;
        stand.spoil(name, |bytes| bytes[70] ^= 1);
        let damaged = stand.shelf.get(name).unwrap();
        let sound = mirror.shelf.get(name).unwrap();
        let spoils: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes[80] ^= 1,
            |bytes| bytes[3] ^= 1,
            |bytes| bytes.truncate(100),
            |bytes| bytes.extend_from_slice(&[0; 48]),
        ];
        for spoil in spoils {
            mirror.shelf.put(name, vec![sound.clone()]).unwrap();
            mirror.spoil(name, spoil);
            assert!(matches!(repaired(&stand, &mirror, &segments[1]), Err(RepairError::Mirror(_))));
        }
        mirror.shelf.put(name, vec![stand.shelf.get(&segments[0].name).unwrap()]).unwrap();
        assert!(matches!(repaired(&stand, &mirror, &segments[1]), Err(RepairError::Mirror(_))));
        mirror.shelf.delete(name).unwrap();
        let error = repaired(&stand, &mirror, &segments[1]).unwrap_err();
        assert!(error.to_string().contains("the mirror cannot help"), "{error}");
        assert_eq!(stand.shelf.get(name).unwrap(), damaged);
        assert_eq!(stand.shelf.list("damaged").unwrap(), []);
    }
}

#[test]
fn orphans_are_what_nobody_knows_and_is_old_enough() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(500), &[]);
        stand.shelf.put("tile/0/000", vec!["a tile".into()]).unwrap();
        let newest = stand.shelf.list("").unwrap().iter().map(|object| object.modified).max().unwrap();
        let known = |name: &str| name != segments[2].name;
        let found = |now| orphans(&stand.shelf, known, 1_000_000, now).unwrap();
        assert_eq!(found(newest), []);
        let names: Vec<String> = found(newest + 60_000_000).into_iter().map(|object| object.name).collect();
        assert_eq!(names, [segments[2].name.clone()]);
    }
}

#[test]
fn what_a_crash_left_half_written_is_an_orphan_that_can_be_deleted() {
    let stand = Stand::folder();
    let mut writer = stand.writer(crate::Place::default());
    writer.push(&clip_of(100)).unwrap();
    std::mem::forget(writer);
    let found = orphans(&stand.shelf, |_| true, 0, i64::MAX).unwrap();
    assert_eq!(found.len(), 1);
    stand.shelf.delete(&found[0].name).unwrap();
    assert_eq!(orphans(&stand.shelf, |_| true, 0, i64::MAX).unwrap(), []);
}

#[test]
fn a_clip_is_erased_with_all_that_came_of_it() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(500), &[]);
        let mirror = mirrored(&stand, &segments);
        stand.spoil(&segments[0].name, |bytes| bytes[64] ^= 1);
        repaired(&stand, &mirror, &segments[0]).unwrap();
        let mut broken_off = stand.writer(crate::Place::default());
        broken_off.push(&clip_of(100)).unwrap();
        std::mem::forget(broken_off);
        stand.shelf.put("clips/c2/other/one", vec!["stays".into()]).unwrap();
        let leftovers = u64::from(stand.folder.is_some());
        assert_eq!(erase_clip(&stand.shelf, CLIP).unwrap(), segments.len() as u64 + 1 + leftovers);
        let left: Vec<String> = stand.shelf.list("").unwrap().into_iter().map(|object| object.name).collect();
        assert_eq!(left, ["clips/c2/other/one"]);
        assert_eq!(erase_clip(&stand.shelf, CLIP).unwrap(), 0);
    }
}
