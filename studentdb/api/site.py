"""A site's config.json: how a person without AWS credentials learns where to sign in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from studentdb.api.transport import Http, TooLargeError, is_this_machine, refuse_insecure
from studentdb.errors import UnavailableError, UsageError

KEYS = ("deployment", "region", "siteUrl", "apiUrl", "userPoolId", "clientId", "cognitoUrl")

_LARGEST = 16_384  # bytes
_SHAPES = {
    "deployment": re.compile(r"student-management(-[a-z][a-z0-9-]{0,15})?/[a-z0-9-]{1,32}"),
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
    try:
        response = http.send("GET", f"{root}/config.json", headers={"Accept": "application/json"}, largest=_LARGEST)
    except TooLargeError as error:
        raise _not_a_site(root, f"config.json is larger than {_LARGEST} bytes") from error
    if response.status_code >= 500 or response.status_code == 429:
        raise UnavailableError(f"{root} is not available", why=f"HTTP {response.status_code}", hint="try again")
    if response.status_code != 200:
        raise _not_a_site(root, f"config.json answers HTTP {response.status_code}")
    try:
        content = response.json()
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
    # A site speaks for itself only: with another's address it would take over what this machine knows of that one.
    if site_root(found["siteUrl"]) != root or httpx.URL(found["siteUrl"]).path != "/":
        raise UsageError(
            f"{root} is refused",
            why=f"it says that it is {found['siteUrl']}",
            hint=f"if that is your school's site: studentdb login EMAIL --site {found['siteUrl']}",
        )
    why = _astray_here(root, found) if is_this_machine(httpx.URL(root).host) else _astray_on_aws(root, found)
    if why:
        raise _not_a_site(root, why)
    return found


def _astray_on_aws(root: str, found: Mapping[str, str]) -> str:
    """Why passwords or tokens would go elsewhere than to AWS's own services in the region; "" where they do not."""
    domain = f"{found['region']}.amazonaws.com"
    if found["cognitoUrl"].endswith((".cn", ".cn/")):
        domain += ".cn"
    if found["cognitoUrl"].rstrip("/") != f"https://cognito-idp.{domain}":
        return f"its sign-in service {httpx.URL(found['cognitoUrl']).host} is not Cognito"
    own = found["apiUrl"].startswith(f"{root}/")
    if not own and not re.fullmatch(rf"https://[a-z0-9]+\.execute-api\.{re.escape(domain)}/[\w-]+/?", found["apiUrl"]):
        return f"its API {httpx.URL(found['apiUrl']).host} is neither API Gateway's nor its own"
    return ""


def _astray_here(root: str, found: Mapping[str, str]) -> str:
    """The same on this machine: the engine that serves the site is its sign-in service and its API."""
    site, sign_in, api = httpx.URL(root), httpx.URL(found["cognitoUrl"]), httpx.URL(found["apiUrl"])
    if not is_this_machine(sign_in.host) or (sign_in.scheme, sign_in.port) != (site.scheme, site.port):
        return f"its sign-in service {found['cognitoUrl']} is not the engine that serves it"
    if (api.scheme, api.host, api.port) != (sign_in.scheme, sign_in.host, sign_in.port):
        return f"its API {found['apiUrl']} is not the engine that serves it"
    return ""


def _not_a_site(root: str, why: str) -> UsageError:
    return UsageError(f"{root} is not a studentdb site", why=why, hint="ask your administrator for the site's address")
