from pathlib import Path

import pytest

from asset_registry.cold_chain.products import load_products
from collector.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "config" / "cold_products.yaml"


def test_what_is_shipped_is_what_its_sources_say():
    kept = {name: (each.temperature.low, each.temperature.high) for name, each in load_products(SHIPPED).items()}
    assert kept == {
        "vaccines": (2, 8),
        "frozen_vaccines": (-50, -15),
        "ultra_cold_vaccines": (-90, -60),
        "red_cells": (1, 6),
        "frozen_red_cells": (None, -65),
        "platelets": (20, 24),
        "frozen_plasma": (None, -18),
    }
    assert all(each.source for each in load_products(SHIPPED).values())


@pytest.mark.parametrize(
    "text, why",
    [
        ("- a", "must map products"),
        ("a: [2, 8]", "a: has label, source, temperature"),
        ("a: {temperature: [2, 8]}", "a: source"),
        ("a: {temperature: [8, 2], source: s}", "a: temperature"),
        ("a: {temperature: [null, null], source: s}", "a: temperature"),
        ("a: {temperature: cold, source: s}", "a: temperature"),
        ("a: {temperature: [2, 8], source: s, colour: red}", "nothing else"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, text, why):
    path = tmp_path / "products.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=why):
        load_products(path)
