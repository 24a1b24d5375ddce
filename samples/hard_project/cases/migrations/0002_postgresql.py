"""What only PostgreSQL has: arrays and ranges."""

import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = (
        [
            migrations.CreateModel(
                name="Season",
                fields=[
                    ("id", models.BigAutoField(primary_key=True)),
                    ("name", models.CharField(max_length=50)),
                    ("months", django.contrib.postgres.fields.ArrayField(models.IntegerField())),
                    ("open", django.contrib.postgres.fields.ranges.DateRangeField()),
                ],
            )
        ]
        if settings.ON_POSTGRESQL
        else []
    )
