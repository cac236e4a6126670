"""Pictures in, pictures out: trains a LoRA a person, draws, judges and finishes headshots.

Knows neither Django nor the product's tables. `photos`, `faces`, `gate` and `finish` need no
torch and may run anywhere; `load`, `train`, `sample` and `check` belong on a worker.
"""
