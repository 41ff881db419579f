"""`RecordKeeping`: the application of one structure. Its use cases stand in the files that it is made of."""

from domain.access.access_commands import AccessCommands
from domain.access.glass_commands import GlassCommands
from domain.access.organisation_commands import OrganisationCommands
from domain.desk.desk_commands import DeskCommands
from domain.import_commands import ImportCommands
from domain.keeping import Accepted
from domain.oblivion.erasure_commands import ErasureCommands
from domain.record.record_commands import RecordCommands
from domain.reports.report_commands import ReportCommands
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
