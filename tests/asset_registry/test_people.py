import pytest

from asset_registry.audit import history
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Person, Principal, create_person, has_admin, principal_of, set_active, set_roles


def test_roles_are_what_a_principal_may():
    biomed = Principal(1, "okafor", "M. Okafor", frozenset({"biomed"}))
    assert biomed.may("facilities", "biomed")
    assert not biomed.may("facilities")
    assert Principal(2, "root", "Root", frozenset({"admin"})).may("facilities")


def test_a_token_narrows_and_never_widens():
    person = Person(id=1, login="okafor", name="M. Okafor", roles=["biomed", "auditor"])
    assert principal_of(person, ["auditor", "admin"]).roles == {"auditor"}
    assert principal_of(person, ["admin"]).roles == frozenset()
    admin = Person(id=2, login="root", name="Root", roles=["admin"])
    assert principal_of(admin, ["auditor"]).roles == {"auditor"}


def test_a_login_is_one_whatever_its_case(database, clock):
    with database.write() as session:
        person = create_person(session, " Lind ", "S. Lind", ["clinician"], "root", clock.now())
        assert person.login == "lind"
        with pytest.raises(Conflict, match="taken"):
            create_person(session, "LIND", "Another", [], "root", clock.now())
        with pytest.raises(Invalid, match="unknown role janitor; roles are admin"):
            create_person(session, "haas", "R. Haas", ["janitor"], "root", clock.now())
        with pytest.raises(Invalid, match="needs a login"):
            create_person(session, " ", "Nobody", [], "root", clock.now())


def test_the_last_administrator_stays(hospital):
    with hospital.database.write() as session:
        assert has_admin(session)
        root = hospital.admin.person_id
        with pytest.raises(Conflict, match="last administrator"):
            set_roles(session, root, ["biomed"], "root", hospital.now())
        with pytest.raises(Conflict, match="last administrator"):
            set_active(session, root, "root", hospital.now(), active=False)
        set_roles(session, hospital.biomed.person_id, ["admin", "biomed"], "root", hospital.now())
        set_roles(session, root, ["biomed"], "root", hospital.now())
        assert history(session, "person", root, limit=1)[0].after == {"roles": ["biomed"]}
        with pytest.raises(Missing):
            set_roles(session, 999, [], "root", hospital.now())
