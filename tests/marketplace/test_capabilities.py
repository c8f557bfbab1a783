"""What a process finds of the capabilities by their names."""

import subprocess
import sys

# In a process of its own: here, other tests have imported everything.
_MISSED = """
import importlib, pkgutil
import marketplace
from marketplace.capabilities import import_capabilities
from marketplace.process import _EFFECTS

import_capabilities("models")
import_capabilities("jobs")
known = {(key, effect.__name__) for key, effects in _EFFECTS.items() for effect in effects}
for found in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
    if "migrations" not in found.name:
        importlib.import_module(found.name)
every = {(key, effect.__name__) for key, effects in _EFFECTS.items() for effect in effects}
print(*sorted(every - known), len(known) > 50)
"""


def test_a_worker_knows_every_effect_of_every_transition() -> None:
    """A timer that goes off in a worker does what goes with its transition, as it would in the API."""
    done = subprocess.run([sys.executable, "-c", _MISSED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"], done.stdout
