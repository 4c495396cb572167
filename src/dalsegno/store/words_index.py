"""The index over the words of runs, which neither database has as a plain index: the statements that make it.

On SQLite it is a table of FTS5. Triggers keep it right: a new text waits first, and when many wait, the index takes them in one
go. PostgreSQL gathers what is new in the same way by itself.
"""

# ruff: noqa: S608 - what is put together here comes from this module

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: when so many texts wait, the index takes them
WAITING = 256

WORDS_INDEX: Mapping[str, Sequence[str]] = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE listed_words USING fts5(text, content='listed_texts', content_rowid='place', "
            "detail=none, columnsize=0, tokenize='ascii')"
        ),
        (
            "CREATE TRIGGER listed_texts_added AFTER INSERT ON listed_texts BEGIN "
            "INSERT INTO listed_waiting (place) VALUES (new.place); END"
        ),
        (
            "CREATE TRIGGER listed_texts_changed AFTER UPDATE OF text ON listed_texts "
            "WHEN NOT EXISTS (SELECT 1 FROM listed_waiting WHERE place = new.place) BEGIN "
            "INSERT INTO listed_words (listed_words, rowid, text) VALUES ('delete', old.place, old.text); "
            "INSERT INTO listed_waiting (place) VALUES (new.place); END"
        ),
        (
            "CREATE TRIGGER listed_texts_removed AFTER DELETE ON listed_texts BEGIN "
            "INSERT INTO listed_words (listed_words, rowid, text) SELECT 'delete', old.place, old.text "
            "WHERE NOT EXISTS (SELECT 1 FROM listed_waiting WHERE place = old.place); "
            "DELETE FROM listed_waiting WHERE place = old.place; END"
        ),
        (
            "CREATE TRIGGER listed_waiting_many AFTER INSERT ON listed_waiting "
            f"WHEN new.number - (SELECT MIN(number) FROM listed_waiting) >= {WAITING} BEGIN "
            "INSERT INTO listed_words (rowid, text) SELECT t.place, t.text FROM listed_waiting AS w "
            "JOIN listed_texts AS t ON t.place = w.place ORDER BY t.place; "
            "DELETE FROM listed_waiting; END"
        ),
    ),
    "postgresql": (
        "CREATE INDEX listed_words ON listed_texts USING gin (array_to_tsvector(string_to_array(btrim(text), ' ')))",
    ),
}
