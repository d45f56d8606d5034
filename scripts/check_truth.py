#!/usr/bin/env python3
"""Compares what an audit said with what really happened in a simulated department.

    check_truth.py truth.csv outcomes.csv

Row by row: outcome, reason, defects, in_grace and notice. Prints how many of each outcome agree, shows the first ten
that do not, ends with `N agree, M differ`, and exits 1 where any does. Python 3.11, standard library only.
"""
import collections
import csv
import itertools
import json
import sys

WHO = ["line", "call_id", "officer_id"]
SAID = ["outcome", "reason", "defects", "in_grace", "notice"]


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        who, said = ([header.index(column) for column in columns] for columns in (WHO, SAID))
        defects = header.index("defects")
        behaviour = header.index("behaviour") if "behaviour" in header else None
        for row in reader:
            if row[defects] not in ("", "[]"):
                row[defects] = json.dumps(json.loads(row[defects]), sort_keys=True)
            yield [row[i] for i in who], [row[i] for i in said], row[behaviour] if behaviour is not None else ""


def main():
    truth, outcomes = sys.argv[1:]
    counts, differ = collections.defaultdict(lambda: [0, 0]), 0
    for true, found in itertools.zip_longest(rows(truth), rows(outcomes)):
        if true is None or found is None or true[0] != found[0]:
            sys.exit(f"the rows do not match: {truth} has {true}, {outcomes} has {found}")
        same = true[1] == found[1]
        counts[" ".join(true[1][:2]).strip()][not same] += 1
        if not same:
            differ += 1
            if differ <= 10:
                print(f"line {true[0][0]}, {true[2]}:\n  truth {true[1]}\n  audit {found[1]}")
    for outcome, (agree, wrong) in sorted(counts.items()):
        print(f"{agree:10,} agree {wrong:8,} differ  {outcome}")
    print(f"{sum(agree for agree, _ in counts.values())} agree, {differ} differ")
    sys.exit(1 if differ else 0)


main()
