/** What the API found wrong with a form, beside the fields and above them. */

import { ApiError } from "../api.js";
import { element } from "../dom.js";

/** @typedef {import("../api.js").FieldError} FieldError */
/** @typedef {Map<string, import("./form.js").Field>} Fields */

/**
 * @param {unknown} error
 * @param {Fields} fields by their names in the API
 * @param {import("./form.js").Summary} problems
 * @param {string} failed what did not come about
 * @returns {HTMLElement | null} the first input that needs attention: the page shows and focuses it
 */
export function showErrors(error, fields, problems, failed) {
  const errors = error instanceof ApiError ? error.errors : [];
  const elsewhere = errors.filter((each) => !fields.has(fieldNameOf(each)));
  /** @type {HTMLElement | null} */
  let first = null;
  for (const [name, each] of fields) {
    const own = errors.filter((candidate) => fieldNameOf(candidate) === name);
    if (own.length === 0) continue;
    each.setError(own.map((error) => sentence(error, each.label)).join(" "));
    first ??= each.input;
  }
  if (first) {
    const count = errors.length - elsewhere.length;
    problems.show(
      count === 1 ? "One entry needs your attention." : `${count} entries need your attention.`,
      ...elsewhere.map(line),
    );
  } else {
    problems.show(`${failed} ${error instanceof Error ? error.message : error}`, ...elsewhere.map(line));
    problems.root.scrollIntoView({ block: "nearest" });
  }
  return first;
}

/** @param {Pick<import("../api.js").Student, "givenName" | "familyName">} person */
export function named({ givenName, familyName }) {
  return [givenName, familyName].filter(Boolean).join(" ");
}

/** "grades[0]" and "grades.0" belong to the field "grades". @param {FieldError} error */
function fieldNameOf(error) {
  return error.field.split(/[.[/]/)[0] ?? "";
}

/**
 * The API's messages go on from the field's name: "is required".
 *
 * @param {FieldError} error
 * @param {string} label
 */
function sentence({ message, holder }, label) {
  const whose = holder ? `: ${named(holder)} (${holder.identifier})` : "";
  return `${label} ${message}${whose}.`;
}

/** @param {FieldError} error */
function line(error) {
  return element("p", {}, sentence(error, error.field || "The whole"));
}
