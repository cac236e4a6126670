from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0031_why_an_order_is_placed")]

    operations = [
        migrations.AddIndex(
            model_name="shoot",
            index=models.Index(fields=["order", "-id"], name="shoot_of_order"),
        ),
    ]
