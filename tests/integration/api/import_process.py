"""A process of its own that writes an import, to be killed at work."""

from uuid import UUID

from api.bootstrap import build
from api.databases import Databases
from api.imports import imports
from api.imports.import_previews import Previews
from api.imports.imports import Desk
from api.settings import Settings
from crypto_shredding.expiring_seal import ExpiringSeal
from domain.identifiers import RequestId
from domain.trail import Actor


def write(settings: Settings, databases: Databases, token: str, preview: UUID) -> None:
    """Write the preview of this session."""
    service = build(settings, databases)
    session = service.directory.session(token)
    assert session is not None
    structure = service.structure(session.structure_id)
    desk = Desk(structure, Actor(session.account_id, session.role, session.purpose, RequestId(preview)))
    previews = Previews(structure.store.database, ExpiringSeal(structure.id, session.account_id, token))
    job = imports.start(desk, previews, preview)
    assert job is not None
    job.join()
