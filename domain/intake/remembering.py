"""Caches for the length of one plan: names and dates come back a thousand times in a file, and must not stay in memory after it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_caches: list[Any] = []


def remembered(*, maxsize: int) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Remember the answers of a pure function until `forget` is called."""

    def decorate(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
        cached = lru_cache(maxsize=maxsize)(function)
        _caches.append(cached)
        return cast("Callable[Given, Answer]", cached)

    return decorate


def forget() -> None:
    """Empty every cache. Called at the end of each plan (R076)."""
    for cache in _caches:
        cache.cache_clear()
