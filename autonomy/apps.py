from django.apps import AppConfig


class AutonomyConfig(AppConfig):
    name = "autonomy"
    verbose_name = "Autonomous runs"
    default_auto_field = "django.db.models.BigAutoField"
