"""The cases of a check, each with its value, and the time that they may take."""
import dataclasses
import enum
import time
from typing import Callable


class Value(enum.IntEnum):
    """The order of the cases: what a report needs first runs first."""
    DEVICE = 0       # the device opens and computes
    LAYERS = 1       # each layer is right
    MODELS = 2       # each model's step is right
    MEMORY = 3       # small programs access no memory that is not theirs
    TIMES = 4        # step times as lenet_train runs by default
    SWITCHES = 5     # and with what is off by default: which of it pays
    PEER = 6         # the fastest of them next to PyTorch
    ACCURACY = 7     # one training of each recipe
    TESTS = 8        # all other tests
    REPEATS = 9      # the same bits however a training is run
    HAZARDS = 10     # races and uninitialised memory
    OTHER_PEERS = 11
    REST = 12


@dataclasses.dataclass
class Case:
    part: str
    name: str  # unique in its part
    value: Value
    run: Callable[[], dict]  # the result as it goes into the report; "problem" in it says what went wrong


class OutOfTime(Exception):
    """A case was ended because of --time-limit."""


class Budget:
    """The time that is left, and the share of it that a case may take: one that hangs must not use up all of it."""
    SMALLEST_SHARE = 60  # seconds
    LEAST = 1  # seconds that a case needs at all

    def __init__(self, minutes=None):
        self.end = time.monotonic() + 60 * minutes if minutes else None
        self.case_end = None

    def left(self):
        """Seconds, or None without a limit."""
        return None if self.end is None else self.end - time.monotonic()

    def is_used_up(self):
        return self.end is not None and self.left() < self.LEAST

    def begin_case(self):
        if self.end is not None:
            left = self.left()
            self.case_end = time.monotonic() + min(left, max(self.SMALLEST_SHARE, left / 3))

    def end_case(self):
        self.case_end = None

    def seconds_for(self, wanted):
        """Seconds that a program may run which would get `wanted` without a limit: of this case's time, or before the
        first case of all."""
        if self.end is None:
            return wanted
        left = self.left() / 3 if self.case_end is None else self.case_end - time.monotonic()
        return min(wanted, max(0.1, left))
