from django.db import migrations

from headshots.lib import sealed

PURPOSE = "second factor"


def _change(apps, change):
    for factor in apps.get_model("mfa", "Authenticator").objects.exclude(type="webauthn"):
        data = dict(factor.data)
        for name in {"secret", "seed"} & data.keys():
            data[name] = change(data[name])
        if "migrated_codes" in data:
            data["migrated_codes"] = [change(code) for code in data["migrated_codes"]]
        if data != factor.data:
            factor.data = data
            factor.save(update_fields=["data"])


def seal(apps, schema_editor):
    def sealed_once(text):
        try:
            sealed.unseal(text, purpose=PURPOSE)
        except sealed.SealBroken:
            return sealed.seal(text, purpose=PURPOSE)
        return text

    _change(apps, sealed_once)


def unseal(apps, schema_editor):
    _change(apps, lambda text: sealed.unseal(text, purpose=PURPOSE))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_members_of_partners"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal, unseal)]
