"""How much one rendering may do, and the meter that counts it: in size, in turns, and in time of the processor.

Expressions come from whoever writes flows. None of them may hold up the engine or fill its memory: every value that an
expression makes is measured before it is passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import thread_time
from typing import Any, cast

from dalsegno.expressions.faults import Fault

#: the largest value an expression may make, in characters; an element of a list counts as ten of them, and so do the
#: key and the value of an entry of a map
MAX_SIZE = 10_000_000
ELEMENT = 10
#: all values that one rendering makes, taken together
MAX_WORK = 10 * MAX_SIZE
#: turns of all `for` loops of one rendering
MAX_LOOPS = 100_000
MAX_RANGE = 100_000
MAX_INT_BITS = 256
#: how often `render()` renders its own result again
MAX_PASSES = 100
#: texts that one rendering renders through `render()`
MAX_RENDERED_TEXTS = 10_000

#: how long one rendering may keep the processor, in seconds. Waiting does not count, nor what other threads do
MAX_SECONDS = 1.0
#: values are counted; the time is looked at after so many of them, and after each that is large
_LOOK_AFTER = 256
_LARGE = 20_000

_TOO_LARGE = "expression-too-large"
_TOO_SLOW = "expression-too-slow"


def too_large(what: str) -> Fault:
    """Make the error for something beyond a bound; `what` is a whole sentence."""
    return Fault(what, code=_TOO_LARGE)


def too_slow(what: str) -> Fault:
    """Make the error for something that takes too long; `what` is a whole sentence."""
    return Fault(what, code=_TOO_SLOW)


def check_size(size: int) -> None:
    """Refuse a value of this size. Called before the value is made wherever the size is known beforehand."""
    if size > MAX_SIZE:
        raise too_large(f"a value would be larger than {MAX_SIZE:,} characters; write it to a file instead")


def check_int(number: int) -> int:
    """Refuse a whole number with too many digits."""
    if number.bit_length() > MAX_INT_BITS:
        raise too_large(f"a whole number would have more than {MAX_INT_BITS} bits")
    return number


def weigh(value: Any) -> int:
    """Measure a value as it would be written out: what is shared counts every time, so that copies of copies show."""
    weight = 0
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str | bytes):
            weight += len(item)
        elif isinstance(item, Mapping):
            entries = cast("Mapping[Any, Any]", item)
            weight += 2 * ELEMENT * len(entries)
            check_size(weight)
            waiting.extend(entries.keys())
            waiting.extend(entries.values())
        elif isinstance(item, Sequence):
            elements = cast("Sequence[Any]", item)
            weight += ELEMENT * len(elements)
            check_size(weight)
            waiting.extend(elements)
        elif isinstance(item, int):
            check_int(item)
        if weight > MAX_SIZE:
            check_size(weight)
    return weight


class Meter:
    """What one rendering, with everything it renders inside, has used up so far."""

    __slots__ = ("began", "counted", "loops", "rendered", "work")

    def __init__(self) -> None:
        self.loops = 0
        self.work = 0
        self.rendered = 0
        self.counted = 0
        self.began = thread_time()

    def look(self) -> None:
        """Look at the time.

        Raises
        ------
        Fault : the rendering takes too long.
        """
        self.counted = 0
        if thread_time() - self.began > MAX_SECONDS:
            raise too_slow(f"the expression takes longer than {MAX_SECONDS:g} s")

    def spend(self, value: Any) -> Any:
        """Count a value that the expression made, and give it back."""
        self.counted += 1
        if self.counted > _LOOK_AFTER:
            self.look()
        if isinstance(value, str):
            size = len(value)
        elif value is None or isinstance(value, bool | float):
            return value
        elif isinstance(value, int):
            return check_int(value)
        else:
            size = weigh(value)
        check_size(size)
        self.work += size
        if self.work > MAX_WORK:
            raise too_large(f"the expression makes more than {MAX_WORK:,} characters altogether")
        if size > _LARGE:
            self.look()
        return value

    def loop(self, turns: int) -> None:
        """Count the turns of a loop before they are taken."""
        self.look()
        self.loops += turns
        if self.loops > MAX_LOOPS:
            raise too_large(f"the loops take more than {MAX_LOOPS:,} turns altogether")

    def turn(self) -> None:
        """Count one turn of a loop, or one call of a macro."""
        self.counted += 1
        if self.counted > _LOOK_AFTER:
            self.look()

    def render(self) -> None:
        """Count a text that is rendered through `render()`."""
        self.look()
        self.rendered += 1
        if self.rendered > MAX_RENDERED_TEXTS:
            raise too_large(f"`render()` renders more than {MAX_RENDERED_TEXTS:,} texts")
