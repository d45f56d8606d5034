"""Whether a peer covers the same seconds as ours: check_peers.py INPUTS REPORT PEER.csv…

INPUTS is the folder with recordings.csv, REPORT the folder that `onrecord audit` wrote, each PEER.csv what a program in
peers/ wrote. Compared is every obligation for which ours states covered seconds. Three things ours knows and the peers
are not asked to, so an obligation may differ where one of them is in play, and such are counted apart:

  - a recording without officer_id is the officer's by the assignment of its camera;
  - a recording still running at export counts until the policy's longest_recording;
  - a row that ours rejected (or found twice) may still have counted for the peer.

Any other difference, or a total that differs beyond these, is an error (exit 1).
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

TOLERANCE = 0.002  # seconds; Polars works in milliseconds


def rows(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def special_recordings(inputs, report):
    """The ids of recordings that only ours can attribute or end, and the officers of whom ours rejected a recording."""
    rejected = {
        int(row["line"])
        for row in rows(report / "rejects.csv")
        if row["file"] == "recordings.csv" and row["what"] == "row"
    }
    ours_only, officers, seen = set(), set(), set()
    for line, row in enumerate(rows(inputs / "recordings.csv"), start=2):
        recording = row["recording_id"].strip()
        if not row["officer_id"].strip() or not row["stopped_at"].strip():
            ours_only.add(recording)
        if line in rejected or recording in seen:
            officers.add(row["officer_id"].strip())
        seen.add(recording)
    return ours_only, officers


def obligations(report, ours_only, officers):
    """Covered seconds of every obligation, by call and officer, and whether a difference is expected."""
    decided = defaultdict(list)
    for row in rows(report / "outcomes.csv"):
        if row["covered_s"] == "":
            decided[row["call_id"], row["officer_id"]].append((None, False))
            continue
        expected = row["officer_id"] in officers or not ours_only.isdisjoint(row["recordings"].split(";"))
        decided[row["call_id"], row["officer_id"]].append((float(row["covered_s"]), expected))
    return decided


def compare(peer, decided):
    """Prints how a peer's result compares; whether it agrees."""
    theirs = defaultdict(list)
    for row in rows(peer):
        theirs[row["call_id"], row["officer_id"]].append(float(row["covered_s"] or 0))

    compared = differing = several = 0
    total_ours = total_theirs = apart = 0.0
    wrong = []
    for key, ours in decided.items():
        if len(theirs[key]) < len(ours):
            wrong.append((*key, ours[0][0], "no"))
            continue
        if len(theirs[key]) > 1:
            several += 1
            continue
        (covered, expected), (other,) = ours[0], theirs[key]
        if covered is None:
            continue
        compared += 1
        total_ours += covered
        total_theirs += other
        if abs(covered - other) > TOLERANCE:
            if expected:
                differing += 1
                apart += covered - other
            else:
                wrong.append((*key, covered, other))

    print(f"{peer}: {compared:,} obligations compared; ours {total_ours:,.1f} s, theirs {total_theirs:,.1f} s")
    print(f"  {differing:,} differ as expected, by {apart:,.1f} s in all")
    print(f"  {several:,} are several times in the calls and left out")
    for call, officer, covered, other in wrong[:5]:
        print(f"  call {call}, officer {officer}: ours {covered} s, theirs {other} s")
    agrees = compared > several and not wrong and abs(total_ours - total_theirs - apart) <= TOLERANCE * compared
    print(f"  {'agrees' if agrees else f'DOES NOT AGREE: {len(wrong):,} differ without a reason'}")
    return agrees


def main(inputs, report, *peers):
    ours_only, officers = special_recordings(Path(inputs), Path(report))
    decided = obligations(Path(report), ours_only, officers)
    return all([compare(peer, decided) for peer in peers])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(0 if main(*sys.argv[1:]) else 1)
