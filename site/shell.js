/** What surrounds every page: the menu, the news line, the title, where the focus goes. */

import { element, fill } from "./dom.js";

/** @typedef {import("./dom.js").Child} Child */

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * @param {{title: string, content: HTMLElement}} page
 * @param {Child[]} news
 * @param {boolean} moved the person came from another page: a screen reader is taken to the new one's heading
 */
export function present({ title, content }, news, moved) {
  document.title = `${title} · studentdb`;
  fill(byId("page"), content);
  fill(byId("news"), news.length > 0 && element("p", { class: "news" }, ...news));
  const heading = content.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  if (moved) heading?.focus({ preventScroll: true });
}

/**
 * @param {import("./auth.js").Person | null} person
 * @param {string} path of the page that is shown
 * @param {() => Promise<void>} signOut
 */
export function showMenu(person, path, signOut) {
  const menu = byId("menu");
  menu.hidden = !person;
  if (!person) return fill(menu);
  const links = [
    ...(person.groups.includes("admin") ? [{ label: "Students", to: "/students", within: true }] : []),
    // Without a role one waits for an administrator, and may do nothing yet.
    ...(person.groups.length > 0 ? [{ label: "Files", to: "/files", within: true }] : []),
    { label: "Account", to: "/account", within: false },
  ];
  const items = links.map(({ label, to, within }) => {
    const here = path === to ? "page" : within && path.startsWith(`${to}/`) && "true";
    return element("li", {}, element("a", { href: to, "aria-current": here }, label));
  });
  const leave = element(
    "button",
    { type: "button", class: "quiet", onclick: () => void signOut() },
    "Sign out",
  );
  fill(menu, element("ul", {}, ...items, element("li", {}, leave)));
}
