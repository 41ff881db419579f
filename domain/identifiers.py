"""The identifiers of the domain: random UUIDs (version 4), a type each, so that none passes for another (R151)."""

from typing import NewType
from uuid import UUID

StructureId = NewType("StructureId", UUID)
YouthId = NewType("YouthId", UUID)
"""A youth's record, its stream and its key ring bear this one identifier. It says nothing about the person (R071)."""
AccountId = NewType("AccountId", UUID)
ActivityId = NewType("ActivityId", UUID)
CatalogueId = NewType("CatalogueId", UUID)
ErasureId = NewType("ErasureId", UUID)
HoldId = NewType("HoldId", UUID)
ArchiveGateId = NewType("ArchiveGateId", UUID)
ReportId = NewType("ReportId", UUID)
"""A child-protection report."""
ReportShelfId = NewType("ReportShelfId", UUID)
AccessId = NewType("AccessId", UUID)
"""Of a share, an emergency or a rights referent of one record."""
TeamsId = NewType("TeamsId", UUID)
TeamId = NewType("TeamId", UUID)
ReplacementsId = NewType("ReplacementsId", UUID)
ReplacementId = NewType("ReplacementId", UUID)
GlassRegisterId = NewType("GlassRegisterId", UUID)
GlassTriesId = NewType("GlassTriesId", UUID)
FileId = NewType("FileId", UUID)
"""A numbered file of the DPO's desk: an incident, a breach, a requisition."""
RequestId = NewType("RequestId", UUID)
