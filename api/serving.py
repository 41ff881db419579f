"""The application as a server process runs it: service composed after the fork, log set up first."""

import atexit
import sys
from pathlib import Path
from typing import TextIO

from fastapi import FastAPI

from api import logs
from api.bootstrap import Service, build
from api.databases import Databases
from api.seal import Seal
from api.seal_agent import AgentDoor
from api.settings import Settings, read_settings
from api.web.app import create_app


def application(
    settings: Settings, stream: TextIO, databases: Databases | None = None, agent: AgentDoor | None = None
) -> tuple[Service, FastAPI]:
    """Compose the service and its application. The caller closes the service."""
    logs.configure(settings.log_level, stream)
    service = build(settings, databases)
    return service, create_app(service, Seal(service.providers, agent))


def worker(agent: Path | None = None) -> FastAPI:
    """Give the application of one of several worker processes, which end with it; `agent` is the address of their parent's, if any."""
    service, app = application(read_settings(), sys.stderr, agent=AgentDoor(agent) if agent else None)
    atexit.register(service.close)
    return app
