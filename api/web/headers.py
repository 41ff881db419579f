"""The security headers of every answer (R160; OWASP ASVS 5.0 §3.4, §14.3)."""

from typing import Final

_CONTENT_SECURITY_POLICY: Final = "; ".join(  # noqa: FLY002  # One directive a line.
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline and nothing from outside. `data:` serves the small drawings of the stylesheet."""

_ALWAYS: Final = (
    (b"content-security-policy", _CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-robots-tag", b"noindex, nofollow"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")
_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

RawHeaders = list[tuple[bytes, bytes]]


def secured(headers: RawHeaders, *, https: bool) -> RawHeaders:
    """Return `headers` with ours. An answer that says nothing of caching is never stored."""
    names = {name.lower() for name, _ in headers}
    added = [pair for pair in _ALWAYS if pair[0] not in names]
    if b"cache-control" not in names:
        added.append(_NO_STORE)
    if https:
        added.append(_HTTPS_ONLY)
    return [*headers, *added]
