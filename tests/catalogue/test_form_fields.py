"""Fields read what people type and refuse the rest with a message and the same value in the form (trust.md, "What people type")."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalogue.fields import (
    BalanceField,
    DayField,
    EmailField,
    LineField,
    MoneyField,
    PercentField,
    QuantityField,
    TextField,
)


def refusal(field, value) -> str:
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1,000.00", "1000.00"), ("1000", "1000.00"), ("£1,000", "1000.00"), ("£ 12.5", "12.50"), (" 0 ", "0.00"),
        ("11,252,943.00", "11252943.00"), ("999999999999.99", "999999999999.99"),
    ],
)  # fmt: skip
def test_money_is_read_as_people_write_it(typed, amount):
    read = MoneyField().clean(typed)
    assert read == Decimal(amount)
    assert read.as_tuple().exponent == -2


@pytest.mark.parametrize(
    "typed",
    [
        "1e3", "1E3", "1_000", "１０００", "١٠٠٠", "१०००", "-0.00", "-1", "+1", "NaN", "sNaN", "Infinity", "-inf", "1.234",
        ".5", "1.", "1,00", "10,00.00", "1 000", "1,000,00", "0x10", "1000000000000.00", "1" * 5_000, "1\u200b000",
        "1.0.0", "ten", "$5", "²",
    ],
)  # fmt: skip
def test_money_that_nobody_means_is_refused(typed):
    assert "Enter" in refusal(MoneyField(), typed)


def test_money_has_limits_that_say_themselves():
    assert refusal(MoneyField(least=Decimal("0.01")), "0.00") == "Enter £0.01 or more."
    assert refusal(MoneyField(most=Decimal("1500.00")), "1,500.01") == "Enter £1,500.00 or less."


def test_a_balance_may_be_below_zero():
    for typed, amount in (("-1,000.00", "-1000.00"), ("\N{MINUS SIGN}£5", "-5.00"), ("12.5", "12.50"), ("0", "0.00")):
        assert BalanceField().clean(typed) == Decimal(amount)
    for typed in ("-0.00", "--1", "-", "-1e3", "+-1"):
        assert "Enter an amount" in refusal(BalanceField(), typed)


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_every_amount_the_database_holds_survives_being_shown_and_typed_again(amount):
    assert MoneyField().clean(f"{amount:,.2f}") == MoneyField().clean(str(amount)) == amount


@given(st.text(max_size=40))
def test_no_text_whatever_breaks_a_field(typed):
    for field in (MoneyField(), BalanceField(), QuantityField(), PercentField(), DayField(), LineField(), TextField(), EmailField()):
        try:
            field.clean(typed)
        except ValidationError as error:
            assert all(str(message).strip() for message in error.messages)


@pytest.mark.parametrize("typed", ["1e3", "1_000", "１０", "١٠", "-1", "1.0", "NaN", "0", "1000001", "1" * 5_000, "1 0"])
def test_a_quantity_is_a_whole_number_in_its_range(typed):
    assert "whole number" in refusal(QuantityField(), typed)


def test_a_quantity_may_have_its_thousands_marked():
    assert QuantityField().clean("1,000") == QuantityField().clean("1000") == 1000
    assert QuantityField(least=0).clean("0") == 0
    assert QuantityField(required=False).clean("") is None


@pytest.mark.parametrize("typed", ["0", "100.01", "-5", "1e1", "NaN", "5.125", "５"])
def test_a_percentage_lies_above_nothing_and_up_to_all(typed):
    assert "percentage" in refusal(PercentField(), typed)
    assert PercentField().clean("12.5") == Decimal("12.50")
    assert PercentField().clean("100%") == Decimal("100.00")


@pytest.mark.parametrize(
    "typed",
    ["1/2/2026", "01/02/2026", "1-2-2026", "1 2 2026", "1 February 2026", "1 feb 2026", "2026-02-01", ("1", "2", "2026"),
     ("01", "Feb", "2026")],
)  # fmt: skip
def test_a_day_is_read_day_first(typed):
    assert DayField().clean(typed) == date(2026, 2, 1)


@pytest.mark.parametrize(
    "typed",
    [
        ("1", "1", "0001"), ("31", "12", "9999"), ("31", "2", "2026"), ("1", "13", "2026"), ("1", "2", "26"),
        ("0", "1", "2026"), ("１", "2", "2026"), ("١", "2", "2026"), ("1", "²", "2026"), "2/30/2026", "tomorrow",
        "2026/02/01", "1/2/2026/", "1e0/2/2026", ("-1", "2", "2026"), ("1", "2", "20_6"), "2026-02-30", "2026-13-01",
    ],
)  # fmt: skip
def test_a_day_that_is_not_one_is_refused(typed):
    assert "date" in refusal(DayField(), typed)


def test_a_day_lies_in_the_range_the_form_says():
    field = DayField(first=date(2007, 5, 21), last=date(2014, 5, 20))
    assert refusal(field, "20/5/2007") == "Enter a date from 21 May 2007 to 20 May 2014."
    assert field.clean("21/5/2007") == date(2007, 5, 21)
    assert field.clean("20/5/2014") == date(2014, 5, 20)


def test_a_day_says_which_part_is_missing():
    assert refusal(DayField(), ("1", "", "2026")) == "The date must include a month."
    assert refusal(DayField(), ("", "", "2026")) == "The date must include a day and a month."


class Sample(forms.Form):
    starts_on = DayField(missing="Enter when the service starts.")
    value = MoneyField()
    title = LineField(max_length=20)


def test_a_refused_form_shows_what_was_typed_beside_its_messages():
    form = Sample(QueryDict("starts_on_day=31&starts_on_month=2&starts_on_year=2026&value=1e3&title=London"))
    assert not form.is_valid()
    assert set(form.errors) == {"starts_on", "value"}
    day, value = str(form["starts_on"]), str(form["value"])
    assert 'value="31"' in day
    assert 'value="2026"' in day
    assert 'value="1e3"' in value
    assert 'id="id_starts_on_day"' in day
    assert day.count("govuk-input--error") == 3
    assert value.count("govuk-input--error") == 1
    assert form["starts_on"].id_for_label == "id_starts_on_day"


def test_a_form_reads_a_day_in_three_parts_or_in_one():
    parts = Sample(QueryDict("starts_on_day=1&starts_on_month=11&starts_on_year=2007&value=5&title=x"))
    whole = Sample(QueryDict("starts_on=1/11/2007&value=5&title=x"))
    assert parts.is_valid(), parts.errors
    assert whole.is_valid(), whole.errors
    assert parts.cleaned_data == whole.cleaned_data
    empty = Sample(QueryDict("value=5&title=x"))
    assert empty.errors["starts_on"] == ["Enter when the service starts."]


def test_a_stored_day_fills_its_three_parts():
    html = str(Sample(initial={"starts_on": date(2008, 4, 1)})["starts_on"])
    for name, value in (("day", "1"), ("month", "4"), ("year", "2008")):
        assert f'name="starts_on_{name}"' in html
        assert f'value="{value}"' in html


def test_a_day_of_an_address_fills_its_three_parts():
    parts = DayField().widget.get_context("on", "2008-07-01", {})["widget"]["parts"]
    assert [part["value"] for part in parts] == ["01", "07", "2008"]


def test_the_same_meaning_is_no_change():
    form = Sample(
        QueryDict("starts_on=1/11/2007&value=1,000&title=London"),
        initial={"starts_on": date(2007, 11, 1), "value": Decimal("1000.00"), "title": "London"},
    )
    assert form.changed_data == []


@pytest.mark.parametrize(
    "typed",
    ["a@[127.0.0.1]", "a@[IPv6:::1]", "a@localhost", "a", "a@b", '"a b"@example.com', "a@example.com\nBcc: x@example.com",
     "a@exämple.com", "a@example.com, b@example.com", "a@" + "b" * 250 + ".com", "a\u202e@example.com"],
)  # fmt: skip
def test_an_address_is_one_that_mail_reaches(typed):
    assert refusal(EmailField(), typed)


def test_an_ordinary_address_passes():
    assert EmailField().clean(" budget.holder@dius.example ") == "budget.holder@dius.example"
    assert EmailField(required=False).clean("") == ""


def test_an_empty_required_field_says_what_to_enter():
    for field in (MoneyField, BalanceField, QuantityField, PercentField, DayField, LineField, TextField, EmailField):
        assert refusal(field(missing="Enter it."), "") == "Enter it."
        assert refusal(field(), None).startswith("Enter a")
