"""One invocation of the tool: what was chosen, and the parts that commands need, each made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studentdb import home
from studentdb.errors import StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.api.client import ApiClient
    from studentdb.api.cognito import Cognito
    from studentdb.api.media import Files
    from studentdb.api.mfa import SecondFactor
    from studentdb.api.records import Noun, Records
    from studentdb.api.scores import Scores
    from studentdb.api.session import Session
    from studentdb.api.tokens import Binding
    from studentdb.api.transport import Http
    from studentdb.contract.academic_sessions import AcademicSession
    from studentdb.contract.audit import Act
    from studentdb.contract.classes import Class
    from studentdb.contract.enrollments import Enrollment, PersonEnrollment, RosterEntry
    from studentdb.contract.line_items import LineItem
    from studentdb.contract.media import Media
    from studentdb.contract.models import ResponseModel
    from studentdb.contract.notifications import Notification, ReceivedNotification
    from studentdb.contract.registrations import Registration
    from studentdb.contract.results import Result
    from studentdb.contract.staff import Admin, Lecturer
    from studentdb.contract.students import Student
    from studentdb.contract.subjects import Subject
    from studentdb.contract.users import User
    from studentdb.local.engine import LocalEngine
    from studentdb.provision.aws import Aws
    from studentdb.provision.deployer import Deployer
    from studentdb.provision.events import Emit
    from studentdb.provision.resources.lambda_layer import LayerContent
    from studentdb.settings import Settings
    from studentdb.targets import Known, Registry, Target

    T = TypeVar("T", bound=ResponseModel)


class Context:
    """`flags` are those that choose a deployment or a setting; None where one was not given."""

    def __init__(self, flags: Mapping[str, object], *, environ: Mapping[str, str], cwd: Path) -> None:
        self._flags = flags
        self._environ = environ
        self._cwd = cwd

    @cached_property
    def home(self) -> Path:
        """The folder of everything that the tool keeps on disk."""
        return home.locate(self._environ)

    @cached_property
    def settings(self) -> Settings:
        """Flags over variables over studentdb.toml over defaults. Raises UsageError."""
        from studentdb.settings import load

        return load(self._flags, self._environ, self._cwd)

    @cached_property
    def registry(self) -> Registry:
        """The deployments that this machine knows."""
        from studentdb.targets import Registry

        return Registry(self.home)

    @cached_property
    def local_engine(self) -> LocalEngine:
        """The embedded engine of this home."""
        from studentdb.local.engine import LocalEngine

        return LocalEngine(self.home / "local")

    @cached_property
    def target(self) -> Target:
        """The deployment that a command of the control plane means; perhaps one that does not exist yet."""
        from studentdb.targets import resolve

        return resolve(self.settings, self._environ, self.registry, purpose="control")

    @cached_property
    def known(self) -> Known:
        """The deployment whose data is meant; on the embedded engine it is running by now."""
        from studentdb.targets import resolve_known

        known = resolve_known(self.settings, self._environ, self.registry)
        if known.place == "local" and (url := self.local_engine.up().url) != known.cognito_url:
            # Whatever listens at the old address must not get a token.
            raise StudentDBError(
                f"{known.label} has moved",
                why=f"the engine listens at {url}, and the addresses known are at {known.cognito_url}",
                hint=f"studentdb deploy --local --env {known.env}",
            )
        return known

    @cached_property
    def aws(self) -> Aws:
        """AWS, or what stands in for it, with credentials that work. Raises as `connect` does."""
        from studentdb.provision.connect import connect

        target = self.target
        endpoint_url, embedded = target.endpoint_url, False
        if target.place == "local":
            endpoint_url, embedded = self.local_engine.up().url, True
        elif endpoint_url is not None:
            from studentdb.local.engine import is_embedded

            embedded = is_embedded(endpoint_url)
        aws = connect(
            env=target.env,
            region=target.region or None,
            profile=target.profile,
            endpoint_url=endpoint_url,
            engine_key=target.place == "local",
            embedded=embedded,
        )
        known_account = target.account
        if target.place != "local" and known_account not in {None, aws.account}:
            raise UsageError(
                f"these AWS credentials are not for {target.label}",
                why=f"it is in account {known_account}, and they belong to account {aws.account}",
                hint="choose others with --profile NAME, or name the deployment that you mean with --env or --region",
            )
        return aws

    def deployer(self, emit: Emit) -> Deployer:
        """The deployer of `target`, which tells `emit` what it does."""
        from studentdb import bundle
        from studentdb.custom_fields import variable
        from studentdb.provision.deployer import Deployer, Source
        from studentdb.provision.stack_settings import StackSettings
        from studentdb.targets import Known

        found = bundle.find()
        chosen = self.settings
        return Deployer(
            self.aws,
            StackSettings(
                password_minimum_length=chosen.password_minimum_length,
                log_retention_days=chosen.log_retention_days,
                api_burst=chosen.api_burst,
                api_rate=chosen.api_rate,
                custom_fields=variable(chosen.custom_fields),
                self_registration=chosen.self_registration,
                self_registration_domains=chosen.self_registration_domains,
                mfa_required_roles=" ".join(chosen.mfa_required_roles),
                grade_scale=chosen.grade_scale,
                school_name=chosen.school_name,
                mail_from=chosen.mail_from or "",
                mail_identity=chosen.mail_identity,
                media_quota_mb=chosen.media_quota_mb,
                media_kms_key=chosen.media_kms_key or "",
            ),
            Source(
                functions=found.lambda_src,
                site=found.site,
                public_routes=found.public_routes,
                account_routes=found.account_routes,
                pillow=self._pillow(),
            ),
            emit,
            # What was learned from a site names no account.
            user_pool_id=self.target.user_pool_id
            if isinstance(self.target, Known) and not self.target.account
            else None,
        )

    def _pillow(self) -> LayerContent:
        from studentdb import pillow_layer

        if self.aws.endpoints.host_runs_functions:
            return pillow_layer.installed()
        return pillow_layer.pinned(self.home / "wheels")

    @cached_property
    def http(self) -> Http:
        """The connections of this invocation."""
        from studentdb.api.transport import Http

        return Http()

    @cached_property
    def session(self) -> Session:
        """The session with `known`, whether or not somebody is signed in."""
        from studentdb.api.session import Session
        from studentdb.api.tokens import TokenStore

        return Session(self.binding, self.cognito, TokenStore(self.home))

    @cached_property
    def binding(self) -> Binding:
        """What a session with `known` belongs to."""
        from studentdb.api.tokens import Binding

        known = self.known
        return Binding(
            api_url=known.api_url,
            cognito_url=known.cognito_url,
            user_pool_id=known.user_pool_id,
            client_id=known.client_id,
        )

    @cached_property
    def cognito(self) -> Cognito:
        """The sign-in service of `known`."""
        from studentdb.api.cognito import Cognito

        return Cognito(self.http, self.binding)

    @cached_property
    def second_factor(self) -> SecondFactor:
        """The second factor of whoever is signed in."""
        from studentdb.api.cognito_service import CognitoService
        from studentdb.api.mfa import SecondFactor

        return SecondFactor(CognitoService(self.http, self.known.cognito_url), self.session)

    @cached_property
    def api(self) -> ApiClient:
        """The API of `known`, on behalf of whoever is signed in."""
        from studentdb.api.client import ApiClient

        return ApiClient(self.http, self.session)

    @cached_property
    def students(self) -> Records[Student]:
        """The students of `known`."""
        from studentdb.api.nouns import STUDENT

        return self._records(STUDENT)

    @cached_property
    def lecturers(self) -> Records[Lecturer]:
        """The lecturers of `known`."""
        from studentdb.api.nouns import LECTURER

        return self._records(LECTURER)

    @cached_property
    def admins(self) -> Records[Admin]:
        """The admins of `known`, as people."""
        from studentdb.api.nouns import ADMIN

        return self._records(ADMIN)

    @cached_property
    def academic_sessions(self) -> Records[AcademicSession]:
        """The academic sessions of `known`."""
        from studentdb.api.nouns import ACADEMIC_SESSION

        return self._records(ACADEMIC_SESSION)

    @cached_property
    def subjects(self) -> Records[Subject]:
        """The subjects of `known`."""
        from studentdb.api.nouns import SUBJECT

        return self._records(SUBJECT)

    @cached_property
    def classes(self) -> Records[Class]:
        """The classes of `known`; for lecturers and students their own."""
        from studentdb.api.nouns import CLASS

        return self._records(CLASS)

    @cached_property
    def enrollments(self) -> Records[PersonEnrollment]:
        """The enrollments of people, listed by person."""
        from studentdb.api.nouns import ENROLLMENTS

        return self._records(ENROLLMENTS)

    def roster(self, class_id: str) -> Records[RosterEntry]:
        """The people of a class, listed by name."""
        from studentdb.api.nouns import ROSTER

        return self._records(ROSTER, {"id": class_id})

    def enrollments_in(self, class_id: str) -> Records[Enrollment]:
        """The enrollments in a class, by person."""
        from studentdb.api.nouns import ENROLLMENT

        return self._records(ENROLLMENT, {"id": class_id})

    def line_items(self, class_id: str) -> Records[LineItem]:
        """What is graded in a class."""
        from studentdb.api.nouns import LINE_ITEM

        return self._records(LINE_ITEM, {"classId": class_id})

    def results(self, class_id: str, item_id: str) -> Records[Result]:
        """The results in a line item, by student; they are given with `scores`."""
        from studentdb.api.nouns import RESULT

        return self._records(RESULT, {"classId": class_id, "id": item_id})

    def result_history(self, class_id: str, item_id: str, student_id: str) -> Records[Act]:
        """The changes of a result; they can only be listed."""
        from studentdb.api.nouns import RESULT_HISTORY

        return self._records(RESULT_HISTORY, {"classId": class_id, "id": item_id, "studentId": student_id})

    def scores(self, class_id: str) -> Scores:
        """The scores of a class, and what follows from them."""
        from studentdb.api.scores import Scores

        return Scores(self.api, class_id)

    @cached_property
    def audit(self) -> Records[Act]:
        """The audit of `known`; it can only be listed."""
        from studentdb.api.nouns import ACT

        return self._records(ACT)

    @cached_property
    def users(self) -> Records[User]:
        """The accounts of `known`."""
        from studentdb.api.nouns import USER

        return self._records(USER)

    @cached_property
    def registrations(self) -> Records[Registration]:
        """Who has signed up at `known`; they can only be listed, and decided on."""
        from studentdb.api.nouns import REGISTRATION

        return self._records(REGISTRATION)

    @cached_property
    def notifications(self) -> Records[Notification]:
        """What was sent at `known`, audience by audience."""
        from studentdb.api.nouns import NOTIFICATION

        return self._records(NOTIFICATION)

    @cached_property
    def media(self) -> Records[Media]:
        """The records of files at `known`; they are made with `files`."""
        from studentdb.api.nouns import MEDIA

        return self._records(MEDIA)

    @cached_property
    def files(self) -> Files:
        """The files themselves, to and from S3."""
        from studentdb.api.media import Files

        return Files(self.api, self.http)

    @cached_property
    def received_notifications(self) -> Records[ReceivedNotification]:
        """The notifications at `known` for whoever is signed in; they can only be listed."""
        from studentdb.api.nouns import RECEIVED_NOTIFICATION

        return self._records(RECEIVED_NOTIFICATION)

    def _records(self, noun: Noun[T], within: Mapping[str, str] | None = None) -> Records[T]:
        from studentdb.api.records import Records

        return Records(self.api, noun, within)

    @property
    def is_chosen(self) -> bool:
        """Whether a person named the target: by flag, variable, file or `use`, not only because it is the only one."""
        named = self.settings.model_fields_set & {"env", "region", "profile", "local"}
        return bool(named) or bool(self._environ.get("AWS_ENDPOINT_URL")) or self.registry.default() is not None

    @property
    def is_default(self) -> bool:
        """Whether `known` is meant where nothing is said."""
        return self.known == self.registry.default()

    def settle_on(self, known: Known) -> None:
        """Remember a deployment, and mean it from here on."""
        self.known = self.registry.remember(known)

    def forget(self, label: str, user_pool_id: str | None) -> bool:
        """A deployment of this account that is gone is not known any more. Says whether it was the default."""
        for known in self.registry.all():
            if known.label == label and (known.account == self.aws.account or known.user_pool_id == user_pool_id):
                was_default = known == self.registry.default()
                self.registry.forget(known)
                return was_default
        return False
