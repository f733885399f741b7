from django.apps import AppConfig


class HandyWriterzConfig(AppConfig):
    name = "handywriterz"

    def ready(self) -> None:
        # Binds shared tasks to our Celery app in every process, the web server included.
        import handywriterz.celery  # noqa: F401
