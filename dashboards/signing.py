"""Signing on a page: who has a password shows it again (21 CFR 11.200)."""

from typing import Annotated

from fastapi import Form
from sqlalchemy.orm import Session

from asset_registry.people import Person
from asset_registry.sign_in import SignInRefused
from dashboards.context import Context
from dashboards.problems import Wrong

Password = Annotated[str, Form(max_length=200)]


def has_password(session: Session, person_id: int) -> bool:
    """Whether this person has a password to sign with."""
    person = session.get(Person, person_id)
    return person is not None and bool(person.password)


def confirm(here: Context, person_id: int, password: str) -> None:
    """Raises Wrong when it is not theirs."""
    try:
        here.sign_in.confirm(person_id, password)
    except SignInRefused as refused:
        raise Wrong("password", f"{str(refused)[:1].upper()}{str(refused)[1:]}.") from refused
