"""The `{{ }}` language of YAML flows: Kestra's expressions.

    template = parse("{{ outputs.convert.uri ?? 'none' }}")
    template.references.names          # what it reads, without rendering it
    template.evaluate(Scope(variables, now=clock.now))

Pure: values, the time and the functions that do I/O come with the `Scope`. Text goes through our lexer and Jinja's parser
(`grammar`), and its syntax tree becomes closures (`compiler`, `statements`) that can do nothing but look up keys, apply
operators, and call registered filters, functions and tests; no attribute or method of any Python object can be reached.
What a rendering may use up is bounded (`limits`).
"""

from dalsegno.expressions.frame import Scope
from dalsegno.expressions.references import Reference, References
from dalsegno.expressions.template import Facts, Template, known_filters, known_functions, parse, render_value

__all__ = [
    "Facts",
    "Reference",
    "References",
    "Scope",
    "Template",
    "known_filters",
    "known_functions",
    "parse",
    "render_value",
]
