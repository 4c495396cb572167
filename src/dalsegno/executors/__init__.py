"""Where work runs: on the calling thread, on a pool of threads, in warm worker processes.

Contract: an executor gets a `WorkOrder` (data only) with the entry point to call and knows no task; it tells the end of
every order exactly once. `tests/conformance/executors` is the suite. Users' Python functions are called in worker
processes through `processes.WorkerPool`, never in the process that runs the engine.
"""
