"""`serve` and `demo`: the service on its port, until it is told to stop."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import typer

from api.bootstrap import build
from api.commands.opened import databases_of
from api.commands.output import progress_bar, say
from api.commands.sealing import refuse_unprotected
from api.commands.troubles import UNAVAILABLE, USAGE, Trouble
from api.commands.unsealing import leave_no_core
from api.databases import Databases, add_structure
from api.key_providers import providers_of
from api.seal_agent import Agent, can_tell_who_asks
from api.settings import Settings, read_settings

_BACKLOG: Final = 512
_GRACE_SECONDS: Final = 10
_LOG_FILE: Final = "sillage.log"
_TO_OPEN: Final = {"required": " (scellé : il s’ouvre sur /ouverture)", "none": ""}

Port = Annotated[int | None, typer.Option(help="Le port à ouvrir.", min=0, max=65535)]
Data = Annotated[Path | None, typer.Option("--data", help="Le dossier des données.", file_okay=False)]


def serve(port: Port = None, data: Data = None, workers: Annotated[int | None, typer.Option(min=1, max=64)] = None) -> None:
    """Servir, avec les réglages de l’environnement (SILLAGE_…)."""
    _end_on_terminate()
    settings = read_settings(**_given(port=port, data_folder=data, workers=workers))
    _refuse_unsealable(settings)
    leave_no_core()
    door = _open_door(settings)
    with databases_of(settings) as databases:
        say(f"\n  Sillage : {_where(settings, door)} {_TO_OPEN[settings.sealing]} · Ctrl-C pour arrêter\n")
        if settings.workers > 1:
            _serve_many(settings, door)
        else:
            _serve(settings, databases, door)


def demo(port: Port = None, data: Data = None) -> None:
    """Servir la démonstration : base embarquée, personnes inventées."""
    _end_on_terminate()
    settings = read_settings(**_given(port=port, data_folder=data, demonstration=True))
    refuse_unprotected(settings)
    door = _open_door(settings)
    with databases_of(settings) as databases:
        _tell_demonstration(settings, databases)
        address = f"http://{settings.host}:{door.getsockname()[1]}"
        words = f"\n  Sillage – démonstration : {address}\n  Ctrl-C pour arrêter · Ctrl-C to stop\n"
        _serve(settings, databases, door, log_file=settings.data_folder / _LOG_FILE, announce=lambda: say(words))
    say("Arrêté. · Stopped.")


def _where(settings: Settings, door: socket.socket) -> str:
    """Say where to go: where passkeys work first, if that is known, since a browser offers none at any other address."""
    local = f"http://{settings.host}:{door.getsockname()[1]}"
    return local if settings.public_address is None else f"{settings.public_address} (sur cette machine : {local})"


def _refuse_unsealable(settings: Settings) -> None:
    refuse_unprotected(settings)
    if settings.workers > 1 and settings.sealing == "required" and not can_tell_who_asks():
        raise Trouble(
            "Ce système ne permet pas à plusieurs processus de s’ouvrir ensemble : laissez SILLAGE_WORKERS à 1.",
            "On this system several worker processes cannot be opened together: leave SILLAGE_WORKERS at 1.",
            USAGE,
        )


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _open_door(settings: Settings) -> socket.socket:
    """Take the port before anything else is started, so that a busy one is told at once."""
    door = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
    except OSError as error:
        door.close()
        raise Trouble(
            f"Le port {settings.port} de {settings.host} n’est pas libre ({error.strerror}) : arrêtez ce qui l’occupe, ou choisissez-en"
            f" un autre avec SILLAGE_PORT={settings.port + 1} ou --port.",
            f"Port {settings.port} of {settings.host} is not free ({error.strerror}): stop what holds it, or choose another one with"
            f" SILLAGE_PORT={settings.port + 1} or --port.",
            USAGE,
        ) from None
    door.listen(_BACKLOG)
    door.set_inheritable(True)
    return door


def _tell_demonstration(settings: Settings, databases: Databases) -> None:
    from api import demonstration  # noqa: PLC0415  # The second start tells nothing.

    providers = providers_of(settings)
    add_structure(databases, providers, demonstration.DEMONSTRATION_STRUCTURE, demonstration.CODE, demonstration.NAME)
    service = build(settings, databases)
    try:
        structure = service.structure(demonstration.DEMONSTRATION_STRUCTURE)
        if not demonstration.is_told(structure):
            with progress_bar("Démonstration") as progress:
                demonstration.tell(structure, datetime.now(UTC).date(), progress)
    finally:
        service.close()


def _serve(
    settings: Settings,
    databases: Databases,
    door: socket.socket,
    *,
    log_file: Path | None = None,
    announce: Callable[[], None] = lambda: None,
) -> None:
    import uvicorn  # noqa: PLC0415  # Not needed by the other commands.

    from api.serving import application  # noqa: PLC0415

    class Announced(uvicorn.Server):
        """The address is told once the server answers and listens to Ctrl-C, so that nobody interrupts it half started."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

    with _log_stream(log_file) as stream:
        service, app = application(settings, stream, databases)
        try:
            Announced(_config(app)).run(sockets=[door])
        except KeyboardInterrupt:
            # The server has ended in good order; the signal comes again so that what is around ends too.
            return
        finally:
            service.close()


def _serve_many(settings: Settings, door: socket.socket) -> None:
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

    # The workers read their settings anew; the folder may have been given on the command line.
    os.environ["SILLAGE_DATA_FOLDER"] = str(settings.data_folder.absolute())
    try:
        with Agent() as agent:
            config = _config(_Worker(agent.address), factory=True, workers=settings.workers)
            Multiprocess(config, sockets=[door]).run()
    except OSError as error:
        raise Trouble("Le service n’a pas pu démarrer.", "The service could not start.", UNAVAILABLE) from error


@dataclass(frozen=True)
class _Worker:
    """Makes the application in each worker process, which learns from it where the parent's agent is."""

    agent: Path

    def __call__(self) -> Any:
        from api.serving import worker  # noqa: PLC0415  # The parent serves nothing.

        return worker(self.agent)


def _config(app: Any, **options: Any) -> Any:
    import uvicorn  # noqa: PLC0415

    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **options,
    )


def _log_stream(log_file: Path | None) -> Any:
    """Open the log: the terminal of the demonstration is for the address alone."""
    if log_file is None:
        return open(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", buffering=1)  # noqa: PTH123  # A descriptor has no path.
    return log_file.open("w", encoding="utf-8", buffering=1)


def _end_on_terminate() -> None:
    """Have a polite end (SIGTERM) take the same way as Ctrl-C, so that the embedded server is stopped too."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
