"""How much of a file is read. It does not know formats.

They stand against files made to hurt: none is reached by documents that people write.
"""

MIB = 1024 * 1024

LARGEST = 64 * MIB
"""Bytes of the largest text file. Beyond it a file is data rather than a document: embedding it would take
hours, and every edit would do so again, since a file is indexed whole."""
LARGEST_PACKED = 512 * MIB
"""Bytes of the largest file of the kinds that hold pictures or are compressed: PDF, office files, archives."""
LONGEST_TEXT = 64 * MIB
"""Characters of the longest text that is taken out of a file."""
MOST_PAGES = 20_000
"""Pages of a PDF."""
MOST_COLUMNS = 200
"""Columns of a table that is kept as one, beside its text."""
MOST_CELLS = 4_000_000
"""Cells of all tables of a file that are kept as tables; what comes later is read as text alone."""
MOST_DOTS = 100_000_000
"""Dots of a picture."""
FEWEST_DOTS = 100_000
"""Dots of a picture inside a document that is read: smaller ones are signs and icons."""
MOST_PICTURES = 200
"""Pictures inside one document that are read."""
OCR_SECONDS = 60.0
"""Processor time by which each page that OCR reads lengthens what a whole file may take."""

MOST_MEMBERS = 10_000
"""Files in an archive, nested ones counted."""
LARGEST_MEMBER = 64 * MIB
"""Bytes, unpacked."""
LARGEST_UNPACKED = 1024 * MIB
"""Bytes of all members of an archive, unpacked, nested ones counted."""
MOST_RATIO = 250
"""Bytes unpacked of a packed one, in members of more than a mebibyte. Text seldom goes beyond 20, logs beyond 100."""
DEEPEST = 3
"""Archives within archives."""
LONGEST_NAME = 1_000
"""Characters of a member's path."""

MEMORY = 2048 * MIB
"""Bytes of address space of the child process."""
CPU_SECONDS = 120
"""Processor time for one file, or one member of it."""
WHOLE_FILE = 10
"""Times that for a file with all its members."""
PATIENCE_SECONDS = 300.0
"""Time on the clock for the same; reached first only where many programs share the processor, or on Windows."""
CONVERTING_SECONDS = 180.0
"""Time on the clock for LibreOffice, where it makes a new office file of an old one."""
