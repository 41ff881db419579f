"""Doing something as another account of the machine, in a process of its own."""

import os
import pwd
import warnings
from collections.abc import Callable

import pytest

STRANGERS = ("daemon", "games", "nobody")


def stranger(but: str = "") -> pwd.struct_passwd:
    """Give an account that is neither ours nor `but`; skip the test when we may not become anybody else."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another account")
    return next(account for account in pwd.getpwall() if account.pw_name in STRANGERS and account.pw_name != but)


def ourselves() -> pwd.struct_passwd:
    """Give our own account: what is done as it is done by another process."""
    return pwd.getpwuid(os.geteuid())


def answer_as(account: pwd.struct_passwd, question: Callable[[], str]) -> str:
    """Run `question` as `account` and give what it returned, or the name and the words of what it raised.

    It runs in a copy of this process, since the other account may be unable to read the interpreter.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # The child calls no thread of the parent's.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        if account.pw_uid != os.geteuid():
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        try:
            answer = question()
        except BaseException as refusal:  # noqa: BLE001 - the outermost boundary of a process.
            answer = f"{type(refusal).__name__}: {refusal}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer
