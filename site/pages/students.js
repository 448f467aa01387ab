/** The list of students, a page at a time. The address holds the page: ?cursor=…&limit=…. */

import { ApiError } from "../api.js";
import { element, fill } from "../dom.js";
import { showFailure } from "../parts/failure.js";
import { navigate } from "../router.js";

/** @typedef {import("../api.js").Student} Student */
/** @typedef {import("../api.js").StudentPage} StudentPage */
/** @typedef {{limit: number, cursor: string, trail: string[] | null}} Place trail: the cursors before; null: unknown */

const LIMITS = [25, 50, 100];
const COLUMNS = ["Name", "Number", "E-mail", "Grade", "Status"];

/** @type {import("../main.js").PageOf} */
export function studentsPage(app, { url, state, signal }) {
  const place = placeOf(url, state);
  const body = element("div", { "aria-busy": "true" });
  const load = async () => {
    fill(body, element("p", { class: "loading", role: "status" }, "Loading the students…"));
    try {
      const page = await app.api.students(place, signal);
      fill(body, ...(page.students.length > 0 ? list(page, place) : [nobody(place)]));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 400 && place.cursor) fill(body, stalePage(place));
      else showFailure(app, body, error, load);
    } finally {
      body.removeAttribute("aria-busy");
    }
  };
  void load();
  const mayAdd = app.session.person?.groups.includes("admin") ?? false;
  const add = mayAdd && element("a", { class: "button primary", href: "/students/new" }, "Add a student");
  const head = element("div", { class: "page-head" }, element("h1", {}, "Students"), add);
  return { title: "Students", content: element("div", {}, head, body) };
}

/**
 * @param {URL} url
 * @param {unknown} state
 * @returns {Place}
 */
function placeOf(url, state) {
  const asked = Number(url.searchParams.get("limit"));
  const limit = Number.isInteger(asked) && asked >= 1 && asked <= 100 ? asked : 25;
  const cursor = url.searchParams.get("cursor") ?? "";
  const trail =
    state && typeof state === "object" && "trail" in state && Array.isArray(state.trail) ? state.trail : null;
  return { limit, cursor, trail: cursor ? trail : [] };
}

/**
 * @param {number} limit
 * @param {string} [cursor]
 */
function address(limit, cursor = "") {
  const query = new URLSearchParams({
    ...(limit === 25 ? {} : { limit: String(limit) }),
    ...(cursor ? { cursor } : {}),
  });
  return query.size > 0 ? `/students?${query}` : "/students";
}

/**
 * @param {StudentPage} page
 * @param {Place} place
 */
function list(page, place) {
  return [table(page.students), turnPages(page, place)];
}

/**
 * The roles are spelt out because rows become blocks on a phone, and a browser then forgets that this is a table.
 *
 * @param {Student[]} students
 */
function table(students) {
  const heads = COLUMNS.map((name) => element("th", { role: "columnheader", scope: "col" }, name));
  return element(
    "table",
    { role: "table", class: "panel" },
    element("caption", { class: "unseen" }, "Students, by family name"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)),
    element("tbody", { role: "rowgroup" }, ...students.map(row)),
  );
}

/** @param {Student} student */
function row(student) {
  const given = [student.givenName, student.middleName].filter(Boolean).join(" ");
  const name = element(
    "th",
    { role: "rowheader", scope: "row" },
    element("bdi", {}, student.familyName ? `${student.familyName}, ` : "", element("span", { class: "given" }, given)),
  );
  const status = element(
    "span",
    { class: `status ${student.status}` },
    student.status === "active" ? "Active" : "Inactive",
  );
  const cells = [
    element("code", {}, student.identifier),
    student.email && breakable(student.email),
    student.grades.join(", "),
    status,
  ];
  return element(
    "tr",
    { role: "row" },
    name,
    ...cells.map((cell, index) => labelled(COLUMNS[index + 1] ?? "", cell)),
  );
}

/** A long address breaks before its @ rather than anywhere. @param {string} email */
function breakable(email) {
  const at = email.lastIndexOf("@");
  return element("span", {}, email.slice(0, at), element("wbr"), email.slice(at));
}

/**
 * @param {string} label shown beside the value on a phone
 * @param {string | HTMLElement | null} value
 */
function labelled(label, value) {
  const empty = element(
    "span",
    { class: "none" },
    element("span", { "aria-hidden": "true" }, "–"),
    element("span", { class: "unseen" }, "none"),
  );
  return element("td", { role: "cell", "data-label": label }, value || empty);
}

/**
 * @param {StudentPage} page
 * @param {Place} place
 */
function turnPages({ students, nextCursor }, { limit, cursor, trail }) {
  const back = trail?.at(-1);
  const earlier =
    back !== undefined
      ? turn("Previous page", address(limit, back), trail?.slice(0, -1) ?? [])
      : cursor && turn("First page", address(limit), []);
  const later =
    nextCursor && turn("Next page", address(limit, nextCursor), trail ? [...trail, cursor] : null);
  const count = students.length === 1 ? "1 student" : `${students.length} students`;
  const here = trail && (earlier || later) ? `Page ${trail.length + 1} · ${count}` : count;
  return element(
    "nav",
    { class: "pages", "aria-label": "Pages of the list" },
    element("p", { class: "here" }, here),
    perPage(limit),
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

/** @param {number} limit */
function perPage(limit) {
  const choices = [...new Set([...LIMITS, limit])].sort((a, b) => a - b);
  const options = choices.map((size) =>
    element("option", { value: size, selected: size === limit }, String(size)),
  );
  const select = element("select", { id: "per-page" }, ...options);
  select.addEventListener("change", () => navigate(address(Number(select.value))));
  return element("p", { class: "per-page" }, element("label", { for: "per-page" }, "Per page"), select);
}

/** @param {Place} place */
function nobody({ limit, cursor }) {
  if (cursor) {
    const first = element("a", { class: "button", href: address(limit) }, "First page");
    return element(
      "div",
      { class: "panel empty" },
      element("h2", {}, "No more students"),
      element("p", { class: "actions" }, first),
    );
  }
  return element(
    "div",
    { class: "panel empty" },
    element("img", { src: "/favicon.svg", alt: "", width: "56", height: "56" }),
    element("h2", {}, "No students yet"),
    element("p", {}, "Add the first one here, or bring in a whole class list with the command-line tool:"),
    element("p", {}, element("code", { class: "command" }, "studentdb students import FILE.csv")),
    element(
      "p",
      { class: "actions" },
      element("a", { class: "button primary", href: "/students/new" }, "Add the first student"),
    ),
  );
}

/** @param {Place} place */
function stalePage({ limit }) {
  return element(
    "div",
    { class: "panel trouble", role: "alert" },
    element("h2", {}, "This page of the list is not there any more"),
    element("p", {}, "The link to it has expired or was cut off. The list itself is fine."),
    element("p", { class: "actions" }, element("a", { class: "button", href: address(limit) }, "First page")),
  );
}
