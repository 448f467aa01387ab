/** An address that is no page. */

import { element } from "../dom.js";

/** @type {import("../main.js").PageOf} */
export function notFoundPage() {
  const content = element(
    "div",
    {},
    element("h1", {}, "No such page"),
    element("p", { class: "lead" }, "The address may be mistyped, or the page has moved."),
    element("p", { class: "actions" }, element("a", { class: "button", href: "/" }, "Go to the start")),
  );
  return { title: "No such page", content };
}
