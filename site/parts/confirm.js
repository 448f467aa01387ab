/** Asks once more before something is done. */

import { element } from "../dom.js";

/**
 * The browser's own dialog holds the focus, closes with Escape, and gives the focus back.
 *
 * @param {{title: string, detail: import("../dom.js").Child[], yes: string, no: string}} question
 * @param {AbortSignal} signal who goes to another page has said no
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, detail, yes, no }, signal) {
  return new Promise((resolve) => {
    const answer = (/** @type {string} */ value) => () => dialog.close(value);
    // What is safe stands first, and has the focus.
    const keep = element("button", { type: "button", onclick: answer("") }, no);
    const act = element("button", { type: "button", class: "danger", onclick: answer("yes") }, yes);
    const dialog = element(
      "dialog",
      { class: "panel", "aria-labelledby": "question", "aria-describedby": "question-detail" },
      element("h2", { id: "question" }, title),
      element("p", { id: "question-detail" }, ...detail),
      element("p", { class: "actions" }, keep, act),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    signal.addEventListener("abort", answer(""));
    document.body.append(dialog);
    dialog.showModal();
    keep.focus();
  });
}
