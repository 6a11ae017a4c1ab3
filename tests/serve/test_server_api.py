"""The HTTP server against its own OpenAPI document: schemathesis makes the requests, and checks every reply."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from test_server import Serve

EXAMPLES = int(os.environ.get("API_EXAMPLES", "30"))
"""Requests of each kind and operation; thousands for acceptance."""


@pytest.fixture(scope="module", params=[None, "secret"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with ExitStack() as stack:
        port = Serve(tmp_path_factory.mktemp("api"), stack)(api_key=request.param)
        headers = {"Authorization": f"Bearer {request.param}"} if request.param else {}
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json", headers=headers)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_reply_is_what_the_document_says(api: Any) -> None:
    """Requests that fit the document and requests that do not.

    That what fits is accepted is not checked: a schema cannot say that a question is more than blanks.
    """
    operations = [found.ok() for found in api.get_all_operations()]
    assert {f"{each.method.upper()} {each.path}" for each in operations} == {
        "GET /health",
        "GET /ready",
        "GET /v1/models",
        "POST /v1/search",
        "POST /v1/ask",
        "POST /v1/chat/completions",
    }
    for operation in operations:
        for mode in GenerationMode if operation.body else [GenerationMode.POSITIVE]:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
            def check(case: Any) -> None:
                case.call_and_validate(timeout=60, excluded_checks=[positive_data_acceptance])

            check()
