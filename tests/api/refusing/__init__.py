"""Every refusal that the description shows by example, provoked."""

from tests.api.refusing import (  # each adds its recipes
    every_operation,
    headshots,
    money,
    people,
    settings,
    shoots,
)
from tests.api.refusing.kit import RECIPES

__all__ = ["RECIPES", "every_operation", "headshots", "money", "people", "settings", "shoots"]
