"""The two databases of the benchmark of the application: made by the server, filled in bulk behind it, and asked directly.

Indexes and keys are taken away before the bulk and made again afterwards, by the statements that the database itself
gives for them, which are those of the migrations.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import time

import app_invent
import services

GIBI = 1 << 30


class SQLite:
    """One file, in the server's data folder."""

    name, bar = "SQLite", 0.200

    def __init__(self, folder):
        self.file = folder / "data" / "onrecord.db"

    def start(self):
        pass

    def stop(self):
        pass

    def config(self):
        return ""

    def rows(self, statement, values=()):
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as database:
            found = database.execute(statement, values).fetchall()
        database.close()
        return found

    def run(self, statement):
        database = sqlite3.connect(self.file)
        database.execute(statement)
        database.commit()
        database.close()

    def bytes(self):
        return sum(path.stat().st_size for path in self.file.parent.glob("onrecord.db*"))

    def asking(self):
        """A function that answers all rows of a statement on one connection that stays."""
        database = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, check_same_thread=False)
        database.execute("PRAGMA cache_size=-65536")
        return lambda statement: database.execute(statement).fetchall()

    @staticmethod
    def encode(table, rows):
        return rows

    def fill(self, chunks, tables, say):
        database = sqlite3.connect(self.file, isolation_level=None)
        run = database.execute
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1500000", "foreign_keys=OFF", "threads=2", "locking_mode=EXCLUSIVE"):
            run(f"PRAGMA {pragma}").fetchall()
        marks = ", ".join(f"'{name}'" for name in tables)
        indexes = run(f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})").fetchall()
        for name, _ in indexes:
            run(f"DROP INDEX {name}")
        # Words come in the order of calls, and the table is kept in the order of words: they are sorted on the way.
        staging = self.file.with_name("words.part")
        run(f"ATTACH '{staging}' AS staging")
        run("PRAGMA staging.journal_mode=OFF").fetchall()
        run("PRAGMA staging.synchronous=OFF")
        run("CREATE TABLE IF NOT EXISTS staging.words (scope, word, at, id)")
        run("BEGIN")
        for rows in chunks:
            for table, some in rows.items():
                columns = app_invent.TABLES[table]
                into = "staging.words" if table == "search_words" else table
                marks = ", ".join("?" * len(columns))
                database.executemany(f"INSERT INTO {into} ({', '.join(columns)}) VALUES ({marks})", some)
        run("COMMIT")
        say("  sorting words")
        os.environ["SQLITE_TMPDIR"] = str(self.file.parent)
        run("INSERT OR IGNORE INTO search_words (scope, word, at, id) SELECT scope, word, at, id FROM staging.words ORDER BY scope, word, at, id")
        run("DETACH staging")
        staging.unlink()
        for name, sql in indexes:
            began = time.monotonic()
            run(sql)
            say(f"  {name}: {time.monotonic() - began:.0f} s")
        run("ANALYZE")
        run("PRAGMA journal_mode=WAL").fetchall()
        database.close()


