"""All settings, read from the environment once. Every embedded part can be replaced by a real service.

An instance is a directory (var/<name>) with its database cluster, keys, broker folder and document store.
"""

import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config import embedded_pg

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- instance and mode -----------------------------------------------------------------------------------------------
INSTANCE = env("FLEX_INSTANCE", default="default")
VAR_DIR = Path(env("FLEX_VAR", default=str(BASE_DIR / "var")))
INSTANCE_DIR = VAR_DIR / INSTANCE
MODE = env("FLEX_MODE", default="demonstration")
if MODE not in ("demonstration", "production"):
    raise ImproperlyConfigured(f"FLEX_MODE is demonstration or production, not {MODE!r}")
PRODUCTION = MODE == "production"
STEPPABLE_CLOCK = not PRODUCTION
DEBUG = env.bool("DEBUG", default=False)
# what open data is known by; the Open Contracting Partnership gives each publisher its own
OCID_PREFIX = env("OCID_PREFIX", default="ocds-000000")
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])


def _own_secret() -> str:
    """The demonstration keeps a secret of its own beside its data; production is told one."""
    path = INSTANCE_DIR / "secret_key"
    if not path.exists():
        INSTANCE_DIR.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = env("SECRET_KEY", default="")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("production needs SECRET_KEY in the environment")
    SECRET_KEY = _own_secret()
DEMONSTRATION_PASSWORD = "public sector flex 2007"  # noqa: S105 - printed for everybody; production refuses it
if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("production does not run with DEBUG")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("production needs a SECRET_KEY of at least 50 characters")
    if not ALLOWED_HOSTS or "PUBLIC_URL" not in os.environ:
        raise ImproperlyConfigured("production needs ALLOWED_HOSTS and PUBLIC_URL (the address that emails link to)")

# --- parts -----------------------------------------------------------------------------------------------------------
KEYS_DIR = Path(env("KEYS_DIR", default=str(INSTANCE_DIR / "keys")))
_work_dir = Path(env("FLEX_TEST_FOLDER", default=str(INSTANCE_DIR)))
STORE_DIR = Path(env("STORE_DIR", default=str(_work_dir / "store")))
MAIL_DIR = _work_dir / "mail"
BROKER_DIR = _work_dir / "broker"

INSTALLED_APPS = [
    "config",
    "contracts",
    "procurement",
    "catalogue",
    "documents",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "guardian",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "documents.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.FormMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "procurement.middleware.ActorMiddleware",
    "config.middleware.PrivatePagesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "config.forms.GovukRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.look",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "documents.templatetags.flex"],
        },
    }
]

# --- database: flex_owner migrates, flex_app runs and owns nothing -----------------------------------------------------
RUNTIME_ROLE = env("FLEX_RUNTIME_ROLE", default="flex_app")
_as_owner = env("FLEX_DB_ROLE", default="runtime") == "owner"
_url = env("DATABASE_OWNER_URL", default="") if _as_owner else env("DATABASE_URL", default="")
if not _url and PRODUCTION:
    raise ImproperlyConfigured("production needs DATABASE_URL and DATABASE_OWNER_URL in the environment")
EMBEDDED_DATABASE = not _url
_database = (
    env.db_url_config(_url)
    if _url
    else embedded_pg.connection_of(INSTANCE_DIR / "pg", role="flex_owner" if _as_owner else RUNTIME_ROLE)
)
if "FLEX_TEST_DATABASE" in os.environ and not PRODUCTION:  # a copy of the tests' template (tests/databases.py)
    _database["NAME"] = os.environ["FLEX_TEST_DATABASE"]
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
if _as_owner:
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c lock_timeout=10s"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# It counts attempts to sign in: as many as anybody can make in the minutes for which they count are kept.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "flex_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}  # fmt: skip

# --- work in the background --------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env("BROKER_URL", default="filesystem://localhost/")
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "polling_interval": 0.1,
    }
elif CELERY_BROKER_URL.startswith(("amqp", "pyamqp")):
    # a ring the broker did not take is known at once, and nobody waits for a broker that is away: the sweep finds the job
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, "max_retries": 0}
JOB_SECONDS = env.int("JOB_SECONDS", default=0)  # a worker without a pool ends itself by it; a pool has its time limits
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_TIME_LIMIT = 115
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody orders workers about; its reply queues would litter the broker
CELERY_TIMEZONE = "Europe/London"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "documents.sweep", "schedule": 3.0, "options": {"expires": 3}},
    "tick": {"task": "documents.tick", "schedule": 30.0, "options": {"expires": 30}},
}

# --- people -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "procurement.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # access.py asks guardian directly; has_perm is not used
GUARDIAN_AUTO_PREFETCH = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "config.accounts.Adapter"
ACCOUNT_FORMS = {
    "login": "config.account_forms.LoginForm",
    "reauthenticate": "config.account_forms.ReauthenticateForm",
    "reset_password": "config.account_forms.ResetPasswordForm",
    "reset_password_from_key": "config.account_forms.ResetPasswordKeyForm",
    "change_password": "config.account_forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
# Wrong passwords (config/accounts.py): for an account from a network, from all networks together, from a browser that has
# signed in to it, and from a network for all accounts, which may be thousands of people behind one address. A hundred an hour
# is the most that OWASP's ASVS (2.2.1) lets anybody try on an account; the waits grow from minutes to an hour and a day.
# ``login`` and ``reset_password`` are the library's own, which count the right ones too and answer so that it can be seen.
ACCOUNT_RATE_LIMITS = {
    "login": None, "login_failed": "5/5m/key,20/h/key,60/d/key", "login_failed_anywhere": "100/h/key",
    "login_failed_known": "5/5m/key,20/h/key", "login_failed_network": "100/m/ip,1000/h/ip", "reauthenticate": "10/m/user",
    "reset_password": None, "reset_mail": "3/h/key", "reset_mail_network": "60/m/ip,600/h/ip",
    "reset_password_from_key": "100/m/ip", "check_document": "20/m/ip",
}  # fmt: skip
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "config.accounts.NotTheDemonstrationsPassword"},
]

# --- language and time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

# --- files --------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.staticfiles.NodePackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.staticfiles.ManifestStorage"},
}
NODE_MODULES = BASE_DIR / "node_modules"
FONT_DIR = Path(env("FONT_DIR", default=str(NODE_MODULES / "@fontsource" / "public-sans" / "files")))
MEDIA_ROOT = INSTANCE_DIR / "media"
LARGEST_FILE = 20 * 1024 * 1024  # of any form: the public check's
LARGEST_BODY = LARGEST_FILE + 1024 * 1024  # with the form around it
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- mail ---------------------------------------------------------------------------------------------------------------
if env("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_DIR)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Flex <no-reply@flex.invalid>")

# --- security -----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_ENGINE = "config.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.views.form_refused"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, BROWSER_COOKIE_NAME = "flex_session", "flex_csrf", "flex_browser"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
    ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)  # else every limit by address counts the proxy's
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-flex_session", "__Host-flex_csrf"
    BROWSER_COOKIE_NAME = "__Host-flex_browser"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "pyhanko": {"level": "ERROR"},
        "pyhanko_certvalidator": {"level": "ERROR"},
        "celery.utils.functional": {"level": "WARNING"},
    },
}
