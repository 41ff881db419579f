"""The closed lists of a record. A stored value is never renamed: old events bear it."""

from enum import StrEnum

from domain.categories import Category


class Gender(StrEnum):
    """As the youth says, or as it is counted in the street; nothing more precise is asked (N4)."""

    GIRL = "girl"
    BOY = "boy"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """Where or by what means a contact happened (N44)."""

    STREET = "street"
    PREMISES = "premises"
    HOME_VISIT = "home_visit"
    SCHOOL = "school"
    PARTNER = "partner"
    ACTIVITY = "activity"
    PHONE = "phone"
    TEXT_MESSAGE = "text_message"
    NETWORK = "network"
    OTHER = "other"


class Initiative(StrEnum):
    """Who came to whom. A contact that comes from the youth drives retention (R060)."""

    YOUTH = "youth"
    WORKER = "worker"
    OTHER = "other"


class OutingKind(StrEnum):
    """What a team did without any record (N24, N25)."""

    STREET_WORK = "street_work"
    SOCIAL_PRESENCE = "social_presence"
    OPEN_DOOR = "open_door"
    GROUP_ACTION = "group_action"


GRANTABLE_CATEGORIES = (Category.IDENTITY, Category.FOLLOW_UP, Category.VITAL)
"""What a youth may agree to today. Health and justice are off until the structure switches them on (N6, R007, R022)."""
