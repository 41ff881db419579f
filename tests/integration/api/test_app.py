"""What the application is, whoever asks."""

from fastapi import FastAPI
from starlette.testclient import TestClient


def test_the_framework_hands_nothing_to_a_collector_of_traces(app: FastAPI) -> None:
    # Its own telemetry would send the messages of exceptions, and reads its switch from the environment.
    assert app._native_telemetry.enabled() is False


def test_there_is_no_page_of_documentation_and_the_description_names_no_page(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json")

    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]
    assert description.json()["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in description.json()["paths"])


def test_a_method_that_is_not_offered_is_told_in_the_same_form(client: TestClient) -> None:
    answer = client.put("/api/v1/caseload")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"
