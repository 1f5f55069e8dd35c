"""The pages around quizzes, assignments, surveys, excuses, rules and certificates, in one tuple for the application."""

from web.pages import learning, rollcall, tasks
from web.pages.admin import certificates as admin_certificates
from web.pages.teaching import assignments, course, excuses, items, quizzes, rules, survey

ROUTERS = (
    learning.router,
    tasks.router,
    rollcall.router,
    course.router,
    quizzes.router,
    assignments.router,
    excuses.router,
    items.router,
    survey.router,
    rules.router,
    admin_certificates.router,
)
