from corpus_base import *
from machina import MACHINA_MAIN_TEMPLATE_DIR

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "mptt",
    "haystack",
    "widget_tweaks",
    "machina",
    "machina.apps.forum",
    "machina.apps.forum_conversation",
    "machina.apps.forum_conversation.forum_attachments",
    "machina.apps.forum_conversation.forum_polls",
    "machina.apps.forum_feeds",
    "machina.apps.forum_moderation",
    "machina.apps.forum_search",
    "machina.apps.forum_tracking",
    "machina.apps.forum_member",
    "machina.apps.forum_permission",
]
MIDDLEWARE = [*MIDDLEWARE, "machina.apps.forum_permission.middleware.ForumPermissionMiddleware"]
TEMPLATES[0]["DIRS"] = [MACHINA_MAIN_TEMPLATE_DIR]
TEMPLATES[0]["OPTIONS"]["context_processors"].append("machina.core.context_processors.metadata")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "machina_attachments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "attachments",
    },
}
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
MACHINA_DEFAULT_AUTHENTICATED_USER_FORUM_PERMISSIONS = [
    "can_see_forum",
    "can_read_forum",
    "can_start_new_topics",
    "can_reply_to_topics",
    "can_edit_own_posts",
    "can_delete_own_posts",
    "can_post_without_approval",
    "can_create_polls",
    "can_vote_in_polls",
    "can_download_file",
    "can_attach_file",
]
