"""How long a session lives, what asks for a fresh factor, how long a wrong try must wait (R138-R140). Numbers and no mechanism."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.trail import EXPORTS, Operation, Role


@dataclass(frozen=True, slots=True)
class Limits:
    """A session ends after `idle` without a request, and `absolute` after it began."""

    idle: timedelta
    absolute: timedelta


WORKING_DAY: Final = Limits(timedelta(minutes=30), timedelta(hours=12))
WATCH: Final = Limits(timedelta(minutes=15), timedelta(hours=8))
"""For those who see everybody's accounts and accesses."""

LIMITS: Final[dict[Role, Limits]] = {
    Role.EDUCATOR: WORKING_DAY,
    Role.HEAD_OF_SERVICE: WORKING_DAY,
    Role.FUNDER: WORKING_DAY,
    Role.YOUTH: WORKING_DAY,
    Role.DPO: WATCH,
    Role.ADMINISTRATOR: WATCH,
}
"""R138. A role without a row has no session."""

FRESH_FOR: Final = timedelta(minutes=5)
"""How long a factor that was shown counts as fresh (R139)."""

FRESH_TO_CHANGE: Final[frozenset[Operation]] = frozenset(
    {
        Operation.ERASE_RECORD,
        Operation.ASK_ERASURE,
        Operation.APPROVE_ERASURE,
        Operation.RELEASE_REPORT,
        # Whoever gives somebody else access discloses.
        Operation.SHARE_RECORD,
        Operation.NAME_REFERENTS,
        Operation.NAME_RIGHTS_REFERENT,
        Operation.MANAGE_TEAMS,
        Operation.MANAGE_REPLACEMENTS,
        Operation.MANAGE_ACCOUNTS,
        Operation.REVIEW_ACCOUNTS,
        Operation.CHANGE_FACTORS,
        Operation.MANAGE_TOKENS,
        # Whoever holds a stolen session does not throw its owner out (ASVS 5.0 §7.5.2).
        Operation.MANAGE_SESSIONS,
    }
)
"""The operations of R139 that need a fresh factor when they change something; looking at their form does not."""
FRESH_TO_SEE: Final[frozenset[Operation]] = EXPORTS | {Operation.EXPORT_TRAIL, Operation.TAKE_CONTROL_FILE, Operation.EXPORT_JOURNAL}
"""Those that hand something out of the service need it for the looking itself."""

INVITATION_FOR: Final = timedelta(hours=72)
FIRST_INVITATION_FOR: Final = timedelta(minutes=15)
"""R155: the first administrator's link, printed by the command line."""
TOKEN_FOR: Final = timedelta(days=90)
"""The longest life of a personal token for programs."""
UNUSED_FOR: Final = timedelta(days=60)
"""R156: an account that nobody used for so long is closed."""
REVIEW_EVERY: Final = timedelta(days=90)
"""R156."""

FREE_TRIES: Final = 4
"""Wrong tries that cost nothing: people mistype."""
TOLD_AFTER: Final = 3
"""Refused passkeys and failed confirmations of one account, from one place, after which its owner is told: everybody errs once."""
_FIRST_DELAY: Final = timedelta(seconds=1)
LONGEST_DELAY: Final = timedelta(minutes=15)
"""Between two tries of the same name from the same place, and between two codes behind the same password."""
FREE_CODES: Final = 8
"""Wrong codes behind the right password, from wherever. More than of a place, so that at one place it is the place's wait that shows."""
FREE_TRIES_OF_A_PLACE: Final = 30
LONGEST_DELAY_OF_A_PLACE: Final = timedelta(seconds=30)
"""A whole service may share one address: many free tries, a short wait."""
A_PLACE_FORGIVES_ONE_EVERY: Final = timedelta(minutes=2)
"""Of quiet. Longer than the longest wait: whoever goes on guessing is forgiven nothing."""
FORGOTTEN_AFTER: Final = timedelta(hours=24)


def delay_after(failures: int, *, free: int = FREE_TRIES, longest: timedelta = LONGEST_DELAY) -> timedelta:
    """Say how long after its `failures`-th wrong try the next one must wait: nothing, then one second, doubled each time."""
    if failures < free:
        return timedelta()
    doublings: int = min(failures - free, 20)
    return min(_FIRST_DELAY * (1 << doublings), longest)


def needs_fresh_factor(operation: Operation | None, *, changes: bool) -> bool:
    """Tell whether `operation` asks for a factor shown in the last minutes."""
    return operation in FRESH_TO_SEE or (changes and operation in FRESH_TO_CHANGE)
