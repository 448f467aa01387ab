/**
 * SRP-6a as Amazon Cognito uses it: proves that one knows the password without sending it. The 3072-bit prime of
 * RFC 5054 with generator 2, SHA-256, and a key by HKDF. tests/vectors/srp.json holds this side and the Python side to
 * the same numbers. BigInt does not run in constant time; what is computed stays where the password is typed.
 */

/**
 * What the server says and what the person typed.
 *
 * @typedef {object} Challenge
 * @property {string} poolName the user pool's id after the underscore
 * @property {string} userId USER_ID_FOR_SRP
 * @property {string} password
 * @property {string} salt hexadecimal
 * @property {string} serverPublic SRP_B, hexadecimal
 * @property {string} secretBlock base64
 * @property {string} timestamp see timestampOf
 */

/** @typedef {{secret: bigint, value: bigint}} Ephemeral */

const N = BigInt(
  "0x" +
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd" +
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed" +
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f" +
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b" +
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510" +
    "15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7" +
    "abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c" +
    "bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
);
const g = 2n;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The client's pair for one sign-in. `secret` is given only by tests.
 *
 * @param {bigint} [secret]
 * @returns {Ephemeral}
 */
export function ephemeral(secret = toNumber(crypto.getRandomValues(new Uint8Array(128)))) {
  return { secret, value: power(g, secret) };
}

/**
 * The moment as Cognito wants it signed: English, UTC, no zero before the day.
 *
 * @param {Date} moment
 */
export function timestampOf(moment) {
  const clock = moment.toISOString().slice(11, 19);
  const day = `${DAYS[moment.getUTCDay()]} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCDate()}`;
  return `${day} ${clock} UTC ${moment.getUTCFullYear()}`;
}

/**
 * PASSWORD_CLAIM_SIGNATURE for a challenge, base64.
 *
 * @param {Ephemeral} own
 * @param {Challenge} challenge
 * @returns {Promise<string>}
 * @throws {Error} when the server's value would give the password's proof away
 */
export async function prove(own, challenge) {
  const B = BigInt(`0x${challenge.serverPublic}`);
  const u = toNumber(await sha256(signedBytes(own.value), signedBytes(B)));
  if (B % N === 0n || u === 0n)
    throw new Error("The sign-in server sent a value that is not safe to answer.");
  const k = toNumber(await sha256(signedBytes(N), signedBytes(g)));
  const identity = utf8(`${challenge.poolName}${challenge.userId}:${challenge.password}`);
  const x = toNumber(await sha256(signedBytes(BigInt(`0x${challenge.salt}`)), await sha256(identity)));
  const base = (((B - k * power(g, x)) % N) + N) % N;
  const shared = power(base, own.secret + u * x);
  const key = await deriveKey(signedBytes(shared), signedBytes(u));
  const block = Uint8Array.from(atob(challenge.secretBlock), (character) => character.charCodeAt(0));
  const message = join(utf8(challenge.poolName + challenge.userId), block, utf8(challenge.timestamp));
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
  return btoa(String.fromCharCode(...signature));
}

/**
 * @param {Uint8Array<ArrayBuffer>} secret
 * @param {Uint8Array<ArrayBuffer>} salt
 */
async function deriveKey(secret, salt) {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt, info: utf8("Caldera Derived Key") };
  const bits = await crypto.subtle.deriveBits(parameters, material, 128);
  return crypto.subtle.importKey("raw", bits, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/**
 * base^exponent mod N.
 *
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % N;
    if (bit === "1") result = (result * base) % N;
  }
  return result;
}

/**
 * Big-endian bytes as Java's BigInteger writes them: Cognito hashes a zero byte before a set highest bit.
 *
 * @param {bigint} number
 */
function signedBytes(number) {
  let digits = number.toString(16);
  if (digits.length % 2) digits = `0${digits}`;
  if (/^[89a-f]/.test(digits)) digits = `00${digits}`;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array} bytes */
function toNumber(bytes) {
  return BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}

/** @param {string} text */
function utf8(text) {
  return new TextEncoder().encode(text);
}

/** @param {...Uint8Array} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {...Uint8Array} parts */
async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}
