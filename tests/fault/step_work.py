"""Processes that carry out an erasure, a rotation or a reopening, and kill themselves (SIGKILL) once a named step is done."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace

from api.bootstrap import Structure
from domain.identifiers import ErasureId
from tests.fault.processes import Site

KILLED = -signal.SIGKILL


def _dying_at(step: str) -> Callable[[str], None]:
    def reached(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def erase(site: Site, erasure: ErasureId, step: str) -> None:
    with site.service() as (_, structure):
        saga = replace(structure.erasures, reached=_dying_at(step))
        while not saga.advance(erasure):
            structure.runner.run_once()


def rotate(site: Site, step: str) -> None:
    with site.service() as (_, structure):
        replace(structure.rotation, reached=_dying_at(step)).rotate()


def reopen(site: Site, step: str) -> None:
    with site.whole_service() as service:
        structure: Structure = next(one for one in service.structures() if one.id == site.structure)
        reached = _dying_at(step)
        # The steps of what it carries out are steps of its own.
        saga, rotation = replace(structure.erasures, reached=reached), replace(structure.rotation, reached=reached)
        replace(structure.reopening, saga=saga, rotation=rotation, reached=reached).reopen()
