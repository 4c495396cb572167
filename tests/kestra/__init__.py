"""Flows of our own with the states, counts and outputs that Kestra gives, written down before they were first run."""
