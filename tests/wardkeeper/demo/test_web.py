"""The scenes' routes and what they put on the product's pages, over a real application whose clock the test moves."""

from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

import wardkeeper.tables
from asset_registry.db import Database
from asset_registry.people import ROLES, Person
from asset_registry.sign_in import Passwords, SignIn
from asset_registry.snapshot import SnapshotSource
from collector.clock import ManualClock
from collector.counters import Counters
from collector.latest import Latest
from collector.stores.memory import Config as MemoryConfig
from collector.stores.memory import open_store
from dashboards.access import declared
from dashboards.app import create_app
from dashboards.context import Context
from wardkeeper.demo import web
from wardkeeper.demo.scene import PEOPLE, scenes
from wardkeeper.demo.seed import seed
from wardkeeper.demo.stage import Stage

ANYONE = frozenset(ROLES) - {"gateway"}
EXPECTED = {
    "POST /demo/scenes/{name}": ANYONE,
    "POST /demo/scene/step": ANYONE,
    "POST /demo/scene/end": ANYONE,
    "GET /demo/scene": ANYONE,
    "GET /demo/static/{name}": ANYONE,
}
ROOM, PAGE = "4.12", "door_propped_open"


class Site:
    """A demo's screens without its hospital: `commands` is what the simulator is told."""

    def __init__(self, folder, world):
        self.clock, self.commands = ManualClock(), []
        self.database = Database(f"sqlite:///{folder}/demo.db")
        wardkeeper.tables.Base.metadata.create_all(self.database.engine)
        seed(self.database, world, self.clock.now())
        self.sign_in = SignIn(self.database, self.clock, Passwords(time_cost=1, memory_kib=8, lanes=1))
        snapshots = SnapshotSource(self.database, "linden-general", self.clock)
        snapshots.refresh()
        self.stage = Stage(self.clock, lambda **what: self.commands.append(what))
        self.context = Context(
            database=self.database,
            snapshots=snapshots,
            latest=Latest(),
            store=open_store(MemoryConfig(), folder),
            counters=Counters(self.clock),
            clock=self.clock,
            sign_in=self.sign_in,
            zone=ZoneInfo("Europe/Berlin"),
            extras=web.EXTRAS,
        )
        self.app = create_app(self.context)
        web.add_to(self.app, self.stage)

    def visitor(self, login="okafor"):
        """A browser of this person; `client.csrf` is its session's token."""
        client = TestClient(self.app, follow_redirects=False)
        with self.database.read() as session:
            person = session.scalars(select(Person.id).where(Person.login == login)).one()
        client.get(f"/enter/{self.sign_in.one_time_link(person, 'test')}")
        client.csrf = client.get("/tickets/new").text.partition('<meta name="csrf" content="')[2].partition('"')[0]
        return client

    def room(self, number=ROOM):
        return f"/rooms/{self.context.snapshots.current.room(number).id}"


@pytest.fixture(scope="module")
def site(tmp_path_factory, world):
    site = Site(tmp_path_factory.mktemp("demo"), world)
    yield site
    site.database.close()


@pytest.fixture
def guest(site):
    yield site.visitor()
    site.stage.end()
    site.stage.played.clear()


def post(client, path, **fields):
    return client.post(path, data={"csrf": client.csrf, **fields})


def test_the_scenes_routes_admit_whoever_is_signed_in_and_no_other_route_is_added(site):
    said = {f"{method} {path}": admitted for (method, path), admitted in declared(site.app).items()}
    product = {f"{method} {path}" for method, path in declared(create_app(site.context))}
    assert {route: admitted for route, admitted in said.items() if route not in product} == EXPECTED


def test_nobody_plays_without_being_signed_in(site):
    client = TestClient(site.app, follow_redirects=False)
    for route in EXPECTED:
        method, _, path = route.partition(" ")
        answer = client.request(method, path.format(name=PAGE), headers={"Accept": "application/json"})
        assert answer.status_code == 401, route
    assert site.stage.playing is None


