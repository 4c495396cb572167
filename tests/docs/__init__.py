"""Tests of what is written: every page, every example, every command and name."""
