from corpus_base import *

INSTALLED_APPS = [*INSTALLED_APPS, "polls"]
