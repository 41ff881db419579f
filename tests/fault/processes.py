"""Starts the processes of the fault tests: each composes its own service, with its own connections, as a real worker does."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext

from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.settings import Settings
from domain.identifiers import StructureId


def context() -> ForkServerContext:
    """A server that has imported the project forks each process: it starts in milliseconds and inherits no connection."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.fault.processes"])
    return found


@dataclass(frozen=True)
class Site:
    """What a process needs to compose a service of its own."""

    settings: Settings
    databases: Databases
    structure: StructureId

    @contextmanager
    def whole_service(self) -> Iterator[Service]:
        """The service, in this process."""
        service = build(self.settings, self.databases)
        try:
            yield service
        finally:
            service.close()

    @contextmanager
    def service(self) -> Iterator[tuple[Service, Structure]]:
        """The service and its structure, in this process."""
        with self.whole_service() as service:
            yield service, service.structure(self.structure)
