"""The nouns of the API, as its client needs to know them."""

from __future__ import annotations

from studentdb.api.records import Noun
from studentdb.contract.academic_sessions import AcademicSession
from studentdb.contract.audit import Act
from studentdb.contract.classes import Class
from studentdb.contract.enrollments import Enrollment, PersonEnrollment, RosterEntry
from studentdb.contract.line_items import LineItem
from studentdb.contract.mail import Suppression
from studentdb.contract.media import Media
from studentdb.contract.notifications import Notification, ReceivedNotification
from studentdb.contract.registrations import Registration
from studentdb.contract.results import Result
from studentdb.contract.staff import Admin, Lecturer
from studentdb.contract.students import Student
from studentdb.contract.subjects import Subject
from studentdb.contract.user_upkeep import Invitation
from studentdb.contract.users import User

STUDENT = Noun("student", "students", Student, key="identifier")
LECTURER = Noun("lecturer", "lecturers", Lecturer, key="identifier")
ADMIN = Noun("admin", "admins", Admin, key="identifier")
ACADEMIC_SESSION = Noun("academic_session", "academic_sessions", AcademicSession)
SUBJECT = Noun("subject", "subjects", Subject, key="code")
CLASS = Noun("class", "classes", Class, key="classCode")
# In a class: one by one, and all of its people.
ENROLLMENT = Noun("enrollment", "enrollments", Enrollment, parameter="personId")
ROSTER = Noun("enrollment", "roster", RosterEntry)
# Of a person.
ENROLLMENTS = Noun("enrollment", "enrollments", PersonEnrollment)
# In a class, and in a line item of it.
LINE_ITEM = Noun("line_item", "line_items", LineItem)
RESULT = Noun("result", "results", Result, parameter="studentId")
RESULT_HISTORY = Noun("act", "result_history", Act)
ACT = Noun("act", "audit", Act)
NOTIFICATION = Noun("notification", "notifications", Notification)
RECEIVED_NOTIFICATION = Noun("received_notification", "received_notifications", ReceivedNotification)
MEDIA = Noun("media", "media", Media)
USER = Noun("user", "users", User, key="email")
REGISTRATION = Noun("registration", "registrations", Registration)
INVITATION = Noun("invitation", "invitations", Invitation)
SUPPRESSION = Noun("suppression", "suppressions", Suppression)
