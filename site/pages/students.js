/** The list of students, a page at a time. The address holds the page: ?cursor=…&limit=…. */

import { ApiError } from "../api.js";
import { element, fill } from "../dom.js";
import { showFailure } from "../parts/failure.js";
import { labelled, noMore, nothingYet, placeOf, stalePage, turnPages } from "../parts/pages.js";

/** @typedef {import("../api.js").Student} Student */
/** @typedef {import("../api.js").StudentPage} StudentPage */
/** @typedef {import("../parts/pages.js").Place} Place */

const PATH = "/students";
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
      if (error instanceof ApiError && error.status === 400 && place.cursor) fill(body, stalePage(PATH, place));
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
 * @param {StudentPage} page
 * @param {Place} place
 */
function list(page, place) {
  const count = page.students.length === 1 ? "1 student" : `${page.students.length} students`;
  return [table(page.students), turnPages(PATH, place, page.nextCursor, count)];
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

/** @param {Place} place */
function nobody({ limit, cursor }) {
  if (cursor) return noMore("No more students", PATH, limit);
  const link = element("a", { class: "button primary", href: "/students/new" }, "Add the first student");
  return nothingYet(
    "No students yet",
    "Add the first one here, or bring in a whole class list with the command-line tool:",
    "studentdb students import FILE.csv",
    link,
  );
}
