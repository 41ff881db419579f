"""`RecordKeeping`: the application of one structure. Its use cases stand in the files that it is made of."""

from domain.access_commands import AccessCommands
from domain.desk_commands import DeskCommands
from domain.erasure_commands import ErasureCommands
from domain.glass_commands import GlassCommands
from domain.import_commands import ImportCommands
from domain.keeping import Accepted
from domain.organisation_commands import OrganisationCommands
from domain.record_commands import RecordCommands
from domain.report_commands import ReportCommands
from domain.structure_commands import StructureCommands

__all__ = ["Accepted", "RecordKeeping"]


class RecordKeeping(
    ErasureCommands,
    RecordCommands,
    AccessCommands,
    GlassCommands,
    ReportCommands,
    StructureCommands,
    OrganisationCommands,
    DeskCommands,
    ImportCommands,
):
    """Everything that people do in one structure."""

    name = "record_keeping"
