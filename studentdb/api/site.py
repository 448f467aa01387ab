"""A site's config.json: how a person without AWS credentials learns where to sign in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from studentdb.api.transport import Http, is_this_machine, refuse_insecure
from studentdb.errors import UnavailableError, UsageError

KEYS = ("deployment", "region", "siteUrl", "apiUrl", "userPoolId", "clientId", "cognitoUrl")

_LARGEST = 16_384  # bytes
_SHAPES = {
    "deployment": re.compile(r"student-management(-[a-z][a-z0-9-]{0,15})?@[a-z0-9-]{1,32}"),
    "region": re.compile(r"[a-z0-9-]{1,32}"),
    "userPoolId": re.compile(r"[\w-]{1,55}", re.ASCII),
    "clientId": re.compile(r"[\w+]{1,128}", re.ASCII),
}
_URL = re.compile(r"https?://[\w.:\[\]/-]{1,300}", re.ASCII)


def site_root(text: str) -> str:
    """`https://host` of whatever a person pastes: a bare name, or the address of any page of the site.

    Raises UsageError for what is no address, and for http:// to another machine.
    """
    address = text.strip() if "://" in text else f"https://{text.strip()}"
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise UsageError(f"{text} is not the address of a site", why=str(error)) from error
    refuse_insecure(address)
    root = f"{url.scheme}://{url.netloc.decode('ascii')}"
    if not _URL.fullmatch(root):
        raise UsageError(f"{text} is not the address of a site")
    return root


def fetch_config(http: Http, site: str) -> Mapping[str, str]:
    """The seven strings of the config.json of the site at `site`, all of them checked.

    Raises UsageError where there is no studentdb site, UnavailableError where the site does not answer.
    """
    root = site_root(site)
    response = http.send("GET", f"{root}/config.json", headers={"Accept": "application/json"})
    if response.status_code >= 500 or response.status_code == 429:
        raise UnavailableError(f"{root} is not available", why=f"HTTP {response.status_code}", hint="try again")
    if response.status_code != 200:
        raise _not_a_site(root, f"config.json answers HTTP {response.status_code}")
    try:
        content = response.json() if len(response.content) <= _LARGEST else None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _not_a_site(root, "config.json is not what a deploy writes")
    config = {key: content.get(key) for key in KEYS}
    return _checked(root, config)


def _checked(root: str, config: Mapping[str, object]) -> Mapping[str, str]:
    """What is printed, or asked for a sign-in, has to look like what it says it is."""
    found: dict[str, str] = {}
    for key, value in config.items():
        shape = _SHAPES.get(key, _URL)
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise _not_a_site(root, f"config.json has no valid {key}")
        found[key] = value
    for key in ("siteUrl", "apiUrl", "cognitoUrl"):
        refuse_insecure(found[key])
    # A person signs in nowhere but at AWS; on this machine, at the engine that serves the site.
    host = httpx.URL(found["cognitoUrl"]).host
    at_aws = host in {f"cognito-idp.{found['region']}.amazonaws.com{end}" for end in ("", ".cn")}
    if not at_aws and not (is_this_machine(host) and is_this_machine(httpx.URL(root).host)):
        raise _not_a_site(root, f"its sign-in service {host} is not Cognito")
    return found


def _not_a_site(root: str, why: str) -> UsageError:
    return UsageError(f"{root} is not a studentdb site", why=why, hint="ask your administrator for the site's address")
