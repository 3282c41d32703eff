import csv

import pytest

from dashboards.spreadsheet import spreadsheet


def test_rows_as_a_file():
    answer = spreadsheet("fleet", [("a", "b"), ("Ä, ö", 1.5)])
    assert answer.headers["content-disposition"] == 'attachment; filename="fleet.csv"'
    assert list(csv.reader(answer.body.decode().splitlines())) == [["a", "b"], ["Ä, ö", "1.5"]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_a_text(text):
    assert spreadsheet("x", [(text,)]).body.decode().lstrip('"').startswith("'")
    assert spreadsheet("x", [(-1,)]).body.decode().startswith("-1")
