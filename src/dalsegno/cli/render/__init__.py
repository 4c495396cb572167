"""What a person sees: pure functions from data to lines or tables. No I/O, no clock."""
