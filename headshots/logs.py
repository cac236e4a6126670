"""Structured logs on standard error: lines of JSON, or coloured ones for a terminal."""

from __future__ import annotations

from typing import Any

import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def logging(*, form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING for the form “json” or “console”; has structlog write to it, too."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    json = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *([structlog.dev.ConsoleRenderer()] if form == "console" else json),
                ],
            }
        },
        "filters": {"no_addresses": {"()": "headshots.request_logs.AddressFilter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "structured",
                "filters": ["no_addresses"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "stripe": {"level": "WARNING"},  # else each call to it is two lines
        },
    }
