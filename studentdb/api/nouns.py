"""The nouns of the API, as its client needs to know them."""

from __future__ import annotations

from studentdb.api.records import Noun
from studentdb.contract.academic_sessions import AcademicSession
from studentdb.contract.audit import Act
from studentdb.contract.staff import Admin, Lecturer
from studentdb.contract.students import Student
from studentdb.contract.subjects import Subject
from studentdb.contract.users import User

STUDENT = Noun("student", "students", Student, key="identifier")
LECTURER = Noun("lecturer", "lecturers", Lecturer, key="identifier")
ADMIN = Noun("admin", "admins", Admin, key="identifier")
ACADEMIC_SESSION = Noun("academic_session", "academic_sessions", AcademicSession)
SUBJECT = Noun("subject", "subjects", Subject, key="code")
ACT = Noun("act", "audit", Act)
USER = Noun("user", "users", User, key="email")
