import django

django.setup()

from django.contrib.auth.models import User
from wiki.models import URLPath

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
anna = User.objects.create_user("anna", "anna@example.org", PASSWORD)
User.objects.create_user("bo", "bo@example.org", PASSWORD)

root = URLPath.create_root(
    title="Start", content="Welcome to the **wiki**. [TOC]\n\n# One\n\n# Two", user=boss
)
animals = URLPath.create_urlpath(root, "animals", title="Animals", content="See [[cats]]", user=boss)
for name in ("Cats", "Dogs", "Owls"):
    URLPath.create_urlpath(animals, name.lower(), title=name, content=f"About {name}", user=anna)
secret = URLPath.create_urlpath(
    root,
    "secret",
    title="Secret",
    content="Nobody knows",
    user=boss,
    article_kwargs={"owner": boss, "other_read": False, "other_write": False, "group_read": False},
)
