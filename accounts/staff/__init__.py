"""The staff roster: files taken in by steps, changes by hand or from another system."""
