/** The students API on the page's own origin. */

import { SessionEndedError } from "./auth.js";

/**
 * @typedef {object} Student
 * @property {string} id
 * @property {string} identifier the student number
 * @property {string} givenName
 * @property {string | null} familyName null for somebody with one name only
 * @property {string | null} middleName
 * @property {string | null} email
 * @property {string | null} username
 * @property {string | null} birthDate YYYY-MM-DD
 * @property {string[]} grades
 * @property {string | null} sourcedId
 * @property {"active" | "inactive"} status
 * @property {number} version
 */

/**
 * @typedef {object} Media a file's record
 * @property {string} id
 * @property {string} name
 * @property {string | null} caption
 * @property {string} contentType
 * @property {number} size bytes
 * @property {string} sha256 hexadecimal digits
 * @property {"pending" | "ready" | "quarantined" | "deleted" | "expired" | "failed" | "abandoned"} status
 * @property {string | null} reason why it cannot be used
 * @property {number} links how many were given out
 * @property {string | null} expiresAt
 * @property {string | null} deletedAt
 * @property {string | null} removedAt since when nothing is left of the file itself
 * @property {string} createdAt
 * @property {number} version
 */

/** @typedef {{students: Student[], nextCursor: string | null}} StudentPage */
/** @typedef {{media: Media[], nextCursor: string | null}} MediaPage */
/** @typedef {{media: Media, url: string, fields: Record<string, string>, validUntil: string}} MediaUpload */
/** @typedef {{sub: string, groups: string[], student: Student | null}} Me */
/** @typedef {Pick<Student, "id" | "identifier" | "givenName" | "familyName">} Holder who has a unique value already */
/** @typedef {{field: string, message: string, holder?: Holder}} FieldError */

/** What the API said no with (RFC 9457). `status` is 0 where it could not be reached. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{type?: string, title?: string, detail?: string, errors?: FieldError[], requestId?: string}} problem
   */
  constructor(status, { type = "", title = "", detail = "", errors = [], requestId = "" }) {
    super(detail || title);
    this.name = "ApiError";
    this.status = status;
    this.type = type;
    this.title = title;
    this.errors = errors;
    this.requestId = requestId;
  }
}

export class Api {
  /**
   * @param {import("./auth.js").Session} session
   * @param {string} [base]
   */
  constructor(session, base = "/api") {
    this.session = session;
    this.base = base;
  }

  /**
   * @param {{limit: number, cursor: string}} page
   * @param {AbortSignal} signal
   * @returns {Promise<StudentPage>}
   */
  students({ limit, cursor }, signal) {
    return this.#request(`/students?${pageQuery(limit, cursor)}`, { signal });
  }

  /**
   * @param {object} student the fields of StudentCreate
   * @param {string} idempotencyKey the same for the same student, so that a second try adds nobody twice
   * @returns {Promise<Student>}
   */
  addStudent(student, idempotencyKey) {
    return this.#request("/students", sent("POST", student, { "Idempotency-Key": idempotencyKey }));
  }

  /**
   * The person's own files, the newest first.
   *
   * @param {{limit: number, cursor: string}} page
   * @param {AbortSignal} signal
   * @returns {Promise<MediaPage>}
   */
  files({ limit, cursor }, signal) {
    return this.#request(`/media?${pageQuery(limit, cursor)}`, { signal });
  }

  /**
   * @param {string} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<Media>}
   */
  file(id, signal) {
    return this.#request(`/media/${id}`, signal ? { signal } : {});
  }

  /**
   * @param {object} file the fields of MediaCreate
   * @param {string} idempotencyKey a repeat is given a new form for the same record
   * @param {AbortSignal} signal
   * @returns {Promise<MediaUpload>}
   */
  addFile(file, idempotencyKey, signal) {
    return this.#request("/media", { ...sent("POST", file, { "Idempotency-Key": idempotencyKey }), signal });
  }

  /**
   * @param {string} id
   * @returns {Promise<{url: string, validUntil: string}>} a link that downloads the file, for five minutes
   */
  fileLink(id) {
    return this.#request(`/media/${id}/links`, sent("POST", { minutes: 5 }));
  }

  /**
   * @param {Pick<Media, "id" | "version">} file as it was decided on
   * @returns {Promise<void>}
   */
  deleteFile({ id, version }) {
    return this.#request(`/media/${id}?version=${version}`, { method: "DELETE" });
  }

  /**
   * @param {Pick<Media, "id" | "version">} file as it was decided on
   * @returns {Promise<Media>}
   */
  restoreFile({ id, version }) {
    return this.#request(`/media/${id}/restore`, sent("PUT", { version }));
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Me>}
   */
  me(signal) {
    return this.#request("/me", { signal });
  }

  /**
   * Sends with the access token; where that is refused, renews it once and sends again.
   *
   * @param {string} path
   * @param {RequestInit} options
   * @returns {Promise<any>} the decoded body; undefined where there is none
   */
  async #request(path, options) {
    const token = await this.session.accessToken();
    let response = await this.#send(path, options, token);
    if (response.status === 401) {
      response = await this.#send(path, options, await this.session.accessToken(token));
    }
    if (response.status === 401) {
      this.session.forget();
      throw new SessionEndedError();
    }
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? undefined : response.json();
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @param {string} token
   */
  async #send(path, options, token) {
    const headers = new Headers(options.headers);
    headers.set("Authorization", `Bearer ${token}`);
    headers.set("Accept", "application/json, application/problem+json");
    try {
      return await fetch(this.base + path, { ...options, headers, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0, {
        title: "The school's server cannot be reached",
        detail: "Check your connection, then try again.",
      });
    }
  }
}

/**
 * @param {number} limit
 * @param {string} cursor
 */
function pageQuery(limit, cursor) {
  return new URLSearchParams({ limit: String(limit), ...(cursor ? { cursor } : {}) });
}

/**
 * @param {string} method
 * @param {object} body
 * @param {Record<string, string>} [headers]
 * @returns {RequestInit}
 */
function sent(method, body, headers = {}) {
  return { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** The gateway and CloudFront answer for themselves at times, without a problem document. */
const TITLES = new Map([
  [403, "You are not allowed to do this"],
  [404, "This does not exist"],
  [413, "This is too large"],
  [429, "Too many requests at once"],
]);

/** @param {Response} response */
async function problemOf(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (type.includes("problem+json")) return new ApiError(response.status, await response.json());
  const title = TITLES.get(response.status) ?? "Something went wrong on the server";
  return new ApiError(response.status, { title, detail: "Try again in a moment." });
}
