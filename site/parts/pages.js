/** A list that is shown a page at a time. The address holds the page: ?cursor=…&limit=…. */

import { element } from "../dom.js";
import { navigate } from "../router.js";

/** @typedef {{limit: number, cursor: string, trail: string[] | null}} Place trail: the cursors before; null: unknown */

const LIMITS = [25, 50, 100];

/**
 * @param {URL} url
 * @param {unknown} state
 * @returns {Place}
 */
export function placeOf(url, state) {
  const asked = Number(url.searchParams.get("limit"));
  const limit = Number.isInteger(asked) && asked >= 1 && asked <= 100 ? asked : 25;
  const cursor = url.searchParams.get("cursor") ?? "";
  const trail =
    state && typeof state === "object" && "trail" in state && Array.isArray(state.trail) ? state.trail : null;
  return { limit, cursor, trail: cursor ? trail : [] };
}

/**
 * @param {string} path of the list
 * @param {number} limit
 * @param {string} [cursor]
 */
function address(path, limit, cursor = "") {
  const query = new URLSearchParams({
    ...(limit === 25 ? {} : { limit: String(limit) }),
    ...(cursor ? { cursor } : {}),
  });
  return query.size > 0 ? `${path}?${query}` : path;
}

/**
 * A cell of a table whose rows become cards on a phone.
 *
 * @param {string} label shown beside the value on a phone
 * @param {import("../dom.js").Child} value
 */
export function labelled(label, value) {
  const empty = element(
    "span",
    { class: "none" },
    element("span", { "aria-hidden": "true" }, "–"),
    element("span", { class: "unseen" }, "none"),
  );
  return element("td", { role: "cell", "data-label": label }, value || empty);
}

/**
 * @param {string} path
 * @param {Place} place
 * @param {string | null} nextCursor
 * @param {string} count how many are on this page
 */
export function turnPages(path, { limit, cursor, trail }, nextCursor, count) {
  const back = trail?.at(-1);
  const earlier =
    back !== undefined
      ? turn("Previous page", address(path, limit, back), trail?.slice(0, -1) ?? [])
      : cursor && turn("First page", address(path, limit), []);
  const later =
    nextCursor && turn("Next page", address(path, limit, nextCursor), trail ? [...trail, cursor] : null);
  const here = trail && (earlier || later) ? `Page ${trail.length + 1} · ${count}` : count;
  return element(
    "nav",
    { class: "pages", "aria-label": "Pages of the list" },
    element("p", { class: "here" }, here),
    perPage(path, limit),
    element("p", { class: "turns" }, earlier || null, later || null),
  );
}

/**
 * @param {string} label
 * @param {string} href
 * @param {string[] | null} trail
 */
function turn(label, href, trail) {
  return element("a", { class: "button", href, "data-state": trail && JSON.stringify({ trail }) }, label);
}

/**
 * @param {string} path
 * @param {number} limit
 */
function perPage(path, limit) {
  const choices = [...new Set([...LIMITS, limit])].sort((a, b) => a - b);
  const options = choices.map((size) =>
    element("option", { value: size, selected: size === limit }, String(size)),
  );
  const select = element("select", { id: "per-page" }, ...options);
  select.addEventListener("change", () => navigate(address(path, Number(select.value))));
  return element("p", { class: "per-page" }, element("label", { for: "per-page" }, "Per page"), select);
}

/**
 * A list in which there is nothing yet.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} command that does it, too
 * @param {HTMLElement} link to where the first one is added
 */
export function nothingYet(title, text, command, link) {
  return element(
    "div",
    { class: "panel empty" },
    element("img", { src: "/favicon.svg", alt: "", width: "56", height: "56" }),
    element("h2", {}, title),
    element("p", {}, text),
    element("p", {}, element("code", { class: "command" }, command)),
    element("p", { class: "actions" }, link),
  );
}

/**
 * A page beyond the last one, as after many were deleted.
 *
 * @param {string} title
 * @param {string} path
 * @param {number} limit
 */
export function noMore(title, path, limit) {
  const first = element("a", { class: "button", href: address(path, limit) }, "First page");
  return element(
    "div",
    { class: "panel empty" },
    element("h2", {}, title),
    element("p", { class: "actions" }, first),
  );
}

/**
 * @param {string} path
 * @param {Place} place
 */
export function stalePage(path, { limit }) {
  return element(
    "div",
    { class: "panel trouble", role: "alert" },
    element("h2", {}, "This page of the list is not there any more"),
    element("p", {}, "The link to it has expired or was cut off. The list itself is fine."),
    element("p", { class: "actions" }, element("a", { class: "button", href: address(path, limit) }, "First page")),
  );
}
