"""SRP-6a as Amazon Cognito uses it (USER_SRP_AUTH): the password never leaves this machine.

RFC 5054's group of 3072 bits, SHA-256, HKDF with Cognito's own info string. The JavaScript side does the same; both
meet tests/vectors/srp.json.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from studentdb.errors import StudentDBError

N = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7"
    "abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c"
    "bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
    16,
)
# RFC 5054 lists 5 for this prime; Cognito uses 2.
G = 2
INFO = b"Caldera Derived Key"

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _bytes(number: int) -> bytes:
    """Java's BigInteger.toByteArray, which the service uses: a zero byte first where the highest bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K = _hash(_bytes(N), _bytes(G))


def timestamp(moment: datetime) -> str:
    """`Thu Nov 20 10:35:09 UTC 2025`: English whatever the locale, the day of the month without a zero."""
    utc = moment.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc.day} {utc:%H:%M:%S} UTC {utc.year}"


class Handshake:
    """One sign-in's secret exponent. `secret` is for tests; 1024 random bits otherwise."""

    def __init__(self, *, secret: int | None = None) -> None:
        self._a = secret if secret is not None else secrets.randbits(1024) | 1 << 1023
        self._public = pow(G, self._a, N)

    @property
    def public(self) -> str:
        """SRP_A, hexadecimal."""
        return f"{self._public:x}"

    def prove(
        self,
        *,
        user_pool_id: str,
        user_id: str,
        password: str,
        salt: str,
        server_public: str,
        secret_block: str,
        moment: str,
    ) -> str:
        """PASSWORD_CLAIM_SIGNATURE, base64, for a PASSWORD_VERIFIER challenge.

        `user_id`, `salt`, `server_public` (SRP_B) and `secret_block` come from the challenge, `moment` from
        `timestamp`. Raises StudentDBError where the challenge is not an honest one.
        """
        pool_name = user_pool_id.partition("_")[2]
        key = self._key(
            server=int(server_public, 16),
            # An integer, as the service's own SDKs take it: leading zeros of the salt do not count.
            x=_hash(_bytes(int(salt, 16)), hashlib.sha256(f"{pool_name}{user_id}:{password}".encode()).digest()),
        )
        message = f"{pool_name}{user_id}".encode() + base64.b64decode(secret_block) + moment.encode()
        return base64.b64encode(hmac.digest(key, message, "sha256")).decode()

    def _key(self, *, server: int, x: int) -> bytes:
        scrambler = _hash(_bytes(self._public), _bytes(server))
        # With either of these a server that does not know the password could go through with it (RFC 5054, 2.5.4).
        if server % N == 0 or scrambler == 0:
            raise StudentDBError("the sign-in service's answer is refused", why="it is not a valid SRP challenge")
        shared = pow(server - K * pow(G, x, N), self._a + scrambler * x, N)
        extracted = hmac.digest(_bytes(scrambler), _bytes(shared), "sha256")
        return hmac.digest(extracted, INFO + b"\x01", "sha256")[:16]
