"""A place has fewer usable pieces of a category than its par level asks for (docs/usage.md)."""

from pydantic import Field

from service_desk.delayed import Told
from service_desk.ports import Subject
from service_desk.rule_terms import Terms

PROVEN = True


class Config(Terms):
    """Which categories; scope by rooms or buildings."""

    categories: list[str] = Field([], description="Categories of assets that are counted; empty: every par level.")
    title: str = Field("{value}", description="Of the alarm; {value} says what there is and what there should be.")


class Par(Told):
    """The rule. The subject is `place:7/infusion pump`."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, "par_short")
        self._categories = frozenset(config.categories)

    def concerns(self, subject: Subject) -> bool:
        """Whether the par level is of one of the categories."""
        category = subject.device.partition("/")[2]
        return (not self._categories or category in self._categories) and super().concerns(subject)

    def when(self) -> str:
        """Of which categories."""
        return super().when() + (f": {' or '.join(sorted(self._categories))}" if self._categories else "")

    def usual(self) -> str:
        """The par level."""
        return "at its par level"


def build(config: Config) -> Par:
    """The rule of a configuration."""
    return Par(config)
