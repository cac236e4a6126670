from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils import translation


def _remember_language(sender: object, *, user: Any, **_: Any) -> None:
    from accounts import languages

    languages.remember(user=user, language=translation.get_language() or "", chosen=False)


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        user_logged_in.connect(_remember_language, dispatch_uid="accounts.remember_language")