class PostgreSQL(services.PostgreSQL):
    """A cluster in a folder that stays, with a quarter of the memory as shared buffers, as its manual advises."""

    name, bar = "PostgreSQL", 0.100

    def __init__(self, folder):
        self.programs = self._programs()
        self.folder, self.data, self.log = folder / "postgres", folder / "postgres" / "data", folder / "postgres" / "log.txt"
        self.port, self.process, self.password = services.free_port(), None, "bench"
        self._user = services.pwd.getpwnam("postgres") if os.getuid() == 0 else None
        self.is_filling = False

    def start(self):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if not self.data.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._user:
                os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            self._initialise()
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
            "shared_buffers": f"{memory // 4 >> 20}MB", "effective_cache_size": f"{memory // 2 >> 20}MB", "max_connections": 100,
        }  # fmt: skip
        if self.is_filling:
            settings |= {
                "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal", "max_wal_senders": 0,
                "max_wal_size": "4GB", "maintenance_work_mem": "1GB", "autovacuum": "off", "max_parallel_maintenance_workers": 2,
            }  # fmt: skip
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *words], cwd="/", stdout=log, stderr=log, **self._as()
            )
        services.wait_until(self._ready, "PostgreSQL did not start", 120, self.log, self.process)
        if not self.query("SELECT 1 FROM pg_database WHERE datname = 'onrecord'"):
            self.query("CREATE DATABASE onrecord")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(services.signal.SIGINT)
            self.process.wait(300)

    def config(self):
        return f'\n[database]\nurl = "{self.url("onrecord")}"\n'

    def psql(self, *words, **more):
        return [self.programs / "psql", "-X", "-A", "-t", "-q", "-F", "\t", "-v", "ON_ERROR_STOP=1", *words, self.url("onrecord")]

    def rows(self, statement):
        asked = subprocess.run(self.psql("-c", statement), capture_output=True, text=True)
        if asked.returncode:
            raise RuntimeError(f"{statement}\n{asked.stderr}")
        return [line.split("\t") for line in asked.stdout.splitlines()]

    run = rows

    def bytes(self):
        return int(self.rows("SELECT pg_database_size('onrecord')")[0][0])

    def asking(self):
        """A function that answers all rows of a statement on one connection that stays."""
        child = subprocess.Popen(self.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

        def ask(statement):
            child.stdin.write(f"{statement};\n\\echo done\n")
            child.stdin.flush()
            found = []
            for line in child.stdout:
                if line == "done\n":
                    return found
                found.append(line)
            raise RuntimeError(f"psql ended at {statement}")

        return ask

    @staticmethod
    def encode(table, rows):
        """As COPY reads them."""
        if table == "search_words":
            return "".join(["%d\t%s\t%d\t%s\n" % row for row in rows]).encode()

        def text(value):
            if value is None:
                return "\\N"
            return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)

        return "".join(["\t".join(map(text, row)) + "\n" for row in rows]).encode()

    def fill(self, chunks, tables, say):
        marks = ", ".join(f"'{name}'" for name in tables)
        keys = self.rows(
            "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), contype FROM pg_constraint "
            f"WHERE (conrelid::regclass::text IN ({marks}) OR confrelid::regclass::text IN ({marks})) AND contype IN ('p', 'u', 'f') "
            "ORDER BY contype = 'f'"
        )
        indexes = self.rows(
            f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ({marks}) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
        for table, name, _, _ in reversed(keys):
            self.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            self.run(f"DROP INDEX {name}")
        pipes = {}
        for table in tables:
            columns = ", ".join(app_invent.TABLES[table])
            pipes[table] = subprocess.Popen(self.psql("-c", f"COPY {table} ({columns}) FROM STDIN"), stdin=subprocess.PIPE)
        for rows in chunks:
            for table, some in rows.items():
                pipes[table].stdin.write(some)
        for table, pipe in pipes.items():
            pipe.stdin.close()
            if pipe.wait():
                raise RuntimeError(f"COPY {table} ended with {pipe.returncode}")
        made = [(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}", name) for table, name, text, kind in keys if kind != "f"]
        made += [(text, name) for name, text in indexes]
        # Rows that refer to others are in order as they were made: to look each of them up would take longer than all else.
        made += [(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text} NOT VALID", name) for table, name, text, kind in keys if kind == "f"]
        self._two_at_a_time(made, say)
        say("  VACUUM ANALYZE")
        self.run("VACUUM (ANALYZE)")
        self.run("CHECKPOINT")

    def _two_at_a_time(self, statements, say):
        """Keys first: two of one table do not wait for each other, since nobody writes."""
        running = []
        for text, name in statements:
            if text.startswith("ALTER"):
                began = time.monotonic()
                self.run(text)
                if time.monotonic() - began > 5:
                    say(f"  {name}: {time.monotonic() - began:.0f} s")
                continue
            while len([child for child in running if child[0].poll() is None]) >= 2:
                time.sleep(0.1)
            running.append((subprocess.Popen(self.psql("-c", text)), name))
        for child, name in running:
            if child.wait():
                raise RuntimeError(f"the index {name} could not be made")


BY_NAME = {"postgres": PostgreSQL, "sqlite": SQLite}


def free_bytes(folder):
    return shutil.disk_usage(folder).free


def quoted(text):
    return re.sub("'", "''", text)
