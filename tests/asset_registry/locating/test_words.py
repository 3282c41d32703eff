import pytest

from asset_registry.locating.words import word_of


@pytest.mark.parametrize(
    "confidence, word",
    [
        (1.0, "sure"),
        (0.9, "sure"),
        (0.899, "likely"),
        (0.7, "likely"),
        (0.69, "perhaps"),
        (0.4, "perhaps"),
        (0, "unknown"),
    ],
)
def test_confidence_in_words(confidence, word):
    assert word_of(confidence) == word
