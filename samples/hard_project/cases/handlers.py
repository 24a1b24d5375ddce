from django.db.models.signals import post_save
from django.dispatch import receiver

from cases.models import Member, Profile


@receiver(post_save, sender=Member)
def make_profile(sender, instance, created, **kwargs):
    if created:
        Profile.objects.create(member=instance, greeting=f"Hello {instance.email}!")
