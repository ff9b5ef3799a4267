"""GOV.UK look for Django's own forms: one renderer, one bound field, templates in config/templates/django/forms."""

from django.forms import CheckboxInput
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting


class GovukBoundField(BoundField):
    """Adds the classes and the error and hint links that GOV.UK Frontend wants on a control."""

    def build_widget_attrs(self, attrs, widget=None):
        attrs = super().build_widget_attrs(attrs, widget)
        kind = getattr(widget or self.field.widget, "govuk_class", "")
        if kind:
            classes = [attrs.get("class", ""), (widget or self.field.widget).attrs.get("class", ""), kind]
            if self.errors and not self.is_checkbox:  # the package has no such class for a single choice
                classes.append(f"{kind.split()[0]}--error")
            attrs["class"] = " ".join(part for part in classes if part)
        described = []
        if self.help_text:
            described.append(f"{self.auto_id}_helptext")
        if self.errors:
            described.append(f"{self.auto_id}_error")
        if self.chosen:
            described.append(f"{self.auto_id}_chosen")
        if described and not self.use_fieldset:
            attrs["aria-describedby"] = " ".join(described)
        attrs.pop("required", None)  # the server says what is missing, in words, beside the field
        return attrs

    @property
    def is_checkbox(self) -> bool:
        return isinstance(self.field.widget, CheckboxInput)

    @property
    def chosen(self) -> str:
        """The name of a file that came and was right, where the form is shown again: no browser keeps a file."""
        values = getattr(self.form, "cleaned_data", None) or {}
        return "" if self.errors else getattr(values.get(self.name), "filename", "")


class GovukRenderer(TemplatesSetting):
    form_template_name = "django/forms/govuk.html"
    field_template_name = "django/forms/field.html"
    bound_field_class = GovukBoundField
