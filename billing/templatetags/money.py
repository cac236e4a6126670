"""Sums of money in the reader's language."""

from __future__ import annotations

from django import template

from headshots.lib.money import money

register = template.Library()
register.filter(money)
