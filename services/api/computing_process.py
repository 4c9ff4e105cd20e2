"""`python -m services.api.computing_process`: a process that computes for the API, one call after another.

A call is a pickled function with its arguments on standard input, its outcome comes on standard output: whether it returned, and
what it returned or raised. It ends when nobody can call any more. Whatever the function prints goes to standard error.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import IO, Any, TypeVar

_T = TypeVar("_T")

_PIECE = 100
Call = tuple[Callable[..., Any], tuple[Any, ...]]
Outcome = tuple[bool, Any]


class Pieces(list[_T]):
    """A long list, for an outcome: it is unpickled in pieces, between which other threads have the interpreter."""

    def __reduce__(self) -> tuple[Callable[[list[bytes]], Pieces[_T]], tuple[list[bytes]]]:
        pieces = (list(self[start : start + _PIECE]) for start in range(0, len(self), _PIECE))
        return _joined, ([pickle.dumps(piece, pickle.HIGHEST_PROTOCOL) for piece in pieces],)


def _joined(pieces: list[bytes]) -> Pieces[Any]:
    whole = Pieces[Any]()
    for piece in pieces:
        whole.extend(pickle.loads(piece))  # noqa: S301  # from the process that pickled the whole
    return whole


def serve(calls: IO[bytes], outcomes: IO[bytes]) -> None:
    """Compute until there are no more calls."""
    while True:
        try:
            function, arguments = pickle.load(calls)  # noqa: S301  # from the process that started this one
        except EOFError:
            return
        outcomes.write(_outcome(function, arguments))
        outcomes.flush()


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    try:
        return pickle.dumps((True, function(*arguments)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        try:
            return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        except Exception:  # one that holds what cannot be pickled
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")), pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who started this one ends it
    os.nice(5)  # whoever answers many readers goes before who computes for one
    own_output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, own_output)
