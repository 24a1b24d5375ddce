from corpus_base import *

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.sites", "sorl.thumbnail", "newsletter"]
SITE_ID = 1
NEWSLETTER_THUMBNAIL = "sorl-thumbnail"
NEWSLETTER_CONFIRM_EMAIL = True
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/newsletter/"
