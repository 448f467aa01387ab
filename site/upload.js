/** A file on its way from this machine to S3: what may go, its SHA-256, the form that carries it, and what became of it. */

import { ApiError } from "./api.js";

/** @typedef {import("./api.js").Media} Media */

/** What the API takes, by the ending: systems disagree on what they call some of them. */
export const TYPES = new Map([
  ["csv", "text/csv"],
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["gif", "image/gif"],
  ["jpeg", "image/jpeg"],
  ["jpg", "image/jpeg"],
  ["mp3", "audio/mpeg"],
  ["mp4", "video/mp4"],
  ["pdf", "application/pdf"],
  ["png", "image/png"],
  ["pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"],
  ["txt", "text/plain"],
  ["webp", "image/webp"],
  ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
]);
export const LARGEST_MB = 100;
/** Of the largest file, a look takes some seconds; after this long the page stops asking. */
const LOOKED_AT_MS = 90_000;
const LONGEST_PAUSE_MS = 5_000;

const TOO_LATE = "The store does not take it any more: sending has to begin within ten minutes. Try again.";

/** What S3 says of a form that it refuses. */
const WORDS = new Map([
  ["AccessDenied", TOO_LATE],
  ["ExpiredToken", TOO_LATE],
  ["EntityTooLarge", "The file has grown since it was chosen. Choose it again."],
  ["EntityTooSmall", "The file has shrunk since it was chosen. Choose it again."],
  ["SlowDown", "Too much is sent at once. Try again in a moment."],
]);

/** The file did not get to S3. The message is for the person. */
export class UploadError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "UploadError";
  }
}

/**
 * The type that the API is told; what is inside is looked at there.
 *
 * @param {File} file
 * @returns {string | undefined} undefined for what it does not take
 */
export function typeOf(file) {
  const ending = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase();
  const allowed = ending ? TYPES.get(ending) : [...TYPES.values()].find((each) => each === file.type);
  return allowed;
}

/**
 * @param {File | undefined} file
 * @returns {string} why it cannot go, or ""
 */
export function refusal(file) {
  if (!file) return "Choose a file.";
  if (!typeOf(file)) return `This type of file is not taken. These are: ${[...TYPES.keys()].join(", ")}.`;
  if (file.size === 0) return "The file is empty.";
  if (file.size > LARGEST_MB * 1024 * 1024) {
    return `The file has ${humanSize(file.size)}; up to ${LARGEST_MB} MB are taken.`;
  }
  return "";
}

/**
 * All of the file is in memory for this moment: browsers hash no stream, and a file has at most LARGEST_MB.
 *
 * @param {File} file
 * @returns {Promise<string>} hexadecimal digits
 * @throws {UploadError}
 */
export async function sha256Of(file) {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    throw new UploadError("The file cannot be read: it was moved, or has changed since. Choose it again.");
  }
}

/**
 * Sends the form. Not with fetch, which does not tell how far it is.
 *
 * @param {{url: string, fields: Record<string, string>}} form
 * @param {File} file
 * @param {(share: number) => void} progress from 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 * @throws {UploadError}
 */
export function send({ url, fields }, file, progress, signal) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  // S3 does not look at what comes after the file.
  body.append("file", file);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total > 0 ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new UploadError(wordsOf(request)));
    });
    request.addEventListener("error", () =>
      reject(new UploadError("The connection was lost on the way. Check it, then try again.")),
    );
    signal.addEventListener("abort", () => {
      request.abort();
      reject(signal.reason);
    });
    request.open("POST", url);
    request.send(body);
  });
}

/** @param {XMLHttpRequest} request */
function wordsOf({ status, responseText }) {
  const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(responseText)?.[1] ?? "";
  return WORDS.get(code) ?? `The store refuses it (${code || status}). Try again in a moment.`;
}

/**
 * Asks until the file was looked at, less and less often. A connection that is lost meanwhile costs nothing.
 *
 * @param {import("./api.js").Api} api
 * @param {Media} file
 * @param {AbortSignal} signal
 * @returns {Promise<Media>} still `pending` where it took too long
 */
export async function lookedAt(api, file, signal) {
  const end = Date.now() + LOOKED_AT_MS;
  let now = file;
  for (let pause = 300; now.status === "pending" && Date.now() < end; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal.throwIfAborted();
    try {
      now = await api.file(file.id, signal);
    } catch (error) {
      const passing = error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
      if (!passing) throw error;
    }
  }
  return now;
}

/**
 * @param {number} bytes
 * @returns {string} such as "1.4 MB", in the units of file managers
 */
export function humanSize(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : 1;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(size)} ${units[unit]}`;
}
