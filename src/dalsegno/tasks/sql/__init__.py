"""Queries to databases: `query` is the task type, `databases` speaks to each kind of database.

`addresses` reads what names a database, `statements` finds the parameters of a statement, `values` and `columns` bring what
comes back into the forms of outputs, Ion and Parquet.
"""
