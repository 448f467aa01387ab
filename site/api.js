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

/** @typedef {{students: Student[], nextCursor: string | null}} StudentPage */
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
    const query = new URLSearchParams({ limit: String(limit), ...(cursor ? { cursor } : {}) });
    return this.#request(`/students?${query}`, { signal });
  }

  /**
   * @param {object} student the fields of StudentCreate
   * @param {string} idempotencyKey the same for the same student, so that a second try adds nobody twice
   * @returns {Promise<Student>}
   */
  addStudent(student, idempotencyKey) {
    return this.#request("/students", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
      body: JSON.stringify(student),
    });
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
   * @returns {Promise<any>} the decoded body
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
    return response.json();
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
