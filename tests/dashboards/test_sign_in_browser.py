"""Signing in, as a person with a browser does it: on a phone and on a desk, in light and in dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PASSWORD = "correct horse battery"
SCREENS = [
    pytest.param({"viewport": {"width": width, "height": 740}, "color_scheme": scheme}, id=f"{width}-{scheme}")
    for width in (360, 1280)
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize("screen", SCREENS)
def test_the_form_can_be_used_by_everybody(server, new_context, screen):
    page = new_context(**screen).new_page()
    page.goto(f"{server.url}/alarms")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Falarms$"))
    page.get_by_label("Login").fill("biomed")
    page.get_by_label("Password").fill("a guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Wrong login or password.")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/alarms")


def test_it_works_without_script(server, new_context):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("Login").fill("biomed")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{server.url}/")


def test_the_printed_link_signs_in_and_the_page_breaks_no_rule_of_its_own(server, page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    server.enter(page, "biomed")
    expect(page).to_have_url(f"{server.url}/")
    expect(page.locator("#lamp")).to_contain_text("Live")
    assert not complaints


def test_somebody_whom_the_live_feed_does_not_admit_is_not_told_of_a_lost_connection(server, page):
    refused = []
    page.on("websocket", lambda socket: refused.append(socket.url))
    server.enter(page, "requester")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#lost")).to_be_hidden()
    assert not refused


def test_signing_out_by_the_button(server, page):
    server.enter(page, "biomed")
    page.get_by_label(re.compile("account")).first.click()
    page.get_by_role("button", name="Sign out").first.click()
    expect(page).to_have_url(f"{server.url}/sign-in")
    page.goto(f"{server.url}/alarms")
    expect(page).to_have_url(re.compile("/sign-in"))
