"""Computes tests/vectors/srp.json, the vectors that the Python and the JavaScript sign-in both have to meet.

Shares no code with either: the prime comes from its definition in RFC 3526 (digits of pi), bytes are handled as
hexadecimal text, and every case is worked out from the client's and from the server's side, which have to agree.
`python -m tests.site.srp_vectors` writes the file; test_srp.py checks that it is what this computes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

VECTORS = Path(__file__).parent.parent / "vectors" / "srp.json"

FIELDS = {
    "name": "what this case is there to catch",
    "poolId": "the user pool's id; the part after the underscore is the pool's name in the hashes",
    "username": "what the person types: goes into InitiateAuth as USERNAME",
    "userIdForSrp": "USER_ID_FOR_SRP of the challenge: is hashed, signed, and sent as USERNAME in the answer",
    "password": "the password; hashed as UTF-8, as it was typed",
    "a": "the client's secret exponent, hexadecimal (random in life, fixed here)",
    "A": "SRP_A to send, lower-case hexadecimal without leading zeros: g^a mod N",
    "salt": "SALT of the challenge, hexadecimal; leading zeros do not count, it is an integer",
    "b": "the server's secret exponent, hexadecimal: only for whoever writes a server",
    "B": "SRP_B of the challenge, hexadecimal",
    "secretBlock": "SECRET_BLOCK of the challenge, base64",
    "epochSeconds": "the moment of signing, seconds since 1970",
    "timestamp": "TIMESTAMP of the answer: the same moment in English, UTC, day of the month without a zero",
    "u": "the scrambler H(A, B), 64 hexadecimal digits",
    "x": "the private key H(salt, H(poolName userId ':' password)), 64 hexadecimal digits",
    "S": "the premaster secret, lower-case hexadecimal without leading zeros",
    "hkdfKey": "16 bytes, hexadecimal: HKDF-SHA256(ikm=S, salt=u, info='Caldera Derived Key')",
    "signature": "PASSWORD_CLAIM_SIGNATURE, base64: HMAC-SHA256(hkdfKey, poolName userId secretBlock timestamp)",
}


def pi_floor(bits: int) -> int:
    """floor(pi * 2**bits), by Machin's formula with 64 guard bits."""
    one = 1 << (bits + 64)

    def arctan_of_inverse(n: int) -> int:
        total, term, k = 0, one // n, 0
        while term:
            total += (-1) ** k * (term // (2 * k + 1))
            term //= n * n
            k += 1
        return total

    return (4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))) >> 64


N = 2**3072 - 2**3008 - 1 + 2**64 * (pi_floor(2942) + 1690314)
G = 2  # RFC 5054 lists 5 for this prime; Cognito uses 2.


def signed_hex(number: int) -> str:
    """As Java's BigInteger.toByteArray: whole bytes, and a zero byte first where the highest bit is set."""
    text = f"{number:x}"
    text = "0" * (len(text) % 2) + text
    return ("00" if text[0] in "89abcdef" else "") + text


def sha256_hex(*parts: str) -> str:
    return hashlib.sha256(bytes.fromhex("".join(parts))).hexdigest()


def text_hex(text: str) -> str:
    return text.encode().hex()


