"""Who answers for invoices, where that is not the contact for the order."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0023_one_time_to_answer'),
    ]

    operations = [
        migrations.AddField('particulars', 'invoice_contact_name', models.CharField(blank=True, default='', max_length=120), preserve_default=False),
        migrations.AddField('particulars', 'invoice_contact_email', models.EmailField(blank=True, default='', max_length=254), preserve_default=False),
        migrations.AddField('particulars', 'invoice_contact_telephone', models.CharField(blank=True, default='', max_length=30), preserve_default=False),
    ]
