"""Values that say nothing of themselves: neither a log nor a traceback can show what they hold (R076)."""


class Silent:
    """Give a dataclass a `repr` that names its class alone. The dataclass itself is declared with `repr=False`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Name the class alone: the fields are a person's."""
        return f"<{type(self).__name__}>"
