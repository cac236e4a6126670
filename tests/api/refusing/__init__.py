"""Every refusal that the description shows by example, provoked."""

from tests.api.refusing import (  # noqa: F401  each adds its recipes
    away,
    every_operation,
    headshots,
    money,
    people,
    settings,
    shoots,
    web_server,
)
from tests.api.refusing.kit import RECIPES

__all__ = ["RECIPES"]
