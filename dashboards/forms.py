"""Fields of forms, and the answer to one: back to the page it came from, so that everything works without script."""

from typing import Annotated

from fastapi import Depends, Form, Request
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from dashboards.access import local_path

Text = Annotated[str, Form(max_length=200)]
Long = Annotated[str, Form(max_length=4000)]
Back = Annotated[str, Form(alias="next", max_length=500)]
"""Where the form stood: a path on this site."""


def back_to(path: str) -> Response:
    """303: the browser gets the page again, as it is now."""
    return RedirectResponse(local_path(path), 303)


async def form_of(request: Request) -> QueryParams:
    """The texts of a form, whatever its fields are called."""
    form = await request.form()
    return QueryParams([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


Filled = Annotated[QueryParams, Depends(form_of)]
