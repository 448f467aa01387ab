/** Who is signed in. How one signs in is the Authenticator's business: a school's single sign-on can be another one. */

/**
 * @typedef {object} Tokens
 * @property {string} accessToken
 * @property {string} idToken
 * @property {string} refreshToken
 * @property {number} expiresAt of the access token, milliseconds since 1970
 */
/** @typedef {{sub: string, email: string, groups: string[]}} Person */

/**
 * Signing in either gives tokens or first asks for a new password or for a code of an authenticator app.
 *
 * @typedef {{kind: "done", tokens: Tokens}
 *   | {kind: "new-password", choose: (password: string) => Promise<SignInStep>}
 *   | {kind: "code", enter: (code: string) => Promise<SignInStep>}} SignInStep
 */

/**
 * @typedef {object} Authenticator
 * @property {(email: string, password: string) => Promise<SignInStep>} signIn throws SignInError
 * @property {(refreshToken: string) => Promise<Tokens>} refresh throws SignInError
 * @property {(refreshToken: string) => Promise<void>} revoke throws SignInError
 */

/** Signing in or refreshing was refused (`refused`), or could not be asked for. The message is for the person. */
export class SignInError extends Error {
  /**
   * @param {string} message
   * @param {{refused: boolean, code?: string}} about `code` is the server's name for it
   */
  constructor(message, { refused, code = "" }) {
    super(message);
    this.name = "SignInError";
    this.refused = refused;
    this.code = code;
  }
}

/** The session is over: one has to sign in again. */
export class SessionEndedError extends Error {
  constructor() {
    super("Your session has ended. Sign in again to go on.");
    this.name = "SessionEndedError";
  }
}

/** A request may take a while to arrive: tokens are renewed this long before they run out. */
const RENEW_BEFORE_MS = 30_000;

/** The signed-in person's tokens: in memory, and in this tab's sessionStorage so that a reload keeps them. */
export class Session {
  /** @type {Tokens | null} */
  #tokens = null;
  /** @type {Promise<Tokens> | null} */
  #renewing = null;
  /** Whose session it is, or was last: a form may be kept for the same person, and for nobody else. */
  lastSub = "";

  /**
   * @param {Authenticator} authenticator
   * @param {string} audience what the tokens are for; those kept for another pool or client are not used
   * @param {Storage} [storage]
   */
  constructor(authenticator, audience, storage = sessionStorage) {
    this.authenticator = authenticator;
    this.storage = storage;
    this.key = `studentdb.tokens.${audience}`;
    this.#tokens = readTokens(storage, this.key);
    this.lastSub = this.person?.sub ?? "";
  }

  /** @returns {Person | null} */
  get person() {
    if (!this.#tokens) return null;
    const { sub, email, "cognito:groups": groups } = claimsOf(this.#tokens.idToken);
    return {
      sub: String(sub ?? ""),
      email: String(email ?? ""),
      groups: Array.isArray(groups) ? groups.map(String) : [],
    };
  }

  /** @param {Tokens} tokens */
  start(tokens) {
    this.#renewing = null;
    this.#tokens = tokens;
    this.lastSub = this.person?.sub ?? "";
    this.storage.setItem(this.key, JSON.stringify(tokens));
  }

  /** Forgets the tokens here, and only here. */
  forget() {
    this.#renewing = null;
    this.#tokens = null;
    this.storage.removeItem(this.key);
  }

  /**
   * A token that is good for a request now.
   *
   * @param {string} [refused] the token that the API has just refused: it is not handed out again
   * @returns {Promise<string>}
   * @throws {SessionEndedError | SignInError}
   */
  async accessToken(refused) {
    const tokens = this.#tokens;
    if (!tokens) throw new SessionEndedError();
    const fresh = tokens.expiresAt - RENEW_BEFORE_MS > Date.now();
    if (fresh && tokens.accessToken !== refused) return tokens.accessToken;
    return (await this.#renew(tokens)).accessToken;
  }

  /**
   * Signs out here at once, and ends the session on the server.
   *
   * @returns {Promise<boolean>} whether the server confirmed it
   */
  async signOut() {
    const tokens = this.#tokens;
    this.forget();
    if (!tokens) return true;
    try {
      await this.authenticator.revoke(tokens.refreshToken);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * One renewal at a time: requests that run out together share it.
   *
   * @param {Tokens} old
   * @returns {Promise<Tokens>}
   */
  #renew(old) {
    this.#renewing ??= this.authenticator.refresh(old.refreshToken).then(
      (tokens) => {
        // Someone may have signed out meanwhile; that holds.
        if (this.#tokens !== old) throw new SessionEndedError();
        this.start(tokens);
        return tokens;
      },
      (error) => {
        this.#renewing = null;
        if (!(error instanceof SignInError && error.refused)) throw error;
        if (this.#tokens === old) this.forget();
        throw new SessionEndedError();
      },
    );
    return this.#renewing;
  }
}

/**
 * @param {Storage} storage
 * @param {string} key
 * @returns {Tokens | null}
 */
function readTokens(storage, key) {
  try {
    const kept = JSON.parse(storage.getItem(key) ?? "null");
    claimsOf(kept.idToken);
    return kept;
  } catch {
    storage.removeItem(key);
    return null;
  }
}

/**
 * What a token says. Its signature is the API's to check: this side only shows names.
 *
 * @param {string} token
 * @returns {Record<string, unknown>}
 */
function claimsOf(token) {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
