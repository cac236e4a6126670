"""A real OpenID Connect provider on loopback: allauth's, in a process of its own.

    python -m tests.accounts.sso.idp PORT FOLDER

POST /control takes {"redirect_uri": …, "users": {address: verified}} and gives a client; GET
/control/enter?email= signs a browser in there, in place of that provider's own login page.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from wsgiref.simple_server import make_server

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings


def configure(folder: str) -> None:
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    settings.configure(
        SECRET_KEY="idp" * 20,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.accounts.sso.idp",
        USE_TZ=True,
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/idp.sqlite"}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        IDP_OIDC_PRIVATE_KEY=key.decode(),
    )
    import django

    django.setup()


def control(request: Any) -> Any:
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User
    from django.http import JsonResponse

    said = json.loads(request.body)
    for email, verified in said["users"].items():
        user, _ = User.objects.get_or_create(username=email, email=email)
        EmailAddress.objects.update_or_create(
            user=user, email=email, defaults={"verified": verified, "primary": True}
        )
    client = Client(name="Headshots", skip_consent=True, scopes="openid\nprofile\nemail")
    client.redirect_uris = said["redirect_uri"]
    client.set_secret("a secret of the client")
    client.save()
    return JsonResponse({"client_id": client.pk, "secret": "a secret of the client"})


def enter(request: Any) -> Any:
    from django.contrib.auth import login
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    login(request, User.objects.get(email=request.GET["email"]))
    return HttpResponse("in")


def main(port: int, folder: str) -> None:
    configure(folder)
    from allauth.idp import urls
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path
    from django.views.decorators.csrf import csrf_exempt

    global urlpatterns
    urlpatterns = [
        path("control", csrf_exempt(control)),
        path("control/enter", enter),
        path("accounts/", include("allauth.account.urls")),
        path("", include(urls)),
    ]
    call_command("migrate", verbosity=0)
    server = make_server("127.0.0.1", port, get_wsgi_application())
    print("ready", flush=True)
    server.serve_forever()


urlpatterns: list[Any] = []
if __name__ == "__main__":
    # The module is known by one name only, also to Django.
    from tests.accounts.sso import idp

    idp.main(int(sys.argv[1]), sys.argv[2])
