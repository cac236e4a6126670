"""Pictures in, pictures out: trains a LoRA a person, draws, judges and finishes headshots.

Knows neither Django nor the product's tables. `photos`, `faces`, `gate` and `finish` need no
torch and may run anywhere; `load`, `train`, `sample` and `check` belong on a worker.
"""

import os

# Read once, when torch starts its threads: idle ones must not spin, or a worker that shares
# its cores with the web process takes many times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
