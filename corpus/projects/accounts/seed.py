import django

django.setup()

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

PASSWORD = "smørrebrød-42"
User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
for name in ("anna", "bo", "carl", "dora"):
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, first_name=name.title())
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=name != "carl")
EmailAddress.objects.create(user=User.objects.get(username="anna"), email="anna@work.example", verified=True)
EmailAddress.objects.create(user=User.objects.get(username="bo"), email="bo@home.example")
User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
