"""Pipelines in Python: the decorators, and how a call of a pipeline becomes a flow.

Contract: a pipeline function is run once with plain values, and nothing of its steps is; what comes out is a `model.Flow` that
is checked whole, or an error that names the user's line. Importing `step` and `pipeline` costs no more than a few
milliseconds: pydantic is imported when a value has to be converted, the rest when a pipeline is called.
"""
