from __future__ import annotations

import pytest

from dalsegno.expressions import Reference, References, parse


def names(source: str) -> list[tuple[str | Reference | None, ...]]:
    return [reference.path for reference in parse(source).references.names]


VALUE = Reference(("taskrun", "value"))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("plain", []),
        ("{{ outputs.convert.uri }}", [("outputs", "convert", "uri")]),
        ("{{ outputs['a b'].x[0] }}", [("outputs", "a b", "x", "0")]),
        ("{{ outputs.x.0.y }}", [("outputs", "x", "0", "y")]),
        ("{{ outputs.x[taskrun.value].y }}", [("outputs", "x", VALUE, "y"), ("taskrun", "value")]),
        ("{{ outputs.x[outputs.y[taskrun.value]] }}", [
            ("outputs", "x", Reference(("outputs", "y", VALUE))), ("outputs", "y", VALUE), ("taskrun", "value"),
        ]),
        ("{{ outputs.x[inputs.a ~ 'b'].y }}", [("outputs", "x", None, "y"), ("inputs", "a")]),
        ("{{ outputs.x[1:inputs.n] }}", [("outputs", "x"), ("inputs", "n")]),
        ("{{ outputs.x[1.5] }}", [("outputs", "x", None)]),
        ("{{ (outputs.x | first).y }}", [("outputs", "x")]),
        ("{{ a ?? b.c ? d | default(e) : 'f' ~ g }}", [("a",), ("b", "c"), ("d",), ("e",), ("g",)]),
        ("{{ {'k': a, b: c} }}{{ [d] }}", [("a",), ("b",), ("c",), ("d",)]),
        ("{% for i in outputs.l %}{{ i.x }}{{ loop.index }}{{ j }}{% endfor %}{{ i }}", [("outputs", "l"), ("j",), ("i",)]),
        ("{% for k, v in m if k != q %}{{ v }}{% else %}{{ v }}{% endfor %}", [("m",), ("q",), ("v",)]),
        ("{% set a = outputs.x %}{{ a.y }}", [("outputs", "x")]),
        ("{{ a }}{% set a = 1 %}{{ a }}", [("a",)]),
        ("{% if c %}{% set a = 1 %}{% endif %}{{ a }}", [("c",), ("a",)]),
        ("{% if c %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}", [("c",)]),
        ("{% with a = b %}{{ a }}{% endwith %}{{ a }}", [("b",), ("a",)]),
        ("{% filter replace(a, b) %}{{ c }}{% endfilter %}", [("c",), ("a",), ("b",)]),
        ("{{ a is defined and not (b == c) }}", [("a",), ("b",), ("c",)]),
        ("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}{{ '{{ c }}' }}", []),
    ],
)  # fmt: skip
def test_every_free_path_is_found(source: str, wanted: list[tuple[str | Reference | None, ...]]) -> None:
    assert sorted(map(repr, names(source))) == sorted(map(repr, wanted))


def test_the_rendered_path_and_the_dynamic_key_of_a_real_flow_are_found() -> None:
    source = "{{outputs.unzip.files[render(vars.file_id) ~ '-divvy-tripdata.csv']}}"
    file_id = Reference(("vars", "file_id"))
    assert parse(source).references == References(
        names=(Reference(("outputs", "unzip", "files", None)), file_id),
        functions=frozenset({"render"}),
        filters=frozenset(),
        renders=(file_id,),
    )


def test_functions_filters_and_what_is_rendered_are_found() -> None:
    source = (
        "{{ render(vars.a) }}{{ renderOnce(toRender=vars[inputs.k]) }}{{ render('x' ~ y) }}"
        "{{ now() | date('yyyy') ~ (z ?? 1 | default(2)) }}{{ outputs.x | json }}"
    )
    found = parse(source).references
    assert found.functions == {"render", "renderOnce", "now"}
    assert found.filters == {"date", "default", "json"}
    assert found.renders == (
        Reference(("vars", "a")), Reference(("vars", Reference(("inputs", "k")))), None,
    )  # fmt: skip


def test_rendering_a_name_that_the_text_has_set_is_not_a_known_path() -> None:
    assert parse("{% set a = vars.b %}{{ render(a) }}").references.renders == (None,)
