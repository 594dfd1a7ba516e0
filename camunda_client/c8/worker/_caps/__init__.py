"""For how many jobs a type may ask: bulkheads, rates, keys, circuits and pauses, here and over many hosts."""

from camunda_client.c8.worker._caps._allowance import Allowance, Caps
from camunda_client.c8.worker._caps._far_caps import FarCaps

__all__ = ["Allowance", "Caps", "FarCaps"]
