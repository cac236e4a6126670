from django.apps import AppConfig


class HeadshotsConfig(AppConfig):
    name = "headshots"

    def ready(self) -> None:
        from headshots import checks  # noqa: F401  registers the system checks
