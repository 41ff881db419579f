"""The web application: routes, answers and boundary put together around one service (`api.bootstrap.build`)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from anyio import to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.responses import Response

from api import pages
from api.bootstrap import Service
from api.pages import sealed
from api.pages.assets import Assets
from api.seal import SEALED, Seal
from api.v1 import router as json_api
from api.web import errors
from api.web.boundary import Boundary
from api.web.pace import Pace
from api.web.problems import API_VERSION, answer
from crypto_shredding.keys.provider import ProviderSealed

OPENAPI_PATH: Final = f"{API_VERSION}/openapi.json"

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""The names of the demonstration. Elsewhere the proxy in front decides which names it serves."""

_NO_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""The framework would hand the messages of exceptions and the bodies of requests to any collector that the environment names."""


def create_app(service: Service, seal: Seal | None = None) -> FastAPI:
    """Build the application around `service`, which the caller opens and closes; the runners follow the application, once unsealed."""
    seal = seal or Seal(service.providers)
    app = FastAPI(
        title="Sillage",
        version="1",
        summary="Le dossier d’un jeune en prévention spécialisée, qu’il peut regarder, vérifier et défaire.",
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_life,
        telemetry=_NO_TELEMETRY,
    )
    app.state.service = service
    app.state.seal = seal
    app.state.pace = Pace(service.settings.requests_a_minute, service.settings.structure_requests_a_minute)
    app.state.render_problem = sealed.render_problem
    app.add_middleware(Boundary, hosts=_LOOPBACK if service.settings.demonstration else frozenset(), is_open=seal.is_open)
    errors.install(app)
    app.add_exception_handler(ProviderSealed, _sealed_meanwhile)
    app.include_router(json_api)
    app.include_router(pages.router, include_in_schema=False)
    app.include_router(sealed.router, include_in_schema=False)
    app.mount("/static", Assets(), name="static")
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    # A request that waits for a connection would only hold a thread, so there are as many threads as connections.
    to_thread.current_default_thread_limiter().total_tokens = service.settings.pool_size
    seal: Seal = app.state.seal
    try:
        with seal.followed(service.start_runners):
            yield
    finally:
        service.stop_runners()


def _sealed_meanwhile(request: Request, _: Exception) -> Response:
    sealed.seal_of(request).close_again()
    return answer(request, SEALED)
