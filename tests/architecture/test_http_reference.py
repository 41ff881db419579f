"""`docs/reference/http-api.md` is the API as the code has it: routes, the line that each leaves, refusals with code and status."""

from api import v1
from tests.architecture.http_reference import REFERENCE, api_routes, describe, described_routes


def test_the_reference_page_says_what_the_code_has() -> None:
    assert describe() == REFERENCE.read_text("utf-8"), "python -m tests.architecture.http_reference writes it anew"


def test_the_inventory_of_routes_equals_the_description() -> None:
    described = {operation["operationId"] for methods in described_routes().values() for operation in methods.values()}

    assert described == {route.operation_id for route in api_routes(v1.router)}
