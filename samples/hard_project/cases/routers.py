class ArchiveRouter:
    """What is archived lies in a database of its own."""

    def db_for_read(self, model, **hints):
        return "archive" if model.__name__ == "ArchivedOrder" else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return (db == "archive") == (model_name == "archivedorder") if model_name else None
