from django.urls import path

from todos import views

app_name = "todos"
urlpatterns = [
    path("", views.TodoListView.as_view(), name="list"),
    path("create/", views.TodoCreateView.as_view(), name="create"),
    path("complete/<int:pk>/", views.complete, name="complete"),
    path("mine/", views.mine, name="mine"),
    path("todos/<int:pk>/", views.detail, name="detail"),
    path("todos/<int:pk>/attach/", views.attach, name="attach"),
    path("todos/<int:pk>/delete/", views.delete, name="delete"),
    path("todos/<int:pk>/quote/", views.quote, name="quote"),
    path("api/todos/", views.api_todos, name="api-todos"),
]
