"""Every setting, read once from the environment. docs/settings.md lists them for operators."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, SELF

from headshots import logs
from headshots.lib.env import Environment, SettingError, postgres_from_url

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# Where things that are made while running live: the embedded database, private files, mail, logs.
VAR_DIR = Path(env.text("HEADSHOTS_VAR_DIR") or BASE_DIR / "var").resolve()
DEBUG = env.flag("HEADSHOTS_DEBUG", False)
DEMO = env.flag("HEADSHOTS_DEMO", False)
SECRET_KEY = env.required(
    "SECRET_KEY",
    "It signs sessions and links. Make one with: "
    'python3 -c "import secrets; print(secrets.token_urlsafe(50))"',
)
if len(SECRET_KEY) < 32:
    raise SettingError("SECRET_KEY is shorter than 32 characters. Make a longer one.")
# Keys from before a change: links and sealed secrets made with them are still read.
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
SITE_URL = (env.text("HEADSHOTS_SITE_URL") or "http://127.0.0.1:8000").rstrip("/")
if not SITE_URL.startswith(("http://", "https://")):
    raise SettingError(f"HEADSHOTS_SITE_URL is “{SITE_URL}”. Begin it with https:// (or http://).")
SECURE = SITE_URL.startswith("https://")
BIND = env.text("HEADSHOTS_BIND") or f"127.0.0.1:{urlsplit(SITE_URL).port or 8000}"
ALLOWED_HOSTS = [
    urlsplit(SITE_URL).hostname or "",
    "127.0.0.1",
    "localhost",
    *env.names("HEADSHOTS_ALLOWED_HOSTS"),
]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.usersessions",
    "django_htmx",
    "django_q",
    "django_structlog",
    "djstripe",
    "rest_framework",
    "drf_spectacular",
    "headshots",
    "accounts",
    "billing",
    "generation",
]
MIDDLEWARE = [
    "headshots.health.HealthMiddleware",
    "headshots.api_problems.ApiProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "headshots.languages.LanguageMiddleware",
    "headshots.clocks.ClockMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "headshots.request_logs.RequestLogMiddleware",
    "headshots.problem_pages.FormAddressMiddleware",
    "headshots.problem_pages.ProblemMiddleware",
    "accounts.sso.door.ProviderMiddleware",
    "accounts.membership.second_factor.SecondFactorMiddleware",
]
ROOT_URLCONF = "headshots.urls"
WSGI_APPLICATION = "headshots.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "headshots.context.site",
            ],
            "builtins": ["django.contrib.humanize.templatetags.humanize"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Without DATABASE_URL a PostgreSQL of our own runs under VAR_DIR, started when first connected to.
_database_url = env.text("DATABASE_URL")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **(
            postgres_from_url(_database_url)
            if _database_url
            else {
                "ENGINE": "headshots.lib.embedded_database",
                "NAME": "headshots",
                "EMBEDDED": {
                    "root": VAR_DIR / "postgres",
                    "fast": env.flag("HEADSHOTS_DATABASE_FAST", False),
                },
            }
        ),
        "CONN_MAX_AGE": env.integer("HEADSHOTS_DATABASE_KEEP_S", 60, least=0, most=3600),
        "CONN_HEALTH_CHECKS": True,
    }
}
CACHES: dict[str, dict[str, Any]] = {
    # In a table, for all web processes: allauth counts failed sign-ins and notes used codes here.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "headshots_shared_cache",
        # Above it any entry may go, a code that was just used among them.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
    # What a cluster's processes tell one another many times a second.
    "cluster": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Private files: photos, adapters, candidates, headshots. Never below STATIC_ROOT.
PRIVATE_ROOT = Path(env.text("HEADSHOTS_PRIVATE_DIR") or VAR_DIR / "private").resolve()
UPLOAD_MAX_BYTES = env.integer("HEADSHOTS_UPLOAD_MAX_MB", 50, least=1, most=500) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_BYTES
DATA_UPLOAD_MAX_NUMBER_FILES = 100
# How long a request may take to come in, beside what it earns by coming (lib/patient_worker.py).
REQUEST_PATIENCE_S = env.integer("HEADSHOTS_REQUEST_PATIENCE_S", 20, least=1, most=300)

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "/home"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
# Whoever's password, address or second factor changes is told by mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
# Organisations' own identity providers: see accounts/sso and docs/sso.md.
ACCOUNT_ADAPTER = "accounts.sso.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.sso.adapters.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = "oidc"
# Whom domains are proved with: host:port of a name server, else the system's.
DNS_SERVER = env.text("HEADSHOTS_DNS_SERVER") or ""
# A code is still taken while the next one is shown, as RFC 6238 recommends.
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "accounts.membership.factor_secrets.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Headshots"
# Browsers allow passkeys without TLS on localhost alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SECURE and env.flag("HEADSHOTS_SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
if env.flag("HEADSHOTS_BEHIND_PROXY", False):
    MIDDLEWARE.insert(0, "headshots.proxy.ClientAddressMiddleware")
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
    }
}

# Mail: an SMTP server, else files in a folder that `make run` tells of.
EMAIL_HOST = env.text("EMAIL_HOST") or ""
EMAIL_PORT = env.integer("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.filebased.EmailBackend"
)
# What a mail provider signs its reports of bounces with; without it none are taken.
BOUNCE_SECRET = env.text("HEADSHOTS_BOUNCE_SECRET") or ""
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM") or "Headshots <no-reply@headshots.invalid>"

# django-q2. The gpu cluster takes one message at a time; what it works on is claimed in our rows.
Q_CLUSTER_NAME = env.one_of("Q_CLUSTER_NAME", "default", ["default", "gpu"])
# Which cluster of the installation this is; the supervisor gives it and looks for its sign of life.
CLUSTER_ID = env.text("Q_CLUSTER_ID") or f"{socket.gethostname()}:{os.getpid()}"
Q_CLUSTER: dict[str, Any] = {
    "name": "default",
    # In the database, so that work asked for in a transaction that fails is never done.
    "orm": "default",
    "workers": env.integer("HEADSHOTS_DEFAULT_WORKERS", 2, least=1, most=64),
    "queue_limit": 4,
    "timeout": 300,
    "retry": 3600,
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": 200,
    # Seconds between two looks of an idle cluster: whoever has just sent a photo waits for it.
    "poll": 0.2,
    "catch_up": False,
    "cache": "cluster",
    "broker_class": "generation.dispatch.canary.Broker",
    "label": "Tasks",
    "ALT_CLUSTERS": {
        "gpu": {
            "workers": 1,
            "queue_limit": 1,
            "timeout": 6 * 3600,
            "retry": 14 * 3600,
            "max_attempts": 1,
            "ack_failures": True,
            "scheduler": False,
        }
    },
}
# The engine.
BASE_MODEL = env.text("BASE_MODEL") or "embedded"
GPU_DEVICE = env.text("HEADSHOTS_DEVICE")
PEOPLE_AT_ONCE = env.integer("HEADSHOTS_PEOPLE_AT_ONCE", 4, least=1, most=64)
# What work costs, in cents. A change is kept as the next price table when `migrate` runs.
COST_CENTS = {
    "gpu_hour": env.integer("HEADSHOTS_GPU_HOUR_CENTS", 250, least=0, most=1_000_000),
    "cpu_hour": env.integer("HEADSHOTS_CPU_HOUR_CENTS", 5, least=0, most=1_000_000),
    "energy_kwh": env.integer("HEADSHOTS_KWH_CENTS", 0, least=0, most=10_000),
    "storage_gb_month": env.integer("HEADSHOTS_STORAGE_GB_CENTS", 2, least=0, most=10_000),
    "mail": env.integer("HEADSHOTS_MAIL_THOUSAND_CENTS", 10, least=0, most=1_000_000) / 1000,
    "payment_percent": env.integer("HEADSHOTS_PAYMENT_BASIS_POINTS", 290, least=0, most=5000) / 100,
    "payment_fixed": env.integer("HEADSHOTS_PAYMENT_FIXED_CENTS", 30, least=0, most=10_000),
}
# Hours from photos handed in to pictures to choose from; a credit comes back where they pass.
PROMISED_HOURS = env.integer("HEADSHOTS_PROMISED_HOURS", 24, least=0, most=2160)
LEASE_S = env.integer("HEADSHOTS_LEASE_S", 45, least=3, most=3600)
MOST_ATTEMPTS = 5
# A matting network in an ONNX file; without one, mattes are solved on the CPU without weights.
MATTING_MODEL = env.text("HEADSHOTS_MATTING_MODEL")
# Font files for letters in pictures that Roboto lacks, by comma.
FONTS = tuple(
    Path(name.strip()) for name in (env.text("HEADSHOTS_FONTS") or "").split(",") if name.strip()
)
# Content credentials (C2PA): PEM of the certificate and what it hangs on, of its key, and of what
# was signed with before. Without them the demo makes a chain of its own, and others sign nothing.
C2PA_CHAIN = env.text("HEADSHOTS_C2PA_CHAIN")
C2PA_KEY = env.text("HEADSHOTS_C2PA_KEY")
C2PA_FORMER = env.text("HEADSHOTS_C2PA_FORMER")
C2PA_TIME_AUTHORITY = env.text("HEADSHOTS_C2PA_TIME_AUTHORITY")
# PEM of what time authorities hang on, of today and of before.
C2PA_TIME_ROOTS = env.text("HEADSHOTS_C2PA_TIME_ROOTS")
# Where the directories' APIs stand if not at their vendors'; tests put a server of their own there.
PUBLISHING_BASE: str | None = None
WELCOME_CREDITS = env.integer("HEADSHOTS_WELCOME_CREDITS", 3, least=0, most=1000)

# Lets webhooks reach this machine itself, for tests and trying out. Refused for a public site.
ALLOW_LOOPBACK = env.flag("HEADSHOTS_ALLOW_LOOPBACK", False)
if ALLOW_LOOPBACK and SECURE:
    raise SettingError(
        "HEADSHOTS_ALLOW_LOOPBACK lets customers call this machine's own services. Leave it out on "
        "a public site."
    )
# Stripe, or the local stand-in for it (manage.py stripe_sandbox), where no money moves.
STRIPE_API_VERSION = "2026-05-27.dahlia"
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY") or ""
STRIPE_SANDBOX = (env.text("HEADSHOTS_STRIPE_SANDBOX") or "").rstrip("/")
if STRIPE_SECRET_KEY and not STRIPE_SECRET_KEY.startswith(("sk_", "rk_")):
    raise SettingError("STRIPE_SECRET_KEY is no secret key. Those begin with sk_ or rk_.")
if STRIPE_SANDBOX:
    # SECURITY: what the stand-in says was paid gives credits, so it stands beside no real key.
    if STRIPE_SECRET_KEY:
        raise SettingError(
            "STRIPE_SECRET_KEY and HEADSHOTS_STRIPE_SANDBOX are both set. Keep one of them."
        )
    if urlsplit(STRIPE_SANDBOX).hostname not in {"127.0.0.1", "localhost"}:
        raise SettingError("HEADSHOTS_STRIPE_SANDBOX is not on this machine (127.0.0.1).")
    STRIPE_SECRET_KEY = "sk_test_" + hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:24]
    STRIPE_API_HOST = STRIPE_SANDBOX
STRIPE_LIVE_MODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_SUBSCRIBER_MODEL = "accounts.Organisation"
SILENCED_SYSTEM_CHECKS = ["djstripe.W002"]  # that an address of the API is set: checks.py says it
# The REST API.
API_REQUESTS_A_MINUTE = env.integer("HEADSHOTS_API_REQUESTS_A_MINUTE", 600, least=1, most=10**6)
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "headshots.lib.api.schema.Schema",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Headshots",
    "VERSION": "1",
    "DESCRIPTION": "Consistent AI headshots for a whole staff, each one truly the person.",
    "SERVERS": [{"url": SITE_URL}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "accounts.webhooks.openapi.add_webhooks",
        "accounts.api.headers.add_headers",
        "headshots.lib.api.links.add_links",
        "headshots.lib.api.sparse.add_sparse",
        "headshots.lib.api.refusals.add_refusals",
        "headshots.lib.api.samples.add_samples",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key: `hs_live_…`, or `hs_test_…` for the sandbox.",
            }
        }
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["headshots.formats"]
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "UTC"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOG_FORMAT = env.one_of(
    "HEADSHOTS_LOG", "console" if sys.stderr.isatty() else "json", ["console", "json"]
)
LOG_LEVEL = env.one_of("HEADSHOTS_LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
env.refuse_typos()
LOGGING = logs.logging(form=LOG_FORMAT, level=LOG_LEVEL)
