"""The task types. Each is a plugin: a pydantic model of its properties, a typed output, `run(context)`.

Contract: a type knows its context and nothing of engine, store or flow. It checks `context.check_cancelled()` at every
chunk of work, streams files, and fails with `TaskFailed` whose hint says what to do. A type is found by entry-point
metadata (group `dalsegno.tasks`) and imported when a flow uses it; the built-in ones come through the same door.
"""
