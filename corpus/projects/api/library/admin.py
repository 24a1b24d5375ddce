from django.contrib import admin
from library.models import Author, Book
from simple_history.admin import SimpleHistoryAdmin

admin.site.register(Author)
admin.site.register(Book, SimpleHistoryAdmin)
