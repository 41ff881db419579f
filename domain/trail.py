"""What the access trail says of one look or one change: who, in which role, for what, which record. Never content (R080).

The clock of a line is the database's; the record is named there by its trail reference, which erasure destroys.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.categories import Category
from domain.identifiers import AccountId, ErasureId, RequestId, YouthId


class Role(StrEnum):
    """The roles of design §8."""

    EDUCATOR = "educator"
    HEAD_OF_SERVICE = "head_of_service"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"
    FUNDER = "funder"
    YOUTH = "youth"
    SYSTEM = "system"
    """The service itself: runner, erasure, import. Nobody signs in with it."""


class Purpose(StrEnum):
    """Why somebody looks, asked once per working context (needs N16)."""

    ACCOMPANY = "accompany"
    OWN_RECORD = "own_record"
    REVIEW_ACCESS = "review_access"
    STEER = "steer"
    TAKE_OVER_FILES = "take_over_files"
    HONOUR_RIGHTS = "honour_rights"
    RUN_SERVICE = "run_service"
    EMERGENCY = "emergency"
    """Stated by the act itself: whoever breaks the glass, and whatever they read behind it (N12)."""
    PROTECT = "protect"
    """Stated by the act itself: whoever handles a child-protection report does so to protect a child, whatever they signed in for."""


class Operation(StrEnum):
    """Every operation that leaves a line. The value is what the table stores; retired values stay here as comments."""

    LIST_CASELOAD = "caseload.list"
    READ_RECORD = "record.read"
    OPEN_RECORD = "record.open"
    CHANGE_RECORD = "record.change"
    WITHDRAW_AGREEMENT = "record.withdraw"
    NAME_REFERENTS = "record.referents"
    """Naming them anew, or handing a record over."""
    SHARE_RECORD = "record.share"
    """Sharing it, ending a share, and reading who has access to it."""
    ERASE_RECORD = "record.erase"
    ASK_ERASURE = "erasure.ask"
    """By the DPO, for a demand that came by letter or because the time has come."""
    APPROVE_ERASURE = "erasure.approve"
    CANCEL_ERASURE = "erasure.cancel"
    LIST_ERASURES = "erasure.list"
    READ_ERASURE = "erasure.read"
    READ_CERTIFICATE = "erasure.certificate"
    MANAGE_HOLDS = "hold.manage"
    MANAGE_ARCHIVE_GATE = "archives.manage"
    LIST_REPORTS = "report.list"
    WRITE_REPORT = "report.write"
    READ_REPORT = "report.read"
    COUNTERSIGN_REPORT = "report.countersign"
    SEND_REPORT = "report.send"
    RELEASE_REPORT = "report.release"
    LIST_ACTIVITIES = "activity.list"
    RECORD_ACTIVITY = "activity.record"
    READ_FIGURES = "figures.read"
    READ_CATALOGUE = "catalogue.read"
    LOAD_CATALOGUE = "catalogue.load"
    READ_TRAIL = "trail.read"
    EXPORT_TRAIL = "trail.export"
    INVESTIGATE = "incident.read"
    """What one person looked at: inside an incident, whose stated reason the line refers to (R086)."""
    MANAGE_INCIDENTS = "incident.manage"
    MANAGE_BREACHES = "breach.manage"
    MANAGE_REQUISITIONS = "requisition.manage"
    READ_REGISTER = "register.read"
    TAKE_CONTROL_FILE = "control_file.take"
    READ_WEEK = "week.read"
    READ_SEAL = "seal.read"
    EXPORT_JOURNAL = "journal.export"
    """The whole sealed journal, for somebody who checks it elsewhere."""
    READ_OWN_TRAIL = "trail.read_own"
    DECIDE_NAMES = "trail.names"
    """The DPO's decision that a youth reads who looked by name (R037)."""
    NAME_RIGHTS_REFERENT = "rights.referent"
    BREAK_GLASS = "glass.break"
    LIST_GLASS = "glass.list"
    REVIEW_GLASS = "glass.review"
    ACKNOWLEDGE_GLASS = "glass.acknowledge"
    LIST_TEMPORARY = "access.temporary"
    """Which shares and rights referents' accesses run out, by trail references."""
    MANAGE_TEAMS = "team.manage"
    MANAGE_REPLACEMENTS = "replacement.manage"
    PREVIEW_IMPORT = "import.preview"
    RUN_IMPORT = "import.run"
    REBUILD_VIEWS = "views.rebuild"
    SIGN_IN = "session.open"
    SIGN_OUT = "session.close"
    STEP_UP = "session.prove"
    """A factor shown again before a grave act (R139)."""
    CHANGE_PURPOSE = "session.purpose"
    MANAGE_SESSIONS = "session.manage"
    ACCEPT_INVITATION = "account.accept"
    LIST_ACCOUNTS = "account.list"
    MANAGE_ACCOUNTS = "account.manage"
    REVIEW_ACCOUNTS = "account.review"
    CLOSE_UNUSED_ACCOUNTS = "account.close_unused"
    CHANGE_FACTORS = "factor.change"
    MANAGE_TOKENS = "token.manage"
    REVOKE_TOKEN = "token.revoke"  # noqa: S105  # Likewise.
    USE_TOKEN = "token.use"  # noqa: S105  # The name of an operation.
    """A second line beside that of the request itself, with its request id: it came from a program with a personal token."""


EXPORTS: Final[frozenset[Operation]] = frozenset()
"""The operations that hand a record out of the service: there is none yet. What left this way cannot be recalled, and is counted."""


ABOUT_ACCOUNTS: Final[frozenset[Operation]] = frozenset(
    {Operation.LIST_ACCOUNTS, Operation.MANAGE_ACCOUNTS, Operation.REVIEW_ACCOUNTS, Operation.CLOSE_UNUSED_ACCOUNTS}
)
"""The operations whose lines refer to an account of the staff, if to anything: to no record."""
ABOUT_FILES: Final[frozenset[Operation]] = frozenset(
    {Operation.INVESTIGATE, Operation.MANAGE_INCIDENTS, Operation.MANAGE_BREACHES, Operation.MANAGE_REQUISITIONS}
)
"""The operations whose lines refer to a file of the DPO's, if to anything: to no record."""


class Outcome(StrEnum):
    """What came of it."""

    GRANTED = "granted"
    REFUSED = "refused"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in. `subject` is the youth's own record when the role is `YOUTH`, else `None`; so is `erasure`."""

    account: AccountId
    role: Role
    purpose: Purpose
    request: RequestId
    subject: YouthId | None = None
    erasure: ErasureId | None = None
    """The receipt of a youth whose record was erased: all that still links the account to it."""


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One line of the trail, or one line a record shown when `subjects` has several."""

    actor: Actor
    operation: Operation
    outcome: Outcome = Outcome.GRANTED
    subjects: tuple[YouthId, ...] = ()
    categories: tuple[Category, ...] = ()
    records: int = field(default=0)
    """How many records were shown or changed."""
    about: UUID | None = None
    """What the line refers to when it names no record: an incident, breach or requisition that gives the reason, or a managed account."""


@dataclass(frozen=True, slots=True)
class CommandKey:
    """What makes a change idempotent: the account and the SHA-256 of its key. No digest of a body, which could be guessed."""

    account: AccountId
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fence:
    """Closes a youth's record, or one category of it, in the very statement that appends the event that says so (design §6)."""

    subject: YouthId
    erasure: ErasureId
    whole: bool = True
    """Whether it is the whole record, and not one category."""
    reopens: bool = False
    """Whether it takes the fence of this erasure away instead: the youth changed their mind in time."""
