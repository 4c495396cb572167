"""One module a version. A released one never changes."""