K = int(sha256_hex(signed_hex(N), signed_hex(G)), 16)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One sign-in. `seed` settles the exponents and the secret block."""

    name: str
    seed: str
    pool_id: str = "eu-west-1_Ab3dE6gH9"
    username: str = "ada@example.edu"
    user_id: str = "72f5a4d4-c0c1-70b4-8bb4-5f0bd6a3a1f2"
    password: str = "Correct-Horse-Battery-7"
    salt: str = "4f2d1c0b9a8877665544332211ffee01"
    epoch: int = 1_763_634_909


def exponent(seed: str) -> int:
    """1024 bits that depend on `seed` alone."""
    return int("".join(hashlib.sha256(f"{seed}/{i}".encode()).hexdigest() for i in range(4)), 16)


def work_out(case: Case) -> dict[str, str | int]:
    """Every number of the case. Raises AssertionError where the two sides do not arrive at the same secret."""
    pool_name = case.pool_id.partition("_")[2]
    a, b = exponent(f"{case.seed}/a"), exponent(f"{case.seed}/b")
    inner = sha256_hex(text_hex(f"{pool_name}{case.user_id}:{case.password}"))
    x_hex = sha256_hex(signed_hex(int(case.salt, 16)), inner)
    x = int(x_hex, 16)
    verifier = pow(G, x, N)
    big_a, big_b = pow(G, a, N), (K * verifier + pow(G, b, N)) % N
    u_hex = sha256_hex(signed_hex(big_a), signed_hex(big_b))
    u = int(u_hex, 16)
    secret = pow(big_b - K * verifier, a + u * x, N)
    assert secret == pow(big_a * pow(verifier, u, N), b, N), "client and server disagree"
    extracted = hmac.digest(bytes.fromhex(signed_hex(u)), bytes.fromhex(signed_hex(secret)), "sha256")
    key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
    secret_block = hashlib.sha512(f"{case.seed}/block".encode()).digest()
    moment = datetime.fromtimestamp(case.epoch, UTC)
    timestamp = f"{moment:%a %b} {moment.day} {moment:%H:%M:%S} UTC {moment.year}"
    message = f"{pool_name}{case.user_id}".encode() + secret_block + timestamp.encode()
    return {
        "name": case.name,
        "poolId": case.pool_id,
        "username": case.username,
        "userIdForSrp": case.user_id,
        "password": case.password,
        "a": f"{a:x}",
        "A": f"{big_a:x}",
        "salt": case.salt,
        "b": f"{b:x}",
        "B": f"{big_b:x}",
        "secretBlock": base64.b64encode(secret_block).decode(),
        "epochSeconds": case.epoch,
        "timestamp": timestamp,
        "u": u_hex,
        "x": x_hex,
        "S": f"{secret:x}",
        "hkdfKey": key.hex(),
        "signature": base64.b64encode(hmac.digest(key, message, "sha256")).decode(),
    }


def compute() -> dict[str, object]:
    """The whole content of srp.json. Raises AssertionError where a case is not what its name says."""
    plain = [
        Case(name="an ordinary sign-in", seed="plain"),
        Case(name="salt with its highest bit set", seed="salt-high", salt="f1e2d3c4b5a697887766554433221100"),
        Case(name="salt with a leading zero byte", seed="salt-zero", salt="00a1b2c3d4e5f60718293a4b5c6d7e8f"),
        Case(name="salt of an odd number of digits", seed="salt-odd", salt="9b2c3d4e5f60718293a4b5c6d7e8f01"),
        Case(name="password with letters outside ASCII", seed="utf8", password="Mật-khẩu-Ünïcode-7-學"),
        Case(name="password with spaces and a colon", seed="colon", password=" a:b  c:D7! "),
        Case(name="the user name itself is hashed", seed="name", user_id="ada@example.edu"),
        Case(name="one digit for the day, before noon", seed="day", epoch=1_767_596_645),
        Case(name="a leap day at midnight", seed="leap", epoch=1_835_395_200),
        Case(name="pool of another region", seed="pool", pool_id="ap-southeast-1_ZyXwVu987"),
    ]
    # These seeds were searched for: one in two numbers has its highest bit set, one in 256 begins with a zero byte.
    padded = {"A": ("a-high-0", "a-zero-45"), "B": ("b-high-0", "b-zero-318"), "S": ("s-high-0", "s-zero-321")}
    padded["u"] = ("u-high-3", "u-zero-909")
    cases = [work_out(case) for case in plain]
    for field, (high_seed, zero_seed) in padded.items():
        bits = 256 if field == "u" else 3072
        high = work_out(Case(name=f"{field} with its highest bit set", seed=high_seed))
        zero = work_out(Case(name=f"{field} with a leading zero byte", seed=zero_seed))
        assert int(str(high[field]), 16).bit_length() == bits, high["name"]
        assert int(str(zero[field]), 16).bit_length() <= bits - 8, zero["name"]
        cases += [high, zero]
    return {
        "about": "SRP-6a as Amazon Cognito uses it (USER_SRP_AUTH). Computed by tests/site/srp_vectors.py.",
        "fields": FIELDS,
        "N": f"{N:x}",
        "g": f"{G:x}",
        "k": f"{K:x}",
        "cases": cases,
    }


def text() -> str:
    return json.dumps(compute(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    VECTORS.write_text(text(), encoding="utf-8")
