"""`user …` and `token …`: who may sign in, and with what."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from asset_registry.roles import ROLES
from collector.clock import SystemClock
from collector.errors import ConfigError
from wardkeeper.commands.opened import ConfigFile, database_of, operator

user = typer.Typer(help="People who can sign in.", no_args_is_help=True)
token = typer.Typer(help="Tokens for programs that use the API.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The name they sign in with.")]
Roles = Annotated[list[str], typer.Option("--role", help=f"May be given more than once: {', '.join(ROLES)}.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(user, name="user")
    app.add_typer(token, name="token")


def _id_of(config: Path, login: str) -> int:
    from sqlalchemy import select

    from asset_registry.people import Person, login_of

    with database_of(config) as database, database.read() as session:
        found = session.scalar(select(Person.id).where(Person.login == login_of(login)))
    if found is None:
        raise ConfigError(f"There is nobody with the login {login!r}; `wardkeeper user list` shows everybody.")
    return found


@user.command(epilog="Example: wardkeeper user add okafor --name 'M. Okafor' --role biomed --config wardkeeper.yaml")
def add(
    login: Login,
    role: Roles,
    config: ConfigFile,
    name: Annotated[str, typer.Option(help="As it stands on the screens.")] = "",
    email: Annotated[str, typer.Option(help="Where messages go.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the password; asked for when not given.")
    ] = None,
) -> None:
    """Add a person."""
    from asset_registry.people import create_person
    from asset_registry.sign_in import Passwords

    if password_file is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = password_file.read_text(encoding="utf-8").splitlines()[0]
    kept = Passwords().hash(password)
    with database_of(config) as database, database.write() as session:
        create_person(session, login, name or login, role, operator(), SystemClock().now(), email=email, password=kept)
    print(f"{login} can sign in now.")


@user.command("list", epilog="Example: wardkeeper user list --config wardkeeper.yaml")
def everybody(config: ConfigFile) -> None:
    """List everybody: login, name, roles, whether they are let in."""
    from sqlalchemy import select

    from asset_registry.people import Person

    with database_of(config) as database, database.read() as session:
        for person in session.scalars(select(Person).order_by(Person.login)):
            print(
                f"{person.login}\t{person.name}\t{','.join(person.roles)}\t{'active' if person.active else 'shut out'}"
            )


@user.command(epilog="Example: wardkeeper user roles okafor --role biomed --role auditor --config wardkeeper.yaml")
def roles(login: Login, role: Roles, config: ConfigFile) -> None:
    """Give a person exactly these roles."""
    from asset_registry.people import set_roles

    person = _id_of(config, login)
    with database_of(config) as database, database.write() as session:
        set_roles(session, person, role, operator(), SystemClock().now())
    print(f"{login} is now: {', '.join(role)}.")


@user.command(epilog="Example: wardkeeper user disable okafor --config wardkeeper.yaml")
def disable(login: Login, config: ConfigFile) -> None:
    """Shut a person out at once: their sessions end and their tokens admit nobody."""
    from asset_registry.people import set_active

    person = _id_of(config, login)
    with database_of(config) as database, database.write() as session:
        set_active(session, person, operator(), SystemClock().now(), active=False)
    print(f"{login} is shut out.")


@user.command(epilog="Example: wardkeeper user link okafor --config wardkeeper.yaml")
def link(login: Login, config: ConfigFile) -> None:
    """Print a link that signs a person in once, within ten minutes: for a forgotten password."""
    from asset_registry.sign_in import SignIn
    from wardkeeper.commands.opened import load
    from wardkeeper.web import address

    person = _id_of(config, login)
    with database_of(config) as database:
        secret = SignIn(database, SystemClock()).one_time_link(person, operator())
    print(f"{address(load(config).web)}/enter/{secret}")


@token.command(
    epilog="Example: wardkeeper token create okafor grafana --role auditor --days 365 --config wardkeeper.yaml"
)
def create(
    login: Login,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    config: ConfigFile,
    role: Roles = [],  # noqa: B006 - typer copies it
    days: Annotated[int | None, typer.Option(help="How long it lasts; for ever when not given.", min=1)] = None,
) -> None:
    """Make an API token of a person, with their roles or only some of them. It is shown once."""
    from asset_registry.sign_in import SignIn

    person = _id_of(config, login)
    lifetime = timedelta(days=days) if days is not None else None
    with database_of(config) as database:
        print(SignIn(database, SystemClock()).api_token(person, name, role, operator(), lifetime))


@token.command("list", epilog="Example: wardkeeper token list --config wardkeeper.yaml")
def tokens(config: ConfigFile) -> None:
    """List tokens: number, person, name, when they end. Never the token itself."""
    from sqlalchemy import select

    from asset_registry.people import Person, Token

    with database_of(config) as database, database.read() as session:
        for row, login in session.execute(
            select(Token, Person.login).join(Person, Person.id == Token.person_id).where(~Token.once).order_by(Token.id)
        ):
            state = "revoked" if row.revoked else f"until {row.expires:%Y-%m-%d}" if row.expires else "no end"
            print(f"{row.id}\t{login}\t{row.name}\t{state}")


@token.command(epilog="Example: wardkeeper token revoke 3 --config wardkeeper.yaml")
def revoke(number: Annotated[int, typer.Argument(help="As in `wardkeeper token list`.")], config: ConfigFile) -> None:
    """From now on the token admits nobody."""
    from asset_registry.sign_in import SignIn

    with database_of(config) as database:
        SignIn(database, SystemClock()).revoke(number, operator())
    print(f"Token {number} is revoked.")
