"""People, the posts they hold, and what a post may commit.

A post is a chair in an organisation; a holding says who sits in it from when to when; a delegation says how much
the holder may commit. Nothing here is deleted: a right that ends gets an end date, so that "who could approve this
on that day" can always be answered.
"""

import uuid
from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from documents.dbrules import LARGEST_GBP
from documents.rights import STATE, Row


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, name: str, password: str | None = None) -> "User":
        user = self.model(email=email.strip().lower(), name=name.strip())
        user.set_password(password)
        user.save()
        return user


class News(models.TextChoices):
    """How a person reads messages that ask nothing of them. What waits for them is always sent at once."""

    DAILY = "daily", _("once a working day, together")
    AT_ONCE = "at_once", _("each at once")
    NONE = "none", _("not at all")


class User(Row, AbstractBaseUser, PermissionsMixin):
    """A person who can sign in. ``person_id`` is the name the evidence keeps when the account is long gone."""

    person_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(default=True)
    news = models.CharField(max_length=7, choices=News.choices, default=News.DAILY)
    is_staff = False

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    db_rights = STATE("password", "last_login", "email", "name", "is_active", "news")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=models.functions.Lower("email")), name="user_email_is_lower_case"),
            models.CheckConstraint(condition=Q(news__in=News.values), name="user_news_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


class PostCode(models.TextChoices):
    """The posts (domain.md, "Who acts")."""

    REQUESTER = "requester", _("requester")
    BUDGET_HOLDER = "budget_holder", _("budget holder")
    TECHNOLOGY_OFFICER = "technology_officer", _("technology officer")
    FINANCE_DIRECTOR = "finance_director", _("finance director")
    ACCOUNTING_OFFICER = "accounting_officer", _("accounting officer")
    SIGNATORY = "signatory", _("signatory")
    CONTRACT_MANAGER = "contract_manager", _("contract manager")
    ADMINISTRATOR = "administrator", _("administrator")
    FRAMEWORK_MANAGER = "framework_manager", _("framework manager")
    CATALOGUE_MANAGER = "catalogue_manager", _("catalogue manager")
    ACCESSION_LEAD = "accession_lead", _("accession lead")
    ACCESSION_APPROVER = "accession_approver", _("accession approver")
    CATEGORY_MANAGER = "category_manager", _("category manager")
    COMMERCIAL_LEAD = "commercial_lead", _("commercial lead")
    FINANCE_LEAD = "finance_lead", _("finance lead")
    DEPUTY_DIRECTOR = "deputy_director", _("deputy director")
    AUTHORITY_SIGNATORY = "authority_signatory", _("authority signatory")
    AUDITOR = "auditor", _("auditor")
    ACCOUNT_MANAGER = "account_manager", _("account manager")
    ORDER_DESK = "order_desk", _("order desk")
    SUPPLIER_SIGNATORY = "supplier_signatory", _("supplier signatory")
    SERVICE_MANAGER = "service_manager", _("service manager")


AUTHORITY_POSTS = frozenset(
    {
        PostCode.FRAMEWORK_MANAGER,
        PostCode.CATALOGUE_MANAGER,
        PostCode.ACCESSION_LEAD,
        PostCode.ACCESSION_APPROVER,
        PostCode.CATEGORY_MANAGER,
        PostCode.COMMERCIAL_LEAD,
        PostCode.FINANCE_LEAD,
        PostCode.DEPUTY_DIRECTOR,
        PostCode.AUTHORITY_SIGNATORY,
        PostCode.AUDITOR,
    }
)


def in_date(on: date, prefix: str = "") -> Q:
    """Rows whose ``starts_on``..``ends_on`` (inclusive, open-ended when null) contains the day."""
    return Q(**{f"{prefix}starts_on__lte": on}) & (
        Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gte": on})
    )


def in_force(on: date, prefix: str = "") -> Q:
    """``in_date``, of rows that can also be ended at once (``stopped_at``): not on the day on which they were."""
    return in_date(on, prefix) & (Q(**{f"{prefix}stopped_at__isnull": True}) | Q(**{f"{prefix}ends_on__gt": on}))


def stopped_has_ended(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(stopped_at__isnull=True) | Q(ends_on__isnull=False), name=f"{name}_stopped_has_ended"
    )


def dated(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name=f"{name}_ends_after_it_starts"
    )


def dated_or_taken_back(name: str) -> models.CheckConstraint:
    """``dated``, or taken back before its first day: it ends on the day before, so that no day is in it."""
    return models.CheckConstraint(
        condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on") - timedelta(days=1)), name=f"{name}_ends_after_it_starts"
    )


def not_taken_back() -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))


