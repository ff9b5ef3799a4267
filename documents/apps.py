from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DocumentsConfig(AppConfig):
    name = "documents"
    verbose_name = "Documents"

    def ready(self):
        # every app's tasks and clock work register themselves by being imported
        autodiscover_modules("tasks", "periodic")
