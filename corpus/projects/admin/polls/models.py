from django.conf import settings
from django.db import models
from django.utils import timezone


class Topic(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(unique=True)

    def __str__(self):
        return self.name


class Question(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        CLOSED = "closed"

    text = models.CharField("question text", max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    published = models.DateTimeField("date published", default=timezone.now)
    closes_on = models.DateField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="questions")
    topics = models.ManyToManyField(Topic, blank=True)
    picture = models.FileField(upload_to="pictures/%Y", blank=True)
    weight = models.DecimalField(max_digits=5, decimal_places=2, default="1.00")

    class Meta:
        ordering = ["-published"]
        permissions = [("close_question", "Can close a question")]

    def __str__(self):
        return self.text


class Choice(models.Model):
    question = models.ForeignKey(Question, on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
    votes = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "text"], name="one_choice_of_a_text")]

    def __str__(self):
        return self.text


class Remark(models.Model):
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="remarks")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    text = models.TextField()
    made = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.text[:40]


class Voter(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    born_on = models.DateField(null=True, blank=True)
    favourites = models.ManyToManyField(Question, through="Favourite")

    def __str__(self):
        return str(self.user)


class Favourite(models.Model):
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE)
    question = models.ForeignKey(Question, on_delete=models.CASCADE)
    rank = models.PositiveSmallIntegerField(default=1)
