"""API tokens: keys for programs. Each narrows what its person may do, and is shown once."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from asset_registry.people import Person, Token
from asset_registry.roles import ROLES
from dashboards.access import SIGNED_IN, NotAdmitted, Visitor
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Listed
from dashboards.problems import NotThere, Wrong

router = APIRouter(prefix="/tokens", tags=["tokens"], dependencies=[SIGNED_IN])


class TokenIn(BaseModel):
    """`roles` narrow your own, none given means all you have; `days` is how long it admits, for ever when left away."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    roles: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=len(ROLES))
    days: int | None = Field(None, ge=1, le=3650)


class TokenOut(BaseModel):
    """A token, without its secret."""

    id: int
    name: str
    person: str
    roles: list[str]
    created: At
    expires: At | None
    revoked: bool


class NewToken(BaseModel):
    """The secret: `Authorization: Bearer …`. It is shown this once."""

    secret: str


@router.get("")
def tokens(here: Here, visitor: Visitor) -> Listed[TokenOut]:
    """Your tokens; an administrator's list has everybody's."""
    query = select(Token, Person).join(Person, Person.id == Token.person_id).where(~Token.once).order_by(Token.id)
    if not visitor.may("admin"):
        query = query.where(Token.person_id == visitor.person_id)
    with here.database.read() as session:
        rows = list(session.execute(query))
    return Listed(
        items=[
            TokenOut(
                id=token.id,
                name=token.name,
                person=person.login,
                roles=token.roles or person.roles,
                created=token.created,
                expires=token.expires,
                revoked=token.revoked,
            )
            for token, person in rows
        ]
    )


@router.post("", status_code=201)
def create(here: Here, visitor: Visitor, wanted: TokenIn) -> NewToken:
    """Make a token for yourself. A token cannot make one that may do more than it may itself."""
    unknown = sorted(set(wanted.roles) - set(ROLES))
    if unknown:
        raise Wrong("roles", f"There is no role {unknown[0]!r}; there are {', '.join(ROLES)}.")
    for role in wanted.roles:
        if not visitor.may(role):
            raise NotAdmitted([role])
    lifetime = timedelta(days=wanted.days) if wanted.days else None
    roles = wanted.roles or sorted(visitor.roles)
    return NewToken(secret=here.sign_in.api_token(visitor.person_id, wanted.name, roles, visitor.login, lifetime))


@router.post("/{token_id}/revoke", status_code=204)
def revoke(here: Here, visitor: Visitor, token_id: Id) -> None:
    """From now on it admits nobody. Yours, or as an administrator anybody's."""
    with here.database.read() as session:
        token = session.get(Token, token_id)
    if token is None or token.once or not (token.person_id == visitor.person_id or visitor.may("admin")):
        raise NotThere(f"token {token_id} of yours")
    here.sign_in.revoke(token_id, visitor.login)
