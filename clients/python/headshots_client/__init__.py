"""A client of the Headshots API."""

from headshots_client.client import Headshots
from headshots_client.errors import (
    ApiError,
    Conflict,
    HeadshotsError,
    Invalid,
    NotAllowed,
    NotFound,
    Throttled,
    Unreachable,
)
from headshots_client.transport import etag_of
from headshots_client.webhooks import Event, NotOurs, verify_webhook

__all__ = [
    "ApiError",
    "Conflict",
    "Event",
    "Headshots",
    "HeadshotsError",
    "Invalid",
    "NotAllowed",
    "NotFound",
    "NotOurs",
    "Throttled",
    "Unreachable",
    "etag_of",
    "verify_webhook",
]
__version__ = "0.1.0"
