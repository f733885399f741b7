import autonomy.models.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('autonomy', '0023_check_readings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NotificationChoice',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='notification_choice', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('mail_waiting', models.BooleanField(default=True, help_text='A run waits for them.')),
                ('mail_reminder', models.BooleanField(default=True, help_text='A run still waits for them.')),
                ('mail_done', models.BooleanField(default=True, help_text='A document is ready.')),
                ('mail_failed', models.BooleanField(default=True, help_text='A run could not be finished.')),
            ],
            options={
                'db_table': 'autonomy_notification_choices',
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=autonomy.models.fields.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('waiting', 'waiting'), ('reminder', 'reminder'), ('done', 'done'), ('failed', 'failed'), ('check', 'check')], max_length=12)),
                ('cause', models.CharField(help_text='What it is about; told once.', max_length=100)),
                ('title', models.CharField(blank=True, max_length=300)),
                ('text', models.TextField()),
                ('url', models.CharField(blank=True, help_text="Path of the page; empty for the run's own.", max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='autonomy.run')),
            ],
            options={
                'db_table': 'autonomy_notifications',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['owner', '-created_at'], name='notification_recent'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['owner'], name='notification_unread')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['check', 'done', 'failed', 'reminder', 'waiting'])), name='notification_kind_known'), models.UniqueConstraint(fields=('owner', 'cause'), name='notification_once')],
            },
        ),
    ]
