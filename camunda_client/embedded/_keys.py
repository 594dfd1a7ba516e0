"""Keys as a Camunda cluster of one partition gives them: the partition in the upper bits, then a count."""

from __future__ import annotations

#: Bits below the partition's number.
PARTITION_BITS = 51
PARTITION = 1
#: The count begins one above the lowest key, which tests use as "a key of the partition that nothing bears".
FIRST = (PARTITION << PARTITION_BITS) + 2


class Keys:
    """A rising count."""

    __slots__ = ("upcoming",)

    def __init__(self) -> None:
        #: The key that is given out next.
        self.upcoming = FIRST

    def next(self) -> int:
        """Return a key nothing else bears."""
        key = self.upcoming
        self.upcoming += 1
        return key


def partition_of(key: int) -> int:
    """Return the number of the partition a key belongs to."""
    return key >> PARTITION_BITS
