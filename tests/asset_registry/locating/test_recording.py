import pyarrow as pa
import pytest

from asset_registry.locating.recording import recording_of
from collector.errors import ConfigError

ROWS = {"t_s": [2.0, 0.0, 1.0], "gateway": [10, 2, 2], "rssi_dbm": [-70, -60, -61], "x_m": [1, 1, 1], "y_m": [2, 2, 2]}


def test_rows_are_put_in_order_and_names_sorted_as_people_do():
    found = recording_of(pa.table(ROWS), "survey.csv")
    assert found.t.tolist() == [0.0, 1.0, 2.0]
    assert found.gateways == ["2", "10"]
    assert [found.gateways[n] for n in found.gateway] == ["2", "2", "10"]
    assert (found.tags, found.rooms, found.floors) == (["tag"], [], [""])


def test_without_a_column_tag_places_that_overlap_in_time_are_tags_of_their_own():
    at_once = pa.table({**ROWS, "t_s": [0.0, 10.0, 5.0], "x_m": [1, 1, 9]})
    at_once = pa.concat_tables([at_once, pa.table({**ROWS, "t_s": [0.0, 10.0, 5.0], "x_m": [9, 9, 9]})])
    assert recording_of(at_once, "survey.csv").tags == ["1/2", "9/2"]


@pytest.mark.parametrize(
    "changed, why",
    [
        ({"t_s": None}, "survey.csv: no column t_s"),
        ({"rssi_dbm": [-70, None, -61]}, "rssi_dbm is missing in row 2"),
        ({"x_m": ["a", "b", "c"]}, "x_m is not a number"),
        ({"room": ["4.12", None, "4.12"]}, "room is missing in 1 rows"),
    ],
)
def test_what_is_wrong_is_named(changed, why):
    columns = {name: values for name, values in {**ROWS, **changed}.items() if values is not None}
    with pytest.raises(ConfigError, match=why):
        recording_of(pa.table(columns), "survey.csv")


def test_no_rows_are_no_survey():
    with pytest.raises(ConfigError, match="no rows"):
        recording_of(pa.table({name: pa.array([], pa.float64()) for name in ROWS}), "survey.csv")
