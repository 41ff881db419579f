"""The categories of a record, each a key domain of its own (needs N14; design §4)."""

from enum import StrEnum


class Category(StrEnum):
    """What a piece of content is about. One event has exactly one category and is encrypted under that category's key."""

    CORE = "core"
    """Opening, information, agreements, referents, erasure, contributions to the figures."""
    IDENTITY = "identity"
    """Civil identity and contact details. Destroying this key leaves the thread under its pseudonym."""
    FOLLOW_UP = "follow_up"
    """Contacts, steps, notes."""
    VITAL = "vital"
    """A fact that can save a life tonight, 30 days at most (consigne)."""
    HEALTH = "health"
    JUSTICE = "justice"
    PROTECTION = "protection"
    """A child-protection report (information préoccupante): each has a ring of its own with this one key, apart from the youth's (N38)."""
    STRUCTURE = "structure"
    """What names no youth: activities, catalogue, erasures. Encrypted under the structure's own key."""


YOUTH_CATEGORIES = (
    Category.CORE,
    Category.IDENTITY,
    Category.FOLLOW_UP,
    Category.VITAL,
    Category.HEALTH,
    Category.JUSTICE,
)
"""All of them get a key when the record is opened, so that which keys exist says nothing about the youth."""
