import django_filters
from django.db.models import Avg, Count, Sum
from django.utils import timezone
from guardian.shortcuts import assign_perm, get_objects_for_user
from library.models import Author, Book, Loan
from library.serializers import AuthorSerializer, BookSerializer, LoanSerializer
from rest_framework import permissions, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response


class BookFilter(django_filters.FilterSet):
    min_pages = django_filters.NumberFilter("pages", lookup_expr="gte")
    title = django_filters.CharFilter(lookup_expr="icontains")
    tag = django_filters.CharFilter("tags__name")
    created = django_filters.DateFromToRangeFilter()

    class Meta:
        model = Book
        fields = ["author", "owner__username"]


class MayChange(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.method in permissions.SAFE_METHODS or request.user.has_perm("library.change_book", obj)


class AuthorViewSet(viewsets.ModelViewSet):
    queryset = Author.objects.annotate(book_count=Count("books")).order_by("name")
    serializer_class = AuthorSerializer
    search_fields = ["name", "books__title"]
    ordering_fields = ["name", "born_on", "book_count"]


class BookViewSet(viewsets.ModelViewSet):
    queryset = Book.objects.select_related("author", "owner").prefetch_related("translators", "tags")
    serializer_class = BookSerializer
    filterset_class = BookFilter
    search_fields = ["title", "author__name", "isbn"]
    ordering_fields = ["title", "price", "created"]
    permission_classes = [permissions.IsAuthenticatedOrReadOnly, MayChange]

    def perform_create(self, serializer):
        book = serializer.save(owner=self.request.user)
        for permission in ("change_book", "delete_book"):
            assign_perm(permission, self.request.user, book)

    @action(detail=False)
    def mine(self, request):
        books = get_objects_for_user(request.user, "library.change_book", Book, accept_global_perms=False)
        return Response(self.get_serializer(books, many=True).data)

    @action(detail=False)
    def statistics(self, request):
        numbers = Book.objects.aggregate(books=Count("pk"), pages=Sum("pages"), price=Avg("price"))
        per_author = Author.objects.values("name").annotate(books=Count("books")).order_by("-books", "name")
        return Response({**numbers, "authors": list(per_author)})

    @action(detail=True)
    def versions(self, request, pk=None):
        book = self.get_object()
        entries = book.history.select_related("history_user")
        return Response(
            [
                {"title": entry.title, "type": entry.history_type, "by": str(entry.history_user)}
                for entry in entries
            ]
        )


class LoanViewSet(viewsets.ModelViewSet):
    queryset = Loan.objects.all()
    serializer_class = LoanSerializer
    permission_classes = [permissions.IsAuthenticated]
    pagination_class = LimitOffsetPagination
    filterset_fields = {"returned_at": ["isnull"], "book__title": ["istartswith"]}

    def get_queryset(self):
        return super().get_queryset().filter(reader=self.request.user)

    def perform_create(self, serializer):
        serializer.save(reader=self.request.user, lent_at=timezone.now())

    @action(detail=True, methods=["post"])
    def give_back(self, request, pk=None):
        loan = self.get_object()
        loan.returned_at = timezone.now()
        loan.save(update_fields=["returned_at"])
        return Response(self.get_serializer(loan).data)


@api_view()
@permission_classes([permissions.IsAuthenticated])
def me(request):
    return Response({"username": request.user.username, "loans": request.user.loans.count()})
