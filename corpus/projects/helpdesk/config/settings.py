from corpus_base import *

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sites",
    "django.contrib.humanize",
    "rest_framework",
    "helpdesk",
]
SITE_ID = 1
HELPDESK_TEAMS_MODE_ENABLED = False
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
HELPDESK_DEFAULT_SETTINGS = {"use_email_as_submitter": True, "login_view_ticketlist": False}
LANGUAGES = [("en", "English"), ("da", "Dansk")]
