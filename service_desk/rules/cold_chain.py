"""A cold store is out of its product's range, has not been heard, or has a probe in doubt (docs/cold-chain.md).

Document: CDC, Vaccine Storage and Handling Toolkit, and the sources that `config/cold_products.yaml` names. Its tickets
are never closed by themselves.
"""

from typing import Literal

from pydantic import Field

from service_desk.delayed import Told
from service_desk.rule_terms import Terms

PROVEN = True

METRICS = {"out": "cold_out", "unknown": "cold_unknown", "uncertain": "cold_uncertain"}


class Config(Terms):
    """Which state of a store is an alarm; scope by category, department or room."""

    state: Literal["out", "unknown", "uncertain"] = Field(
        "out", description="`out` of range, `unknown` for over 30 min, or `uncertain`: its probe is in doubt."
    )
    title: str = Field("{value}", description="Of the alarm; {value} is the sentence of the store's status.")


class ColdChain(Told):
    """The rule."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, METRICS[config.state])

    def usual(self) -> str:
        """Its product's range."""
        return "in its product's range"


def build(config: Config) -> ColdChain:
    """The rule of a configuration."""
    return ColdChain(config)
