"""`RecordKeeping`: the application of one structure. Its use cases stand in the files that it is made of."""

from domain.erasure_commands import ErasureCommands
from domain.import_commands import ImportCommands
from domain.keeping import Accepted
from domain.record_commands import RecordCommands
from domain.report_commands import ReportCommands
from domain.structure_commands import StructureCommands

__all__ = ["Accepted", "RecordKeeping"]


class RecordKeeping(ErasureCommands, RecordCommands, ReportCommands, StructureCommands, ImportCommands):
    """Everything that people do in one structure."""

    name = "record_keeping"
