"""Every number that a law, a regulator or the profession gives us, once, with its source (R209).

A test fails when one of them stands elsewhere as a literal. Durations are `timedelta`s or months, as their names say.
"""

from datetime import date, timedelta
from typing import Final

RETENTION_MONTHS: Final = 24
"""After the last contact coming from the youth (R060; CNIL, référentiel social de 2021, §7.1)."""

SMALLEST_PUBLISHED_COUNT: Final = 11
"""No published cell below this number of people (R100; CASD and PMSI: « moins de 11 unités »)."""

COOLING_OFF: Final = timedelta(hours=72)
"""Between an erasure asked for from a distance and its effect (design §6). None when it is asked in person."""

HOLD_AT_MOST: Final = timedelta(days=366)
"""A hold lasts twelve months at most, and may be renewed (R065)."""

EPOCH_AT_MOST: Final = timedelta(days=30)
"""A key epoch without any erasure lasts no longer (R075)."""

IRREVERSIBLE_WITHIN: Final = timedelta(days=30)
"""No copy opens an erased record any more within this delay; in fact the night that follows (R068)."""

PURGE_WITHIN: Final = timedelta(hours=24)
"""Ciphertexts are nulled within this delay of an erasure (design §6)."""

IDEMPOTENCY_KEPT: Final = timedelta(hours=72)
"""How long a repeated command is recognised (design §5)."""

TRAIL_KEPT: Final = timedelta(days=365)
"""The access trail's lines (design §7; CNIL, délibération 2021-122: six months to one year)."""

SHORTEST_TRAIL: Final = timedelta(days=214)
"""No shorter: a month goes with its oldest line, and the youngest of it must have stood for six months (R085)."""

LONGEST_TRAIL: Final = timedelta(days=1095)
"""Never longer: thirty-six months, and beyond one year for a documented risk alone (R085; CNIL, délibération 2021-122)."""

REFERENTS_AT_MOST: Final = 2
"""Educators work in pairs (N44)."""

PROFESSION_FOUNDED: Final = date(1972, 7, 4)
"""Arrêté du 4 juillet 1972, which founds prévention spécialisée: no act of ours is older."""

EVENT_BACKUPS_KEPT: Final = timedelta(days=35)
"""Backups of the main database: events, trail, views (R074). What was corrected is gone for good once they are."""

KEY_BACKUPS_KEPT: Final = timedelta(days=14)
"""Backups of the keys database: short-lived, and apart from those of the events (R074)."""

GLASS_LASTS: Final = timedelta(minutes=60)
"""An access in an emergency ends by itself (R089; design §8)."""

GLASS_TRIES: Final = 3
"""Emergencies that one account may try in `GLASS_TRIES_WITHIN`, hit or miss: not enough to ask who is followed (N9)."""

GLASS_TRIES_WITHIN: Final = timedelta(days=1)
"""A day of 24 hours, wherever the structure stands."""

TEMPORARY_AT_MOST: Final = timedelta(days=184)
"""A share, a replacement or a rights referent lasts six months at most, and may be renewed (N10, N11)."""

BREACH_CLOCK: Final = timedelta(hours=72)
"""From awareness to the notification of the CNIL; beyond it, the reason of the delay is told too (RGPD art. 33(1); R005)."""

BREACH_ALERTS: Final = (timedelta(hours=24), timedelta(hours=48), timedelta(hours=66))
"""When the clock of a breach is recalled (R005)."""

DISTINCT_RECORDS_IN_AN_HOUR: Final = 30
"""Beyond it, somebody's reads are told to the DPO, once an episode (R088; OWASP API6:2023)."""

TRAIL_EXPORT_AT_MOST: Final = timedelta(days=31)
"""The longest interval that leaves in one export of the trail: what a review needs, and no year of somebody's work (R086)."""
