"""The interface is what its schema says: random requests by a signed-in administrator never break it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

AIR = "mqtt:zigbee2mqtt/4.12/air"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture
def headers(hospital):
    return {"Authorization": f"Bearer {hospital.token('admin')}"}


@pytest.fixture
def schema(app, hospital, headers):
    """The schema as a program gets it, with something in the hospital to be asked about."""
    hospital.hear(
        hospital.reading(AIR, "temperature", 22.4, ago_s=5),
        hospital.reading(AIR, "door_open", True),
        hospital.reading("serial:bed-12/nonin", "spo2", 97.0),
    )
    hospital.locate("ble:iBeacon:117", hospital.places["4.13"])
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=headers)


def test_no_request_breaks_it_and_every_answer_is_as_described(schema, headers):
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 25
    for operation in operations:
        if not operation.path.endswith("/revoke"):  # it would shut this very test out
            tried(operation, headers)


def tried(operation, headers):
    @given(case=operation.as_strategy(), data=st.data())
    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    def never_breaks(case, data):
        if data.draw(st.booleans()):
            exists(case, data)
        case.call_and_validate(headers=headers, checks=CHECKS)

    never_breaks()


def exists(case, data):
    """Ask about what is there instead of what chance names."""
    for name in case.path_parameters or ():
        case.path_parameters[name] = data.draw(st.integers(1, 8))
    if case.path in ("/api/v1/readings", "/api/v1/latest"):
        case.query = {
            key: value
            for key, value in (case.query or {}).items()
            if key not in ("device", "metric", "cursor", "every")
        }
        case.query["device"] = data.draw(st.lists(st.sampled_from(["1", "3", AIR]), min_size=1))
