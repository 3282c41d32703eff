"""The description of this interface: OpenAPI 3.1."""

from typing import Any

from fastapi import APIRouter, Request

from dashboards.access import SIGNED_IN

router = APIRouter(dependencies=[SIGNED_IN])


@router.get("/openapi.json", include_in_schema=False)
def schema(request: Request) -> dict[str, Any]:
    """Everything under /api/v1, as it is."""
    document: dict[str, Any] = request.app.openapi()
    return document
