"""What each role may, what nobody learns, and what nobody foresaw: tests/security/run [DATABASE ...] [--only PART]

Starts a real server over an invented department with somebody of every role (city.py), on SQLite and on PostgreSQL where
none is named, and puts to it

  unseen     every call for a recording that must not be known of, beside one for a recording that is not there
  rights     every call of the API as everybody, against rights.txt; cookies without their word; pages
  surprises  what Schemathesis makes of the API's description, as the admin token and as everybody

Ends with a line "N passed, N failed". README.md says how to read and to change it.
"""

import argparse
import sys
import time

sys.dont_write_bytecode = True

import rights  # noqa: E402
import surprises  # noqa: E402
import unseen  # noqa: E402
from city import City  # noqa: E402

import department  # noqa: E402

PARTS = ["unseen", "rights", "surprises"]


class Results:
    """What passed, and what did not."""

    def __init__(self, database):
        self.database, self.passed, self.failed = database, 0, 0

    def add(self, part, what, wrong=""):
        if wrong:
            self.failed += 1
            print(f"FAILED on {self.database}: {part}: {what}\n{wrong}\n", flush=True)
        else:
            self.passed += 1

    def fail(self, part, what, wrong):
        self.add(part, what, wrong)


def timed(what, do):
    began = time.monotonic()
    done = do()
    print(f"  {what}: {time.monotonic() - began:.0f} s", flush=True)
    return done


def examine(database, parts):
    results = Results(database)
    city = timed("a department", lambda: City(database))
    try:
        timed("its people and things", city.fill)
        before = unseen.look(city)
        timed("what only some may see", city.restrict)
        if "unseen" in parts:
            timed("unseen", lambda: unseen.check(city, before, results))
        if "rights" in parts:
            timed("rights", lambda: rights.check(city, results))
            timed("forged", lambda: rights.check_forged(city, results))
            timed("pages", lambda: rights.check_pages(city, results))
        if "surprises" in parts:
            timed("surprises", lambda: surprises.check(city, results))
    finally:
        if results.failed:
            said = city.place.logs(100_000).splitlines()
            print("\n".join([line for line in said if '"level":"INFO"' not in line][-40:]), flush=True)
        city.remove()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("databases", nargs="*", help="sqlite, postgres; both where none is named")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only")
    options = parser.parse_args()
    passed = failed = 0
    for database in options.databases or department.DATABASES:
        print(f"== security on {database}", flush=True)
        results = examine(database, options.only or PARTS)
        passed, failed = passed + results.passed, failed + results.failed
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
