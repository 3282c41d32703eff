import pytest

from dashboards.selection import asked, chosen_of


def test_filters_and_words_narrow_the_list(signed_in, hospital):
    browser = signed_in("biomed")
    assert "Four assets in the register" in browser.get("/assets").text
    page = browser.get("/assets?q=pump+11&category=infusion+pump").text
    assert "Three assets like that" in page
    assert "Fridge F-07" not in page.partition("<table")[2]
    assert "No asset is like that" in browser.get("/assets?q=nothing").text


def test_who_may_not_edit_is_not_asked_to(signed_in):
    page = signed_in("clinician").get("/assets").text
    assert "Labels" in page
    assert "/edit" not in page


@pytest.mark.parametrize("wanted, numbers", [({"id": [2, 2, 99]}, 1), ({"category": "vaccine fridge"}, 1), ({}, 4)])
def test_a_selection_is_by_id_or_all_that_is_admitted(hospital, wanted, numbers):
    given = {"id": None, "q": "", "category": "", "department": "", "condition": "", "holding": ""} | wanted
    assert len(chosen_of(hospital.context, asked(**given))) == numbers


def test_the_list_is_good_to_look_at(page, server, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/assets")
    page.get_by_label("Choose Pump 117").check()
    page.get_by_label("Choose Pump 118").check()
    page.get_by_role("button", name="Labels").click()
    assert "2 labels to print" in page.locator("h1").inner_text()
