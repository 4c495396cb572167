"""Task types that work on stored files, whatever is in them or row by row.

They read and write in pieces: memory is bounded, however large the files are. What they make are new files; a stored file
never changes.
"""
