"""Confidence in words. The figures behind them are not calibrated: say the word, not the number."""

SURE, LIKELY, PERHAPS = 0.9, 0.7, 0.4


def word_of(confidence: float) -> str:
    """Sure, likely, perhaps or unknown."""
    if confidence >= SURE:
        return "sure"
    if confidence >= LIKELY:
        return "likely"
    return "perhaps" if confidence >= PERHAPS else "unknown"
