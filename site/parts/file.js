/** What is said of a file, and the button that downloads it. */

import { ApiError } from "../api.js";
import { SessionEndedError } from "../auth.js";
import { element, fill } from "../dom.js";
import { submitting } from "./form.js";

/** @typedef {import("../api.js").Media} Media */
/** @typedef {import("../main.js").App} App */

const STATUS = new Map([
  ["ready", "Ready"],
  ["pending", "Not here yet"],
  ["quarantined", "Quarantined"],
  ["deleted", "Deleted"],
  ["expired", "Expired"],
  ["failed", "Not checked"],
  ["abandoned", "Never arrived"],
]);

/** @param {Media} file */
export function statusOf({ status }) {
  return element("span", { class: `status ${status}` }, STATUS.get(status) ?? status);
}

/**
 * @param {string} moment
 * @param {Intl.DateTimeFormatOptions} [style]
 */
export function when(moment, style = { dateStyle: "medium", timeStyle: "short" }) {
  const text = new Intl.DateTimeFormat(undefined, style);
  return element("time", { datetime: moment }, text.format(new Date(moment)));
}

/**
 * @param {App} app
 * @param {Media} file
 * @param {(message: string) => void} fail says that it did not work; "" takes that away
 */
export function downloadButton(app, file, fail) {
  const label = [element("span", {}, "Download"), element("span", { class: "unseen" }, ` ${file.name}`)];
  return actionButton(app, label, "Getting a link…", `${file.name} was not downloaded.`, fail, async () => {
    const { url } = await app.api.fileLink(file.id);
    // It is an attachment: the browser saves it, and the page stays.
    location.assign(url);
  });
}

/**
 * A button that asks the API for something: once at a time, and with what went wrong told by `fail`.
 *
 * @param {App} app
 * @param {HTMLElement[]} label
 * @param {string} meanwhile
 * @param {string} failed what did not come about
 * @param {(message: string) => void} fail
 * @param {() => Promise<void>} work
 */
export function actionButton(app, label, meanwhile, failed, fail, work) {
  const button = element("button", { type: "button" }, ...label);
  const act = submitting(button, meanwhile, async () => {
    fail("");
    try {
      await work();
    } catch (error) {
      if (error instanceof SessionEndedError) return app.askToSignIn();
      fail(`${failed} ${reasonOf(error)}`);
    }
  });
  button.addEventListener("click", act);
  return button;
}

/** What happened and why, in whole sentences. @param {unknown} error */
export function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  const title = error instanceof ApiError && error.title !== error.message ? error.title : "";
  return (title && `${sentenceOf(title)} `) + sentenceOf(error.message);
}

/** The API's details are written as parts of sentences. @param {string} text */
export function sentenceOf(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/**
 * Shows, and has read out, what did not work.
 *
 * @param {HTMLElement} place
 * @param {string} message
 */
export function tell(place, message) {
  fill(place, message && element("div", { class: "panel trouble", role: "alert" }, element("p", {}, message)));
}
