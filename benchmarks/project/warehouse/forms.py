from django import forms

from warehouse.models import Movement


class MovementForm(forms.ModelForm):
    class Meta:
        model = Movement
        fields = ["quantity", "reason", "note"]

    def clean_quantity(self):
        quantity = self.cleaned_data["quantity"]
        if quantity == 0:
            raise forms.ValidationError("Nothing would move.")
        return quantity
