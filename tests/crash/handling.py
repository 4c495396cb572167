"""Flows with branches, Dags, handlers, retries and tolerated failures, to be stopped at every write."""

from __future__ import annotations

BRANCHES = """
tasks:
  - {id: list, type: test.Mark, value: [p, q]}
  - id: each
    type: core.flow.ForEach
    values: "{{ outputs.list.value }}"
    tasks:
      - id: if
        type: core.flow.If
        condition: "{{ taskrun.value == 'p' }}"
        then:
          - id: dag
            type: core.flow.Dag
            tasks:
              - {task: {id: d, type: test.Mark}, dependsOn: [b, c]}
              - {task: {id: b, type: test.Mark, value: "{{ outputs.a[taskrun.value].value }}"}, dependsOn: [a]}
              - {task: {id: c, type: test.Mark}, dependsOn: [a]}
              - {task: {id: a, type: test.Mark, value: "{{ taskrun.value }}"}}
        else:
          - id: which
            type: core.flow.Switch
            value: "{{ taskrun.value }}"
            cases: {q: [{id: e, type: test.Mark}, {id: skipped, type: test.Mark, runIf: false}]}
            defaults: [{id: never, type: test.Mark}]
        finally: [{id: f, type: test.Mark}]
  - id: broken
    type: core.flow.Dag
    tasks:
      - {task: {id: bad, type: test.Mark, fail: true}}
      - {task: {id: after_bad, type: test.Mark}, dependsOn: [bad]}
      - {task: {id: beside, type: test.Mark}}
  - {id: end, type: test.Mark}
"""

HANDLERS = """
tasks:
  - {id: a, type: test.Mark}
  - id: outer
    type: core.flow.Parallel
    tasks:
      - id: seq
        type: core.flow.Sequential
        tasks: [{id: b, type: test.Mark, fail: true}, {id: never, type: test.Mark}]
        errors:
          - id: each
            type: core.flow.ForEach
            values: [1, 2]
            tasks: [{id: e, type: test.Mark, value: "{{ taskrun.value }}"}]
        finally: [{id: f, type: test.Mark}, {id: g, type: test.Mark, fail: true}]
      - {id: beside, type: test.Mark}
    errors: [{id: h, type: test.Mark}]
  - {id: end, type: test.Mark}
errors: [{id: i, type: test.Mark}, {id: j, type: test.Mark}]
finally:
  - {id: side, type: core.flow.Parallel, tasks: [{id: k, type: test.Mark}, {id: l, type: test.Mark}]}
"""

AFTERWARDS = """
tasks:
  - {id: a, type: test.Mark}
  - {id: b, type: test.Mark, fail: true}
finally: [{id: f, type: test.Mark}]
afterExecution:
  - id: choose
    type: core.flow.If
    condition: "{{ execution.state == 'FAILED' }}"
    then: [{id: g, type: test.Mark, value: "{{ execution.state }}"}, {id: wait, type: core.flow.Sleep, duration: PT0.005S}]
    else: [{id: never, type: test.Mark}]
  - {id: h, type: test.Mark, value: "{{ execution.outputs }}", fail: true}
  - {id: i, type: test.Mark}
outputs: [{id: x, type: STRING, value: "{{ outputs.a.value ?? 'none' }}"}]
"""

LATE_GROUPS = """
tasks:
  - {id: a, type: test.Mark}
  - id: g
    type: core.flow.Parallel
    timeout: PT0.3S
    allowFailure: true
    tasks:
      - {id: wait, type: core.flow.Sleep, duration: PT1H}
      - id: each
        type: core.flow.ForEach
        values: [1, 2]
        tasks: [{id: sleep, type: core.flow.Sleep, duration: PT1H}]
        errors: [{id: never, type: test.Mark}]
    errors: [{id: h, type: test.Mark}]
    finally: [{id: l, type: test.Mark}]
  - {id: end, type: test.Mark}
"""

TOLERANT = """
tasks:
  - id: allow
    type: core.flow.AllowFailure
    tasks:
      - {id: a, type: test.Mark}
      - {id: bad, type: test.Mark, fail: true}
      - {id: never, type: test.Mark}
    errors: [{id: handled, type: test.Mark}]
    finally: [{id: last, type: test.Mark}]
  - {id: b, type: test.Mark, fail: true, allowFailure: true}
  - id: seq
    type: core.flow.Sequential
    allowWarning: true
    tasks: [{id: c, type: test.Mark, fail: true, allowFailure: true}, {id: d, type: test.Mark}]
  - {id: end, type: test.Mark}
"""

RETRIED = """
retry: {type: constant, interval: PT0.005S, maxAttempts: 40}
tasks:
  - {id: a, type: test.Mark, fail: "{{ taskrun.attemptsCount < 3 }}"}
  - id: side
    type: core.flow.Parallel
    tasks:
      - id: again
        type: test.Mark
        fail: "{{ taskrun.attemptsCount < 2 }}"
        retry: {type: random, minInterval: PT0S, maxInterval: PT0.05S}
      - id: given_up
        type: test.Mark
        fail: true
        allowFailure: true
        retry: {type: exponential, interval: PT0.002S, maxInterval: PT0.01S, maxAttempts: 3}
  - {id: end, type: test.Mark}
"""

