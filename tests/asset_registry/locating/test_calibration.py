import numpy as np

from asset_registry.locating.calibration import MOST, UNSURVEYED, Calibration, calibrate

CHANCE = np.random.default_rng(3)


def answers(count, over=0.0):
    """Beliefs, and answers that are right a little more often than believed."""
    belief = CHANCE.uniform(0.3, 1.0, count)
    return belief, CHANCE.random(count) < np.minimum(1, belief + over)


def test_what_it_says_is_how_often_it_is_right():
    belief, right = answers(100_000, over=0.1)
    found = calibrate(belief, right, positions=2_000)
    again, true = answers(100_000, over=0.1)
    said = found.confidence(again, *[np.zeros(len(again), dtype=bool)] * 2)
    for share in np.unique(said):
        assert abs(true[said == share].mean() - share) < 0.05


def test_a_small_survey_gets_few_steps_and_a_large_one_more():
    belief, right = answers(20_000)
    steps = [len(calibrate(belief, right, positions).right) for positions in (40, 400, 4_000)]
    assert steps[0] < steps[1] < steps[2]
    assert steps[0] <= 2


def test_it_never_falls_and_is_never_quite_sure():
    belief, _ = answers(20_000)
    found = calibrate(belief, np.ones(len(belief), dtype=bool), 500)
    assert max(found.right) == MOST
    belief, right = answers(20_000)
    found = calibrate(belief, right, 500)
    assert list(found.right) == sorted(found.right)


def test_unknown_is_an_answer():
    known = Calibration(above=(0.0, 0.9), right=(0.8, 0.97), unknown=0.2, moving_unknown=0.4)
    belief = np.array([0.1, 0.3, 0.3, 0.95, 0.95])
    moving = np.array([False, False, True, False, True])
    calm = np.zeros(5, dtype=bool)
    assert known.confidence(belief, moving, calm).tolist() == [0.0, 0.8, 0.0, 0.97, 0.94]


def test_without_a_survey_a_room_whose_gateway_is_dead_is_no_more_than_perhaps():
    sure, calm, bereft = np.full(2, 0.99), np.zeros(2, dtype=bool), np.array([False, True])
    assert UNSURVEYED.confidence(sure, calm, bereft).tolist() == [0.92, 0.65]
    assert Calibration().confidence(sure, calm, bereft).tolist() == [0.8, 0.8]


def test_without_answers_it_is_cautious():
    assert calibrate(np.zeros(0), np.zeros(0, dtype=bool), 5) == UNSURVEYED