class Post(Row):
    """A chair in an organisation; ``reports_to`` is where an unanswered matter goes next."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posts")
    code = models.CharField(max_length=40, choices=PostCode.choices)
    reports_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reports")

    db_rights = STATE("reports_to_id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "code"], name="one_post_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.get_code_display()}, {self.organisation.name}"


class PostHolding(Row):
    """Who holds a post from when to when (days inclusive)."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="holdings")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("ends_on", "stopped_at")

    class Meta:
        constraints = [
            dated("holding"),
            stopped_has_ended("holding"),
            models.UniqueConstraint(fields=["post", "user", "starts_on"], name="one_holding_from_a_day"),
        ]
        indexes = [models.Index(fields=["user", "ends_on"], name="holding_by_person")]

    def __str__(self) -> str:
        return f"{self.user} as {self.post}"


class DelegationKind(models.TextChoices):
    BUDGET = "budget", _("budget")
    PURCHASE = "purchase", _("purchase")
    SIGNATURE = "signature", _("signature")


class Delegation(Row):
    """How much the holder of a post may commit: ``limit_gbp`` in GBP, VAT excluded, or explicitly unlimited; for orders
    of one ``lot`` of a ``framework`` alone where it names one: another framework has a lot of that number too.
    ``letter_sha256`` names the stored letter that gives it; empty where the
    register was opened with it. ``carried_from``: the delegation at another department that this one goes on from, where the
    machinery of government changed; its letter is then the order that says so.

    Zero never means unlimited: a row states one or the other.
    """

    holding = models.ForeignKey(PostHolding, on_delete=models.PROTECT, related_name="delegations")
    kind = models.CharField(max_length=10, choices=DelegationKind.choices)
    limit_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    unlimited = models.BooleanField(default=False)
    framework = models.ForeignKey(Framework, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lot = models.PositiveSmallIntegerField(null=True, blank=True)
    letter_filename = models.CharField(max_length=120, blank=True)
    letter_sha256 = models.CharField(max_length=64, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    carried_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    db_rights = STATE("ends_on")
    stored_under = "letter_sha256"

    class Meta:
        constraints = [
            dated_or_taken_back("delegation"),
            models.CheckConstraint(
                condition=Q(unlimited=True, limit_gbp__isnull=True)
                | Q(unlimited=False, limit_gbp__gt=0, limit_gbp__lte=LARGEST_GBP),
                name="delegation_has_a_limit_or_is_unlimited",
            ),
            models.CheckConstraint(condition=Q(kind__in=DelegationKind.values), name="delegation_kind_is_known"),
            models.CheckConstraint(
                condition=Q(lot__isnull=True, framework__isnull=True) | Q(lot__isnull=False, framework__isnull=False),
                name="delegation_lot_is_of_a_framework",
            ),
        ]
        indexes = [models.Index(fields=["holding", "kind"], name="delegation_by_holding")]

    def covers(self, value_gbp: Decimal, framework_id: int, lots: Collection[int]) -> bool:
        """Whether an order of this value in these lots of the framework is within it."""
        enough = self.unlimited or self.limit_gbp >= value_gbp
        return enough and (self.lot is None or (self.framework_id == framework_id and set(lots) == {self.lot}))

    @property
    def lot_words(self) -> str:
        """"lot 2 of FLEX-2007"; of a delegation for one lot."""
        return _("lot %(lot)s of %(framework)s") % {"lot": self.lot, "framework": self.framework.reference}


class ActingFor(Row):
    """A time-boxed deputy: ``deputy`` may act in the post of ``holding``; one link long, never for oneself (the
    database refuses it). ``named_by`` is the person who chose them; null where the register was opened with it."""

    holding = models.ForeignKey(PostHolding, on_delete=models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="acting_for")
    starts_on = models.DateField()
    ends_on = models.DateField()
    named_by = models.UUIDField(null=True, blank=True)

    db_rights = STATE("ends_on")

    class Meta:
        constraints = [
            dated_or_taken_back("acting_for"),
        ]

    @property
    def principal(self) -> User:
        """For whom the deputy acts: whose post it is."""
        return self.holding.user

