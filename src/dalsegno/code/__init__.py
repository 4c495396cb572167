"""Collects, digests, stores and loads users' Python.

Contract: digesting reads sources and runs nothing of them; a digest is the same in every process and on every path. A
bundle holds what a function needs of the user's own modules, so that it runs as it was after they have changed. Imports
`model` and `errors` alone.

An object that stands for a function (a step) gives it as `__dalsegno_function__`, and what was chosen for it as
`__dalsegno_options__`.
"""

from dalsegno.code.bundle import Bundle, ModuleSource
from dalsegno.code.collecting import collect
from dalsegno.code.comparing import differences
from dalsegno.code.digesting import digest_of
from dalsegno.code.graph import CodeDigest
from dalsegno.code.loading import LoadedCode, load

__all__ = ["Bundle", "CodeDigest", "LoadedCode", "ModuleSource", "collect", "differences", "digest_of", "load"]
