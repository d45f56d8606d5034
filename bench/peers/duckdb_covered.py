"""Covered seconds of each obligation, in DuckDB: duckdb_covered.py CALLS RECORDINGS OUT [--form FORM]

The peer's part of the job is step 5 of docs/audit.md and no more: from calls.csv and recordings.csv, how many seconds of
each obligation lie inside a recording of its officer, as CSV. Each form reads and writes the same; `days` is the fastest
that we found and is what the benchmark holds ours against, `join` is the query that one writes first.

What was tried on 1.3 million obligations and 1.2 million recordings (311 MB), on two cores that were busy with other
work; hence seconds of processor time, about twice what the clock shows when nothing else runs:

  reading both files and parsing the times, without a join
    all columns as text, try_cast of the four that count            1.0  <- used
    times typed in read_csv, ignore_errors = true                   1.1  drops whole rows for one bad value
    the same as text, into temporary tables first                   1.2
  the whole job
    days: join on officer and day, then the overlap                 2.0  <- used
      buckets of 12, 48 or 72 hours instead of a day                2.0
      integer officer numbers made beforehand                       2.6
      temporary tables instead of materialised CTEs                 3.0
      grouped by the obligation's own columns, no row numbers       2.7
      one left join, grouped at once, without the join back         2.5
      recordings folded into one list per officer and day           3.0
      strict_mode = false, new_line given                           2.0
      unnest over the buckets of every row, 1 h or 24 h             6.1
    officers laid end to end on one line, running sum, asof         2.7
    running sum, asof by officer                                    3.9  minutes unless asof_loop_join_threshold = 0
    one sorted stream of begins and ends, window functions          5.3
    join: equality of officer, overlap as a further condition       4.7  5.4 with the clipping in the select

TIMESTAMPTZ, since a cast to TIMESTAMP ignores the offset that is written in the text.
"""

import argparse
import csv

import duckdb

DAY = 24 * 60 * 60 * 1_000_000
YEAR_2005 = 1_104_537_600_000_000  # before that a time is unreadable: a clock that was reset


def source(path, select):
    """A SELECT from one file whose columns are all text: nothing is guessed."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        names = next(csv.reader(file))
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    return f"""SELECT {select} FROM read_csv({quoted(path)}, columns = {{{columns}}}, auto_detect = false,
        header = true, delim = ',', quote = '"', escape = '"', buffer_size = 8000000)"""


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def time(columns):
    return f"epoch_us(try_cast(coalesce({columns}) AS TIMESTAMPTZ))"


def sources(calls, recordings):
    begin, end = time("on_scene_at, en_route_at, dispatched_at"), time("left_scene_at, cleared_at")
    start, stop = time("activated_at, started_at"), time("stopped_at")
    return f"""
        c AS MATERIALIZED (SELECT row_number() OVER () AS i, * FROM (
            {source(calls, f"call_id, officer_id, {begin} AS b, {end} AS e")})),
        r0 AS MATERIALIZED ({source(recordings, f"officer_id, {start} AS s, {stop} AS t")})"""


def days(calls, recordings):
    """Obligations and recordings are put into the days that they touch, nearly always one; those that meet in a day are
    compared, and clipped to it, so that none counts twice."""
    return f"""WITH {sources(calls, recordings)},
        r AS (
            SELECT officer_id, s // {DAY} AS k, s, t FROM r0 WHERE t > s AND t - s <= {DAY}
            UNION ALL
            SELECT officer_id, s // {DAY} + 1, s, t FROM r0 WHERE t // {DAY} > s // {DAY} AND t - s <= {DAY}),
        w AS (
            SELECT i, officer_id, b // {DAY} AS k, b, e FROM c WHERE e > b
            UNION ALL
            SELECT i, officer_id, b // {DAY} + 1, b, e FROM c WHERE e // {DAY} > b // {DAY} AND b >= {YEAR_2005}
            UNION ALL
            SELECT i, officer_id, unnest(range(b // {DAY} + 2, e // {DAY} + 1)), b, e FROM c
            WHERE e // {DAY} > b // {DAY} + 1 AND b >= {YEAR_2005}),
        j AS (
            SELECT i, sum(greatest(0, least(e, t, (w.k + 1) * {DAY}) - greatest(b, s, w.k * {DAY}))) AS us
            FROM w JOIN r ON w.officer_id = r.officer_id AND w.k = r.k AND s < e AND t > b
            GROUP BY i)
        SELECT call_id, officer_id, coalesce(us, 0) / 1e6 AS covered_s FROM c LEFT JOIN j USING (i)"""


def join(calls, recordings):
    """The obligations of an officer with all recordings of that officer, and of these the ones that overlap."""
    return f"""WITH {sources(calls, recordings)},
        j AS (
            SELECT i, sum(least(e, t) - greatest(b, s)) AS us
            FROM c JOIN r0 ON c.officer_id = r0.officer_id AND s < e AND t > b
            WHERE t > s AND t - s <= {DAY} AND e > b AND b >= {YEAR_2005}
            GROUP BY i)
        SELECT call_id, officer_id, coalesce(us, 0) / 1e6 AS covered_s FROM c LEFT JOIN j USING (i)"""


FORMS = {"days": days, "join": join}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("calls")
    parser.add_argument("recordings")
    parser.add_argument("out")
    parser.add_argument("--form", choices=FORMS, default="days")
    given = parser.parse_args()
    database = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
    database.execute("SET enable_progress_bar = false")
    query = FORMS[given.form](given.calls, given.recordings)
    database.execute(f"COPY ({query}) TO {quoted(given.out)} (FORMAT csv, HEADER)")
