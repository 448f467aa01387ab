/** Something could not be shown: says what and why, and offers the way on. */

import { ApiError } from "../api.js";
import { SessionEndedError } from "../auth.js";
import { element, fill } from "../dom.js";

/**
 * @param {string} title
 * @param {string} detail
 * @param {() => void} retry
 */
export function failurePanel(title, detail, retry) {
  return element(
    "div",
    { class: "panel trouble", role: "alert" },
    element("h2", {}, title),
    element("p", {}, detail),
    element("p", { class: "actions" }, element("button", { type: "button", onclick: retry }, "Try again")),
  );
}

/**
 * Shows in `place` why something could not be loaded. A session that is over leads to signing in instead.
 *
 * @param {import("../main.js").App} app
 * @param {HTMLElement} place
 * @param {unknown} error
 * @param {() => void} retry
 */
export function showFailure(app, place, error, retry) {
  if (error instanceof SessionEndedError) return app.askToSignIn();
  if (error instanceof ApiError && error.status === 403) return fill(place, notAllowed(app, error));
  const detail = error instanceof Error ? error.message : String(error);
  const title =
    error instanceof ApiError && error.title && error.title !== detail
      ? error.title
      : "This could not be loaded";
  const request = error instanceof ApiError && error.requestId;
  const panel = failurePanel(title, detail, retry);
  if (request) panel.append(element("p", { class: "fine" }, "Request ", element("code", {}, request)));
  return fill(place, panel);
}

/**
 * The person is known, and may not do this, or not yet.
 *
 * @param {import("../main.js").App} app
 * @param {ApiError} error
 */
export function notAllowed(app, error) {
  const who = app.session.person?.email;
  if (error.type === "urn:studentdb:problem:mfa-required") return secondFactorNeeded(who ?? "EMAIL");
  if (error.type === "urn:studentdb:problem:not-approved") return waitsForApproval();
  return element(
    "div",
    { class: "panel", role: "alert" },
    element("h2", {}, "Only administrators can do this"),
    element(
      "p",
      {},
      `You are signed in${who ? ` as ${who}` : ""}, and this account is not an administrator's.`,
    ),
    element("p", {}, "If it should be, ask an administrator of your school, then sign out and in again."),
    element(
      "p",
      { class: "actions" },
      element("a", { class: "button", href: "/account" }, "Go to your account"),
    ),
  );
}

function waitsForApproval() {
  return element(
    "div",
    { class: "panel", role: "alert" },
    element("h2", {}, "Your account waits for approval"),
    element("p", {}, "An administrator of your school decides. After that, sign out and in again."),
  );
}

/** @param {string} who */
function secondFactorNeeded(who) {
  return element(
    "div",
    { class: "panel", role: "alert" },
    element("h2", {}, "Your role needs a second factor"),
    element(
      "p",
      {},
      "Your school asks accounts in your role for codes of an authenticator app. Set it up once, on the command line:",
    ),
    element("p", {}, element("code", {}, `studentdb login ${who} --site ${location.origin}`)),
    element("p", {}, element("code", {}, "studentdb mfa enrol")),
    element("p", {}, "Then reload this page."),
  );
}
