/** The Authenticator that signs in at a Cognito user pool with a password, which never leaves this page. */

import { SignInError } from "./auth.js";
import { ephemeral, prove, timestampOf } from "./srp.js";

/** @typedef {import("./auth.js").Authenticator} Authenticator */
/** @typedef {import("./auth.js").SignInStep} SignInStep */
/** @typedef {import("./auth.js").Tokens} Tokens */

/**
 * @typedef {object} Answer what InitiateAuth and RespondToAuthChallenge say
 * @property {string} [ChallengeName]
 * @property {string} [Session]
 * @property {Record<string, string>} [ChallengeParameters]
 * @property {{AccessToken: string, IdToken: string, RefreshToken?: string, ExpiresIn: number}} [AuthenticationResult]
 */

/** What a person is told, by Cognito's exception. Others are shown in Cognito's own words. */
const WORDS = new Map([
  ["UserNotFoundException", "The e-mail address or the password is not right."],
  [
    "PasswordResetRequiredException",
    "This password was reset. Ask an administrator for a new one-time password.",
  ],
  ["CodeMismatchException", "This is not the code that your app shows now."],
  ["ExpiredCodeException", "This code was used already. Wait until your app shows the next one."],
  ["TooManyRequestsException", "Too many attempts. Wait a minute, then try again."],
  ["LimitExceededException", "Too many attempts. Wait a few minutes, then try again."],
  ["InternalErrorException", "The sign-in service has a problem. Try again in a moment."],
  [
    "ResourceNotFoundException",
    "This site points to a sign-in service that no longer exists. Tell your administrator.",
  ],
]);

/** @implements {Authenticator} */
export class CognitoAuthenticator {
  /** @param {Pick<import("./config.js").Config, "cognitoUrl" | "clientId" | "userPoolId">} config */
  constructor({ cognitoUrl, clientId, userPoolId }) {
    this.url = `${cognitoUrl.replace(/\/$/, "")}/`;
    this.clientId = clientId;
    this.poolName = userPoolId.split("_")[1] ?? "";
  }

  /**
   * @param {string} email
   * @param {string} password
   * @returns {Promise<SignInStep>}
   */
  async signIn(email, password) {
    const own = ephemeral();
    const asked = await this.#call("InitiateAuth", {
      AuthFlow: "USER_SRP_AUTH",
      ClientId: this.clientId,
      AuthParameters: { USERNAME: email, SRP_A: own.value.toString(16) },
    });
    const parameters = asked.ChallengeParameters ?? {};
    if (asked.ChallengeName !== "PASSWORD_VERIFIER") throw unknownStep(asked);
    const {
      USER_ID_FOR_SRP: userId = "",
      SALT: salt = "",
      SRP_B: serverPublic = "",
      SECRET_BLOCK: secretBlock = "",
    } = parameters;
    const timestamp = timestampOf(new Date());
    const signature = await prove(own, {
      poolName: this.poolName,
      userId,
      password,
      salt,
      serverPublic,
      secretBlock,
      timestamp,
    });
    const answer = await this.#respond(asked, {
      USERNAME: userId,
      TIMESTAMP: timestamp,
      PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
      PASSWORD_CLAIM_SIGNATURE: signature,
    });
    return this.#next(answer, userId);
  }

  /**
   * @param {string} refreshToken
   * @returns {Promise<Tokens>}
   */
  async refresh(refreshToken) {
    const answer = await this.#call("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: this.clientId,
      AuthParameters: { REFRESH_TOKEN: refreshToken },
    });
    return tokensFrom(answer, refreshToken);
  }

  /** @param {string} refreshToken */
  async revoke(refreshToken) {
    await this.#call("RevokeToken", { Token: refreshToken, ClientId: this.clientId });
  }

  /**
   * @param {Answer} answer
   * @param {string} userId
   * @returns {SignInStep}
   */
  #next(answer, userId) {
    if (answer.AuthenticationResult) return { kind: "done", tokens: tokensFrom(answer, "") };
    if (answer.ChallengeName === "SOFTWARE_TOKEN_MFA") {
      return {
        kind: "code",
        // After a wrong code the same challenge takes another one.
        enter: async (code) =>
          this.#next(
            await this.#respond(answer, { USERNAME: userId, SOFTWARE_TOKEN_MFA_CODE: code }),
            userId,
          ),
      };
    }
    if (answer.ChallengeName !== "NEW_PASSWORD_REQUIRED") throw unknownStep(answer);
    return {
      kind: "new-password",
      choose: async (password) =>
        this.#next(await this.#respond(answer, { USERNAME: userId, NEW_PASSWORD: password }), userId),
    };
  }

  /**
   * @param {Answer} asked
   * @param {Record<string, string>} responses
   */
  #respond(asked, responses) {
    return this.#call("RespondToAuthChallenge", {
      ChallengeName: asked.ChallengeName,
      ClientId: this.clientId,
      ChallengeResponses: responses,
      ...(asked.Session ? { Session: asked.Session } : {}),
    });
  }

  /**
   * @param {string} operation
   * @param {object} body
   * @returns {Promise<Answer>}
   */
  async #call(operation, body) {
    let response;
    try {
      response = await fetch(this.url, {
        method: "POST",
        headers: {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
        },
        body: JSON.stringify(body),
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
    } catch {
      throw new SignInError("The sign-in service cannot be reached. Check your connection, then try again.", {
        refused: false,
      });
    }
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : {};
    throw refusal(response.status, text);
  }
}

/**
 * @param {number} status
 * @param {string} text
 */
function refusal(status, text) {
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    said = {};
  }
  const code =
    String(said.__type ?? "")
      .split("#")
      .pop() ?? "";
  const own = String(said.message ?? said.Message ?? "");
  const refused = ["NotAuthorizedException", "UserNotFoundException", "ResourceNotFoundException"].includes(
    code,
  );
  return new SignInError(words(code, own) || `The sign-in service answered ${status}. Try again.`, {
    refused,
    code,
  });
}

/**
 * @param {string} code
 * @param {string} own
 */
function words(code, own) {
  if (code === "NotAuthorizedException" && /temporary password has expired/i.test(own)) {
    return "This one-time password has expired. Ask an administrator for a new one.";
  }
  if (code === "NotAuthorizedException" && /incorrect username or password/i.test(own)) {
    return "The e-mail address or the password is not right.";
  }
  if (code === "NotAuthorizedException" && /session/i.test(own)) {
    return "Signing in took too long. Begin again.";
  }
  return WORDS.get(code) ?? own;
}

/** @param {Answer} answer */
function unknownStep(answer) {
  const code = answer.ChallengeName ?? "";
  return new SignInError(`This account asks for a step that this page does not know (${code}).`, {
    refused: true,
    code,
  });
}

/**
 * @param {Answer} answer
 * @param {string} refreshToken the one that stays where the answer brings none
 * @returns {Tokens}
 */
function tokensFrom(answer, refreshToken) {
  const result = answer.AuthenticationResult;
  if (!result) throw unknownStep(answer);
  return {
    accessToken: result.AccessToken,
    idToken: result.IdToken,
    refreshToken: result.RefreshToken ?? refreshToken,
    expiresAt: Date.now() + result.ExpiresIn * 1000,
  };
}
