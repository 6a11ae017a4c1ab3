"""The tables of the index's SQLite file. It does not know who reads or writes them."""

from rag.documents.keywords import TOKENIZER
from rag.index.tables import TABLES_SCHEMA

SCHEMA = f"""
CREATE TABLE state (generation INTEGER NOT NULL, chroma_files TEXT NOT NULL);
INSERT INTO state VALUES (0, '{{}}');
CREATE TABLE documents (
    path TEXT PRIMARY KEY, title TEXT, sha256 TEXT, size INTEGER, mtime_ns INTEGER, sentences INTEGER, chunks INTEGER,
    pages TEXT, scanned TEXT, text TEXT);
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, document TEXT REFERENCES documents(path), ordinal INTEGER,
    start INTEGER, end INTEGER, page INTEGER, pages TEXT, sentences TEXT, certainties TEXT, text TEXT, digest TEXT,
    vector BLOB);
CREATE INDEX chunks_by_document ON chunks (document, ordinal);
CREATE INDEX chunks_by_digest ON chunks (digest);
CREATE VIRTUAL TABLE keywords USING fts5(title, text, tokenize = "{TOKENIZER}");
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT, unread TEXT) WITHOUT ROWID;
CREATE TABLE pending (id TEXT PRIMARY KEY) WITHOUT ROWID;
{TABLES_SCHEMA}"""
"""The tables of the documents, and those of the tables in them."""
DOCUMENT = "SELECT path, title, sha256, size, mtime_ns, sentences, chunks FROM documents"
CHUNK = """SELECT chunks.id, document, title, page, chunks.text, start, end, chunks.sentences, chunks.pages,
    certainties
    FROM chunks JOIN documents ON path = document"""