@pytest.mark.parametrize("path", [f"/demo/scenes/{PAGE}", "/demo/scene/step", "/demo/scene/end"])
def test_another_page_cannot_play(site, guest, path):
    assert guest.post(path, data={"csrf": "wrong", "step": "1"}).status_code == 403
    assert post(guest, path, step="1").status_code == 303
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert guest.post(path, data={"csrf": guest.csrf, "step": "1"}, headers=headers).status_code == 403


def test_the_first_page_tells_every_persons_scenes_with_one_click_each(guest):
    page = guest.get("/").text
    for person in PEOPLE.values():
        assert f">{person}</h3>" in page
    for name, scene in scenes().items():
        assert f'action="/demo/scenes/{name}"' in page
        assert scene.line in page.replace("&#39;", "'")
    assert page.count("btn go") == len(PEOPLE), "one filled button for each person"
    assert 'id="scene"' not in page


def test_show_me_begins_the_scene_and_opens_its_first_page(site, guest):
    answer = post(guest, f"/demo/scenes/{PAGE}")
    assert (answer.status_code, answer.headers["location"]) == (303, site.room())
    assert site.commands[-1]["play"] == PAGE
    page = guest.get(site.room()).text
    assert "step 1 of 3" in page
    assert "In about <b" in page
    assert "Show the page" not in page
    assert ">Next<" not in page


def test_elsewhere_the_strip_leads_back_to_the_scenes_page(site, guest):
    post(guest, f"/demo/scenes/{PAGE}")
    page = guest.get("/devices").text
    assert f'href="{site.room()}">Show the page</a>' in page


def test_what_does_not_come_in_time_is_waited_for_any_moment(site, guest):
    post(guest, f"/demo/scenes/{PAGE}")
    site.clock.advance(120)
    assert "Any moment now" in guest.get("/demo/scene").text


def test_whoever_comes_to_the_next_page_by_themselves_is_at_the_next_step(site, guest):
    post(guest, "/demo/scenes/nearest_pump")
    post(guest, "/demo/scene/step", step="2")
    assert site.stage.playing.step == 2
    guest.get("/devices")
    guest.get("/demo/scene?at=/find?q=pump%26near=4.12")
    assert site.stage.playing.step == 2, "a look is no visit"
    guest.get("/find?q=pump&near=4.12")
    assert site.stage.playing.step == 3


def test_finish_puts_the_world_back_and_says_so_on_the_first_page(site, guest):
    post(guest, f"/demo/scenes/{PAGE}")
    post(guest, "/demo/scene/step", step="2")
    assert "Finish" in guest.get("/alarms").text
    assert post(guest, "/demo/scene/end").headers["location"] == "/"
    assert "end" in site.commands[-1]
    page = guest.get("/").text
    assert "Played to its end" in page
    assert 'id="scene"' not in page
    assert guest.get("/demo/scene").text == ""


def test_a_scene_that_is_not_there_is_no_scene(site, guest):
    assert post(guest, "/demo/scenes/flood").status_code == 404
    assert site.stage.playing is None


def test_nothing_to_go_to_or_to_end_leads_home(guest):
    assert post(guest, "/demo/scene/step", step="1").headers["location"] == "/"
    assert post(guest, "/demo/scene/end").headers["location"] == "/"


def test_those_who_only_ask_for_help_see_no_strip(site, guest):
    post(guest, f"/demo/scenes/{PAGE}")
    assert 'id="scene"' not in site.visitor("marsh").get("/tickets/new").text


def test_only_the_scenes_own_files_are_served(guest):
    assert "#scenes" in guest.get("/demo/static/scenes.css").text
    assert guest.get("/demo/static/web.py").status_code == 404


def test_without_the_demo_the_pages_have_none_of_it(site, guest):
    bare = Context(**{**vars(site.context), "extras": {}})
    client = TestClient(create_app(bare), cookies=guest.cookies)
    assert "demo" not in client.get("/").text.lower().replace("linden", "")
