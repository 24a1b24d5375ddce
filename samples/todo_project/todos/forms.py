from django import forms

from todos.models import Todo


class TodoForm(forms.ModelForm):
    class Meta:
        model = Todo
        fields = ["title", "due_on", "priority", "project", "tags"]

    def clean_title(self):
        title = self.cleaned_data["title"]
        if title.isupper():
            raise forms.ValidationError("Please don't shout.")
        return title


class AttachmentForm(forms.Form):
    notes = forms.FileField()
