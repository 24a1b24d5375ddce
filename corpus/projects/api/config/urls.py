from django.contrib import admin
from django.urls import include, path
from library.views import AuthorViewSet, BookViewSet, LoanViewSet, me
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.routers import DefaultRouter

router = DefaultRouter()
router.register("authors", AuthorViewSet)
router.register("books", BookViewSet)
router.register("loans", LoanViewSet)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
    path("api/token/", obtain_auth_token),
    path("api/me/", me),
    path("api-auth/", include("rest_framework.urls")),
]
