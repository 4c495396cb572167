"""Every use case, once. Contract: the only thing that client and (later) server call; it opens the store, draws up plans,
creates runs and has an engine execute them.
"""
