from library.models import Author, Book, Loan
from rest_framework import serializers
from taggit.serializers import TaggitSerializer, TagListSerializerField


class AuthorSerializer(serializers.ModelSerializer):
    book_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Author
        fields = ["id", "name", "born_on", "languages", "book_count"]


class BookSerializer(TaggitSerializer, serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.name", read_only=True)
    owner = serializers.SlugRelatedField("username", read_only=True)
    tags = TagListSerializerField(required=False)
    on_loan = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = [
            "id",
            "title",
            "isbn",
            "price",
            "pages",
            "rating",
            "author",
            "author_name",
            "translators",
            "owner",
            "created",
            "modified",
            "cover",
            "tags",
            "on_loan",
        ]

    def get_on_loan(self, book) -> bool:
        return book.loans.filter(returned_at=None).exists()


class LoanSerializer(serializers.ModelSerializer):
    class Meta:
        model = Loan
        fields = ["id", "book", "reader", "period", "lent_at", "returned_at"]
        read_only_fields = ["reader", "lent_at"]

    def validate_book(self, book):
        if book.loans.filter(returned_at=None).exists():
            raise serializers.ValidationError("This book is on loan.")
        return book
