"""The language of a request, and no longer than that."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts import languages
from accounts.models import User
from headshots.api_problems import is_api


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, which forgets the language once the answer is made: an employee's page speaks
    theirs, and what the thread does next is somebody else's.

    The API speaks English whoever asks, so that an answer and its ETag depend on nothing but what
    they are about.
    """

    def process_request(self, request: HttpRequest) -> None:
        if is_api(request):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
        else:
            super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if is_api(request):
            response.headers.setdefault("Content-Language", settings.LANGUAGE_CODE)
            answer = response
        else:
            answer = super().process_response(request, response)
        translation.deactivate()
        return answer


@require_POST
def choose(request: HttpRequest) -> HttpResponseBase:
    """The pages go on in another language, and so does the mail of whoever is signed in."""
    if isinstance(request.user, User):
        languages.remember(
            user=request.user, language=request.POST.get("language", ""), chosen=True
        )
    return set_language(request)
