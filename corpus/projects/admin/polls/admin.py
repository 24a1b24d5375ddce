from django.contrib import admin, messages
from django.db.models import Count
from polls.models import Choice, Favourite, Question, Remark, Topic, Voter


class ChoiceInline(admin.TabularInline):
    model = Choice
    extra = 2


class RemarkInline(admin.StackedInline):
    model = Remark
    extra = 0


class FavouriteInline(admin.TabularInline):
    model = Favourite
    autocomplete_fields = ["question"]


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):
    fieldsets = [
        (None, {"fields": ["text", "author", "topics"]}),
        ("Dates", {"fields": ["published", "closes_on"], "classes": ["collapse"]}),
        ("More", {"fields": ["status", "picture", "weight"]}),
    ]
    inlines = [ChoiceInline, RemarkInline]
    list_display = ["text", "status", "published", "author", "choice_count"]
    list_editable = ["status"]
    list_filter = ["status", "published", "topics"]
    list_per_page = 5
    list_select_related = ["author"]
    date_hierarchy = "published"
    search_fields = ["text", "choice__text"]
    filter_horizontal = ["topics"]
    actions = ["close"]
    save_as = True

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(choice_count=Count("choice", distinct=True))

    @admin.display(ordering="choice_count")
    def choice_count(self, question):
        return question.choice_count

    @admin.action(description="Close the chosen questions", permissions=["change"])
    def close(self, request, queryset):
        closed = queryset.update(status=Question.Status.CLOSED)
        self.message_user(request, f"{closed} questions closed.", messages.SUCCESS)


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


@admin.register(Voter)
class VoterAdmin(admin.ModelAdmin):
    inlines = [FavouriteInline]
    raw_id_fields = ["user"]
    list_display = ["user", "born_on"]
