"""What can be connected: found by maker, model and what it measures, with its proof and what to write for it."""

import pytest

from dashboards.connectable import Connectable

SETTINGS = "links:\n  bed-12:\n    kind: serial\n"
KNOWN = (
    Connectable("Nonin", "OEM III", ("spo2", "pulse_rate"), "serial.nonin_df2", "OEM III manual", True, "", SETTINGS),
    Connectable("Govee", "H5075", ("temperature",), "ble.govee", "a document", False, "Not for vaccine or blood.", "x"),
)


@pytest.fixture
def ask(hospital, signed_in):
    hospital.context.connectable = lambda: KNOWN

    def page(query=""):
        return signed_in("biomed").get(f"/connect{query}").text

    return page


def test_all_of_them_with_what_to_write_and_what_they_are_not_for(ask):
    page = ask()
    assert "Two devices of two makers can be connected" in page
    assert SETTINGS in page
    assert "SpO₂, Pulse rate" in page
    assert "Not for vaccine or blood." in page
    assert page.count("unproven</span>") == 1


@pytest.mark.parametrize("query", ["?q=nonin", "?q=pulse+oem", "?q=spo2", "?way=serial", "?q=serial+port"])
def test_found_by_every_word_of_what_is_known_of_it(ask, query):
    page = ask(query)
    assert "OEM III" in page
    assert "H5075" not in page


def test_a_search_keeps_the_way_that_was_chosen_and_no_other(ask):
    assert 'name="way"' not in ask()
    assert '<input type="hidden" name="way" value="serial">' in ask("?way=serial")


def test_nothing_found_says_what_else_there_is(ask):
    page = ask("?q=toaster")
    assert "Nothing called “toaster” is understood" in page
    assert "plain JSON" in page


def test_more_than_a_page_goes_on(hospital, ask):
    many = [Connectable("Maker", f"Model {n:03}", ("co2",), "ble.x", "d", True, "", "s") for n in range(101)]
    page = ask()
    hospital.context.connectable = lambda: many
    page = ask("?q=maker")
    assert "Model 099" in page
    assert "Model 100" not in page
    assert "Model 100" in ask("?q=maker&skip=100")
