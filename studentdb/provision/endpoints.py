"""The one seam between AWS and the embedded engine: everything that differs between them is in this file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Endpoints:
    """Where AWS is, and what its data planes are called for browsers, the CLI and CloudFront.

    `endpoint_url` None is AWS itself. `embedded` says that the endpoint is the embedded engine, whose data planes are
    addressed by path and host on one port; any other endpoint is treated like AWS, but may lack calls.
    """

    region: str
    endpoint_url: str | None = None
    embedded: bool = False

    @property
    def stands_in(self) -> bool:
        """Somebody else's engine in AWS's place: what it does not know is left out, where AWS would be at fault."""
        host = urlsplit(self.endpoint_url or "").hostname
        # AWS has addresses of its own to choose, too (VPC endpoints, dual stack).
        return host is not None and not self.embedded and not host.endswith((".amazonaws.com", ".api.aws"))

    @property
    def s3_addressing(self) -> str:
        """Virtual hosts on AWS; on another endpoint a bucket's host name would not resolve."""
        return "virtual" if self.endpoint_url is None else "path"

    @property
    def has_tls(self) -> bool:
        """A rule that refuses everything without TLS would lock everybody but root out of an engine that has none."""
        return urlsplit(self.endpoint_url or "https:").scheme == "https"

    @property
    def viewer_protocol_policy(self) -> str:
        """The engine has no TLS: redirecting to https would lead nowhere there."""
        return "allow-all" if self.embedded else "redirect-to-https"

    @property
    def limits_senders(self) -> bool:
        """The engine asks for the right to send mail on `*`, where AWS takes identities and configuration sets."""
        return not self.embedded

    @property
    def host_runs_functions(self) -> bool:
        """The engine runs them in its own Python, on the host's CPU: a layer's native code has to be the host's."""
        return self.embedded

    def api_url(self, api_id: str, stage: str) -> str:
        """The base URL of an HTTP API's stage."""
        if self.embedded:
            return f"{self.endpoint_url}/_aws/execute-api/{api_id}/{stage}"
        return f"https://{api_id}.execute-api.{self.region}.amazonaws.com/{stage}"

    def api_origin(self, api_id: str, stage: str) -> dict[str, Any]:
        """DomainName, OriginPath and protocol of the distribution's API origin."""
        if self.embedded:
            return {
                "domain": "localhost",
                "path": f"/_aws/execute-api/{api_id}/{stage}",
                "http_port": urlsplit(self.endpoint_url or "").port or 80,
                "protocol": "http-only",
            }
        return {
            "domain": f"{api_id}.execute-api.{self.region}.amazonaws.com",
            "path": f"/{stage}",
            "http_port": 80,
            "protocol": "https-only",
        }

    def site_url(self, distribution_label: str) -> str:
        """What a person opens. `distribution_label` is the first label of the distribution's domain name."""
        if self.embedded:
            return f"http://{distribution_label}.cloudfront.localhost:{urlsplit(self.endpoint_url or '').port or 80}"
        return f"https://{distribution_label}.cloudfront.net"

    def bucket_origin(self, domain: str) -> str:
        """Where a browser sends files to. `domain` is the bucket's regional one, as in a presigned form (S3-25)."""
        if self.embedded:
            # The engine gives its functions this address, and they sign with it.
            return f"http://127.0.0.1:{urlsplit(self.endpoint_url or '').port or 80}"
        if self.endpoint_url is not None:
            parts = urlsplit(self.endpoint_url)
            return f"{parts.scheme}://{parts.netloc}"
        return f"https://{domain}"

    def cognito_url(self) -> str:
        """Where the browser and the CLI sign in."""
        if self.endpoint_url is not None:
            return self.endpoint_url
        return f"https://cognito-idp.{self.region}.amazonaws.com"

    def issuer(self, user_pool_id: str) -> str:
        """The `iss` of the pool's tokens: the same on AWS and on the engine."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{user_pool_id}"
