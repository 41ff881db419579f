"""Kills a piece of work, for good (SIGKILL), at each of its steps, one after the other."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

CHANGING = ("mkdir", "chmod", "link", "replace", "unlink", "pwrite", "fsync")


def killed_at_each_step(work: Callable[[], None], *, lines_of: tuple[str, ...] = (), every: int = 1) -> Iterator[int]:
    """Do `work` in a child killed before its first step, then again in one killed before its second, until one comes to its end.

    A step is a system call that changes the disk, or each line of the modules `lines_of` (the names of their files); `every` leaves out
    some. The caller prepares the ground before each turn, and looks at what was left after it.
    """
    step = 0
    while _is_killed(work, step, lines_of):
        yield step
        step += every
    assert step > 1, "the work had no steps"


def _is_killed(work: Callable[[], None], step: int, lines_of: tuple[str, ...]) -> bool:
    with warnings.catch_warnings():
        # The child calls no thread of the parent's.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _run_and_leave(work, step, lines_of)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return os.WIFSIGNALED(status)


def _run_and_leave(work: Callable[[], None], step: int, lines_of: tuple[str, ...]) -> None:
    left = [step]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.endswith(lines_of):
            return None
        if event == "line":
            _count(left)
        return trace

    if lines_of:
        sys.settrace(trace)
    else:
        for name in CHANGING:
            setattr(os, name, partial(_counted, getattr(os, name), left))
    try:
        work()
    except BaseException:  # noqa: BLE001 - the outermost boundary of a process.
        os._exit(1)
    os._exit(0)


def _counted(call: Callable[..., Any], left: list[int], *given: Any, **named: Any) -> Any:
    _count(left)
    return call(*given, **named)


def _count(left: list[int]) -> None:
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