REPEATED = """
tasks:
  - {id: a, type: test.Mark}
  - id: each
    type: core.flow.ForEach
    values: [1, 2]
    concurrencyLimit: 0
    tasks:
      - id: wait
        type: core.flow.LoopUntil
        condition: "{{ outputs.poll[taskrun.value].value > taskrun.value }}"
        checkFrequency: {interval: PT0.01S}
        tasks:
          - {id: poll, type: test.Mark, value: "{{ taskrun.iteration }}"}
          - id: if
            type: core.flow.If
            condition: "{{ outputs.poll[taskrun.value].value > 0 }}"
            then: [{id: later, type: test.Mark, value: "{{ outputs.wait[taskrun.value].iterationCount }}"}]
        finally: [{id: last, type: test.Mark, value: "{{ outputs.poll[taskrun.value].value }}"}]
  - {id: end, type: test.Mark, value: "{{ outputs.wait }}"}
  - id: never
    type: core.flow.LoopUntil
    condition: false
    failOnMaxReached: true
    checkFrequency: {interval: PT0.005S, maxIterations: 2}
    tasks: [{id: b, type: test.Mark}]
    errors: [{id: e, type: test.Mark, value: "{{ outputs.never.iterationCount }}"}]
"""

CALLING = """
tasks:
  - {id: a, type: test.Mark, value: 7}
  - id: each
    type: core.flow.ForEach
    values: [1, 2]
    concurrencyLimit: 0
    tasks:
      - id: call
        type: core.flow.Subflow
        namespace: crash.tests
        flowId: called
        inputs: {number: "{{ outputs.a.value + taskrun.value }}"}
      - {id: b, type: test.Mark, value: "{{ outputs.call[taskrun.value].outputs.sum }}"}
  - {id: end, type: test.Mark}
"""

CALLED = """
inputs: [{id: number, type: INT}]
tasks:
  - {id: one, type: core.debug.Return, value: "{{ inputs.number }}"}
  - {id: wait, type: core.flow.Sleep, duration: PT0.005S}
  - {id: bad, type: core.execution.Fail, runIf: false}
  - {id: two, type: core.debug.Return, value: "{{ outputs.one.value + 1 }}"}
outputs: [{id: sum, type: INT, value: "{{ outputs.two.value }}"}]
"""

BATCHES = """
tasks:
  - {id: a, type: test.Mark, file: "1\\n2\\n1\\n"}
  - id: each
    type: core.flow.ForEachItem
    items: "{{ outputs.a.uri }}"
    namespace: crash.tests
    flowId: called
    inputs: {number: "{{ read(taskrun.items) | trim }}"}
  - {id: end, type: test.Mark, value: "{{ read(outputs.each_merge.subflowOutputs) }}"}
"""

SHARED_FOLDER = """
tasks:
  - {id: a, type: test.Mark, value: in}
  - id: wd
    type: core.flow.WorkingDirectory
    inputFiles: {in.txt: "{{ outputs.a.value }}"}
    outputFiles: [out.txt]
    tasks:
      - {id: b, type: test.Mark}
      - {id: c, type: scripts.shell.Commands, commands: ["cat in.txt >> out.txt", "echo did c"], outputFiles: [in.txt]}
      - {id: d, type: scripts.shell.Commands, commands: ["cat in.txt >> out.txt"]}
  - {id: end, type: test.Mark, value: "{{ outputs.wd.outputFiles['out.txt'] }}"}
"""

CHANGED = """
tasks:
  - {id: list, type: test.Mark, value: "{{ ITEMS }}"}
  - {id: quiet, type: core.log.Log, message: between}
  - id: each
    type: core.flow.ForEach
    values: "{{ outputs.list.value }}"
    concurrencyLimit: 0
    tasks:
      - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
      - {id: b, type: test.Mark, value: "{{ outputs.a[taskrun.value].value | length }}"}
  - {id: count, type: test.Mark, value: "{{ outputs.list.value | length }}"}
  - id: if
    type: core.flow.If
    condition: "{{ outputs.count.value > 1 }}"
    then: [{id: many, type: test.Mark}]
    else: [{id: few, type: test.Mark}]
    finally: [{id: f, type: test.Mark}]
  - {id: read, type: test.Mark, value: "{{ outputs.count.value > 0 }}"}
  - {id: end, type: test.Mark, value: "{{ outputs.read.value }}"}
  - id: beside
    type: core.flow.Parallel
    concurrent: 1
    tasks:
      - {id: m, type: test.Mark, value: "{{ ITEMS | length > 0 }}"}
      - {id: n, type: test.Mark, value: "{{ ITEMS | length > 0 }}"}
  - {id: o, type: test.Mark}
  - id: dag
    type: core.flow.Dag
    tasks:
      - {task: {id: g, type: test.Mark, value: "{{ outputs.count.value }}"}}
      - {task: {id: h, type: test.Mark}, dependsOn: [g]}
      - {task: {id: i, type: test.Mark}, dependsOn: [h]}
"""


def items(text: str) -> str:
    """Give the flow that is replayed where it changed, over these items."""
    return CHANGED.replace("ITEMS", text)
