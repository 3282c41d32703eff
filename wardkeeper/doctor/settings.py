"""The settings: `wardkeeper check` finds what is wrong with the file; here is what is right and still a mistake."""

from collections.abc import Iterator

from wardkeeper.checkup import Case, Finding, Trouble, on_this_machine, well

NO_LINKS = Trouble(
    "settings.no-links",
    "The settings name no link: nothing will ever be heard.",
    "Name a broker, ports or adapters under `links`; the README has an example.",
)
NO_TLS = Trouble(
    "settings.no-tls",
    "The screens are open to the network without TLS: passwords and cookies can be read on the way.",
    "Let a reverse proxy with TLS on this machine stand in front, `web.host: 127.0.0.1` and `web.https: true`; "
    "docs/tls.md has an example.",
)


def look(case: Case) -> Iterator[Finding]:
    """Links, and who can reach the screens."""
    settings = case.settings
    if settings.links:
        links = ", ".join(f"{name} ({given['kind']})" for name, given in settings.links.items())
        yield well(str(case.path), f"Site {settings.site}; links: {links}; store: {settings.store['kind']}")
    else:
        yield NO_LINKS.at(str(case.path), "There is no link")
    if settings.web.https or on_this_machine(settings.web.host):
        yield well("web", f"The screens listen on {settings.web.host}")
    else:
        yield NO_TLS.at("web", f"The screens listen on {settings.web.host} without TLS")
