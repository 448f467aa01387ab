/** Labelled form fields that can carry an error each, and the summary above them. */

import { element, fill } from "../dom.js";

/**
 * @typedef {object} Field
 * @property {HTMLElement} root
 * @property {HTMLInputElement | HTMLSelectElement} input
 * @property {string} label
 * @property {(message: string) => void} setError "" takes it away
 */

/**
 * @typedef {object} FieldOptions
 * @property {string} name
 * @property {string} label
 * @property {string} [hint]
 * @property {boolean} [required]
 * @property {[value: string, label: string][]} [choices] makes it a list to choose from
 * @property {import("../dom.js").Attributes} [attributes] more attributes of the input
 */

/**
 * @param {FieldOptions} options
 * @returns {Field}
 */
export function field({ name, label, hint = "", required = false, choices, attributes = {} }) {
  const id = `field-${name}`;
  const described = hint ? `${id}-hint ${id}-error` : `${id}-error`;
  const common = {
    id,
    name,
    "aria-describedby": described,
    "aria-required": required ? "true" : null,
    ...attributes,
  };
  const input = choices
    ? element("select", common, ...choices.map(([value, text]) => element("option", { value }, text)))
    : element("input", { type: "text", ...common });
  const error = element("p", { class: "field-error", id: `${id}-error` });
  const caption = element(
    "label",
    { for: id },
    label,
    !required && element("span", { class: "optional" }, " optional"),
  );
  const help = hint && element("p", { class: "hint", id: `${id}-hint` }, hint);
  return {
    root: element("div", { class: "field" }, caption, input, help, error),
    input,
    label,
    setError: (message) => {
      fill(error, message);
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/**
 * @typedef {object} Summary
 * @property {HTMLElement} root
 * @property {(title: string, ...more: import("../dom.js").Child[]) => void} show
 * @property {() => void} clear
 */

/**
 * A summary of what is wrong, read out when it is filled.
 *
 * @returns {Summary}
 */
export function summary() {
  const root = element("div", { role: "alert" });
  return {
    root,
    show: (title, ...more) =>
      fill(root, element("div", { class: "panel trouble" }, element("p", {}, title), ...more)),
    clear: () => fill(root),
  };
}

/**
 * Runs what a form does: once at a time, the button saying so meanwhile.
 *
 * @param {HTMLButtonElement} button
 * @param {string} meanwhile
 * @param {() => Promise<void>} work
 * @returns {(event: Event) => void}
 */
export function submitting(button, meanwhile, work) {
  const usual = [...button.childNodes];
  let busy = false;
  return (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    // Not `disabled`: that would throw the focus away.
    button.setAttribute("aria-disabled", "true");
    button.textContent = meanwhile;
    void work().finally(() => {
      busy = false;
      button.removeAttribute("aria-disabled");
      button.replaceChildren(...usual);
    });
  };
}
