"""The migrations. Each is a module in `versions/`, its revision id the next whole number.

To add one: change `store/schema.py`, write `versions/v<number>_<what>.py` by hand, and raise `CURRENT` in
`store/version.py`. A test compares the migrated database with the schema.
"""
