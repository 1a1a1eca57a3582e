"""The API keeps what its description promises: valid, complete, and true for generated requests."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from forum.api.description import OPERATIONS
from tests.api.program import Program, key_of
from tests.people import People

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


def test_the_description_is_valid(app: Flask) -> None:
    told = Program(app).get("/openapi.json").get_json()
    OpenAPIV31SpecValidator(told).validate()
    assert told["openapi"].startswith("3.1")


def test_every_route_describes_itself(app: Flask) -> None:
    told = Program(app).get("/openapi.json").get_json()
    described = {one["operationId"] for path in told["paths"].values() for one in path.values()}
    routes = {
        rule.endpoint.removeprefix("api.") for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")
    }
    assert routes - {"openapi"} == described == set(OPERATIONS)


def test_what_the_address_says_is_no_field_of_the_body(app: Flask) -> None:
    schemas = Program(app).get("/openapi.json").get_json()["components"]["schemas"]
    assert set(schemas["ReplyInput"]["properties"]) == {"body", "parent_id"}
    assert schemas["ReplyInput"]["required"] == ["body"]
    assert "post_id" not in schemas["EditInput"]["properties"]


@pytest.mark.slow
def test_generated_requests_are_answered_as_described(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.api.door.REQUESTS", "100000/minute")
    monkeypatch.setattr("forum.api.door.WRITES", "100000/minute")
    people.settings(search_per_minute_member=1000)
    people.category()
    ada = people.user("ada")
    people.reply(ada, people.thread(people.user("bob"))[0])
    headers = {"Authorization": f"Bearer {key_of(app, ada)}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in schema.get_all_operations():
        _try(found.ok(), headers)


@pytest.mark.slow
def test_generated_requests_about_figures_are_answered_as_described(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.api.door.REQUESTS", "100000/minute")
    people.category()
    boss = people.user("boss", role="owner")
    people.thread(people.user("bob"))
    headers = {"Authorization": f"Bearer {key_of(app, boss, 'metrics:read')}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).include(
        path_regex="^/api/v1/(metrics|exports)"
    )
    tried = 0
    for found in schema.get_all_operations():
        _try(found.ok(), headers)
        tried += 1
    assert tried >= 8


def _try(operation: schemathesis.APIOperation, headers: dict[str, str]) -> None:
    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    one()
