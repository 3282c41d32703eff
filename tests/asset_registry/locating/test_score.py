import numpy as np

from asset_registry.locating.replay import Fixes
from asset_registry.locating.score import reliability, scores

SECONDS = 200


def fixes(room, true_room, true_x, confidence=0.9):
    """One tag, a fix a second."""
    count = len(room)
    true_at = np.column_stack([true_x, np.zeros(count)])
    return Fixes(
        t=np.arange(1.0, count + 1),
        tag=np.zeros(count, dtype=int),
        room=np.array(room),
        committed=np.array(room),
        belief=np.full(count, confidence),
        confidence=np.full(count, confidence),
        moving=np.zeros(count, dtype=bool),
        at=true_at + np.array([3.0, 4.0]),
        true_room=np.array(true_room),
        true_at=true_at,
        clear=np.ones(count, dtype=bool),
    )


def test_unknown_is_not_right():
    told = scores(fixes([-1] * 50 + [1] * 150, [1] * SECONDS, np.zeros(SECONDS)))["stationary"]
    assert (told["room_accuracy"], told["unknown_share"], told["room_accuracy_when_known"]) == (0.75, 0.25, 1.0)
    assert told["mean_error_m"] == 5.0


def test_every_change_of_a_tag_that_stands_is_false():
    told = scores(fixes([1] * 10 + [2] * 90 + [1] * 100, [1] * SECONDS, np.zeros(SECONDS)))["stationary"]
    assert told["false_changes_per_tag_hour"] == 2 * 18
    assert told["false_changes_per_tag_hour_after_settling"] == 18, "the first came within half a minute"


def test_not_knowing_for_a_while_is_no_change():
    told = scores(fixes([1] * 50 + [-1] * 50 + [1] * 100, [1] * SECONDS, np.zeros(SECONDS)))["stationary"]
    assert told["false_changes_per_tag_hour"] == 0


def test_the_delay_of_a_change_is_counted_from_the_true_one():
    shown = [1] * 111 + [2] * 89
    told = scores(fixes(shown, [1] * 100 + [2] * 100, [0.0] * 100 + [9.0] * 100))["moving"]
    assert told["change_delay_p95_s"] == 12
    assert told["false_changes_per_tag_hour"] == 0
    assert (told["changes_shown"], told["changes_not_shown"]) == (1, 0)


def test_confidence_is_compared_with_what_was_right_where_there_are_enough():
    said = np.array([0.95] * 200 + [0.65] * 199)
    found = reliability(said, np.ones(399, dtype=bool))
    assert found == [{"from": 0.9, "fixes": 200, "confidence": 0.95, "right": 1.0}]
