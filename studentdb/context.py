"""One invocation of the tool: what was chosen, and the parts that commands need, each made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from studentdb import home
from studentdb.api.nouns import Nouns
from studentdb.errors import StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.api.client import ApiClient
    from studentdb.api.cognito import Cognito
    from studentdb.api.mfa import SecondFactor
    from studentdb.api.session import Session
    from studentdb.api.tokens import Binding
    from studentdb.api.transport import Http
    from studentdb.local.engine import LocalEngine
    from studentdb.provision.aws import Aws
    from studentdb.provision.deployer import Deployer
    from studentdb.provision.events import Emit
    from studentdb.provision.resources.lambda_layer import LayerContent
    from studentdb.settings import Settings
    from studentdb.targets import Known, Registry, Target


class Context(Nouns):
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
