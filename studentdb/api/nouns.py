"""The nouns of the deployed API, as commands use them: each noun's models are loaded when it is first asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from studentdb.api.client import ApiClient
    from studentdb.api.media import Files
    from studentdb.api.records import Records
    from studentdb.api.scores import Scores
    from studentdb.api.transport import Http
    from studentdb.contract.academic_sessions import AcademicSession
    from studentdb.contract.audit import Act
    from studentdb.contract.classes import Class
    from studentdb.contract.enrollments import Enrollment, PersonEnrollment, RosterEntry
    from studentdb.contract.line_items import LineItem
    from studentdb.contract.mail import Suppression
    from studentdb.contract.media import Media
    from studentdb.contract.models import ResponseModel
    from studentdb.contract.notifications import Notification, ReceivedNotification
    from studentdb.contract.registrations import Registration
    from studentdb.contract.results import Result
    from studentdb.contract.staff import Admin, Lecturer
    from studentdb.contract.students import Student
    from studentdb.contract.subjects import Subject
    from studentdb.contract.user_upkeep import Invitation
    from studentdb.contract.users import User

    T = TypeVar("T", bound=ResponseModel)


class Nouns(ABC):
    """The records of one deployment, `known`, on behalf of whoever is signed in."""

    @property
    @abstractmethod
    def api(self) -> ApiClient:
        """Its API."""

    @property
    @abstractmethod
    def http(self) -> Http:
        """The connections, for what goes to S3."""

    @cached_property
    def students(self) -> Records[Student]:
        """The students of `known`."""
        from studentdb.contract.students import Student

        return self._records("student", "students", Student, key="identifier")

    @cached_property
    def lecturers(self) -> Records[Lecturer]:
        """The lecturers of `known`."""
        from studentdb.contract.staff import Lecturer

        return self._records("lecturer", "lecturers", Lecturer, key="identifier")

    @cached_property
    def admins(self) -> Records[Admin]:
        """The admins of `known`, as people."""
        from studentdb.contract.staff import Admin

        return self._records("admin", "admins", Admin, key="identifier")

    @cached_property
    def academic_sessions(self) -> Records[AcademicSession]:
        """The academic sessions of `known`."""
        from studentdb.contract.academic_sessions import AcademicSession

        return self._records("academic_session", "academic_sessions", AcademicSession)

    @cached_property
    def subjects(self) -> Records[Subject]:
        """The subjects of `known`."""
        from studentdb.contract.subjects import Subject

        return self._records("subject", "subjects", Subject, key="code")

    @cached_property
    def classes(self) -> Records[Class]:
        """The classes of `known`; for lecturers and students their own."""
        from studentdb.contract.classes import Class

        return self._records("class", "classes", Class, key="classCode")

    @cached_property
    def enrollments(self) -> Records[PersonEnrollment]:
        """The enrollments of people, listed by person."""
        from studentdb.contract.enrollments import PersonEnrollment

        return self._records("enrollment", "enrollments", PersonEnrollment)

    def roster(self, class_id: str) -> Records[RosterEntry]:
        """The people of a class, listed by name."""
        from studentdb.contract.enrollments import RosterEntry

        return self._records("enrollment", "roster", RosterEntry, within={"id": class_id})

    def enrollments_in(self, class_id: str) -> Records[Enrollment]:
        """The enrollments in a class, by person."""
        from studentdb.contract.enrollments import Enrollment

        return self._records("enrollment", "enrollments", Enrollment, within={"id": class_id}, parameter="personId")

    def line_items(self, class_id: str) -> Records[LineItem]:
        """What is graded in a class."""
        from studentdb.contract.line_items import LineItem

        return self._records("line_item", "line_items", LineItem, within={"classId": class_id})

    def results(self, class_id: str, item_id: str) -> Records[Result]:
        """The results in a line item, by student; they are given with `scores`."""
        from studentdb.contract.results import Result

        return self._records(
            "result", "results", Result, within={"classId": class_id, "id": item_id}, parameter="studentId"
        )

    def result_history(self, class_id: str, item_id: str, student_id: str) -> Records[Act]:
        """The changes of a result; they can only be listed."""
        from studentdb.contract.audit import Act

        return self._records(
            "act", "result_history", Act, within={"classId": class_id, "id": item_id, "studentId": student_id}
        )

    def scores(self, class_id: str) -> Scores:
        """The scores of a class, and what follows from them."""
        from studentdb.api.scores import Scores

        return Scores(self.api, class_id)

    @cached_property
    def audit(self) -> Records[Act]:
        """The audit of `known`; it can only be listed."""
        from studentdb.contract.audit import Act

        return self._records("act", "audit", Act)

    @cached_property
    def users(self) -> Records[User]:
        """The accounts of `known`."""
        from studentdb.contract.users import User

        return self._records("user", "users", User, key="email")

    @cached_property
    def registrations(self) -> Records[Registration]:
        """Who has signed up at `known`; they can only be listed, and decided on."""
        from studentdb.contract.registrations import Registration

        return self._records("registration", "registrations", Registration)

    @cached_property
    def invitations(self) -> Records[Invitation]:
        """The invitations that were queued at `known`; they can only be listed."""
        from studentdb.contract.user_upkeep import Invitation

        return self._records("invitation", "invitations", Invitation)

    @cached_property
    def suppressions(self) -> Records[Suppression]:
        """The addresses that get no mail from `known`; they can only be listed."""
        from studentdb.contract.mail import Suppression

        return self._records("suppression", "suppressions", Suppression)

    @cached_property
    def notifications(self) -> Records[Notification]:
        """What was sent at `known`, audience by audience."""
        from studentdb.contract.notifications import Notification

        return self._records("notification", "notifications", Notification)

    @cached_property
    def media(self) -> Records[Media]:
        """The records of files at `known`; they are made with `files`."""
        from studentdb.contract.media import Media

        return self._records("media", "media", Media)

    @cached_property
    def files(self) -> Files:
        """The files themselves, to and from S3."""
        from studentdb.api.media import Files

        return Files(self.api, self.http)

    @cached_property
    def received_notifications(self) -> Records[ReceivedNotification]:
        """The notifications at `known` for whoever is signed in; they can only be listed."""
        from studentdb.contract.notifications import ReceivedNotification

        return self._records("received_notification", "received_notifications", ReceivedNotification)

    def _records(
        self,
        one: str,
        many: str,
        model: type[T],
        *,
        within: Mapping[str, str] | None = None,
        key: str = "",
        parameter: str = "id",
    ) -> Records[T]:
        from studentdb.api.records import Noun, Records

        return Records(self.api, Noun(one, many, model, key=key, parameter=parameter), within)
