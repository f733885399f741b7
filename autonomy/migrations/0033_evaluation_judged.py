from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("autonomy", "0032_sections_filled_up")]

    operations = [
        migrations.AddField(
            model_name="evaluationresult",
            name="judged",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Its rules were looked at. One that was never over shows nothing of a behaviour.",
            ),
        ),
    ]
