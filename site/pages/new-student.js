/** Adding a student. What is right and wrong is the API's to say; its answers appear beside the fields. */

import { ApiError } from "../api.js";
import { SessionEndedError } from "../auth.js";
import { element } from "../dom.js";
import { notAllowed } from "../parts/failure.js";
import { named, showErrors } from "../parts/field-errors.js";
import { field, submitting, summary } from "../parts/form.js";
import { navigate } from "../router.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../parts/field-errors.js").Fields} Fields */

/**
 * Typed before the session ran out, for the same person to go on with.
 *
 * @type {{sub: string, values: Map<string, string>} | null}
 */
let draft = null;

/** @type {import("../main.js").PageOf} */
export function newStudentPage(app, { signal }) {
  const fields = makeFields();
  const rare = element(
    "details",
    {},
    element("summary", {}, "More"),
    grid(fields, ["username", "sourcedId"]),
  );
  const problems = summary();
  const button = element("button", { type: "submit", class: "primary" }, "Add student");
  const cancel = element("a", { class: "button", href: "/students" }, "Cancel");
  const page = element("div", { class: "middling" });
  const form = element(
    "form",
    { class: "panel", method: "post", novalidate: true, autocomplete: "off" },
    problems.root,
    grid(fields, [
      "givenName",
      "familyName",
      "middleName",
      "identifier",
      "email",
      "birthDate",
      "grades",
      "status",
    ]),
    rare,
    element("p", { class: "actions" }, button, cancel),
  );
  /** @type {{body: string, key: string}} */
  let attempt = { body: "", key: "" };
  const send = async () => {
    problems.clear();
    for (const each of fields.values()) each.setError("");
    const student = read(fields);
    const body = JSON.stringify(student);
    // The key stays while the student does: a second try after a lost answer adds nobody twice.
    if (attempt.body !== body) attempt = { body, key: crypto.randomUUID() };
    try {
      const added = await app.api.addStudent(student, attempt.key);
      const another = element("a", { href: "/students/new" }, "Add another");
      app.sayNext(`${named(added)} (${added.identifier}) was added. `, another);
      if (!signal.aborted) navigate("/students");
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SessionEndedError) return keepDraft(app, fields);
      if (error instanceof ApiError && error.status === 403) return form.replaceWith(notAllowed(app, error));
      const first = showErrors(error, fields, problems, "The student was not added.");
      if (rare.querySelector('[aria-invalid="true"]')) rare.open = true;
      first?.focus();
    }
  };
  form.addEventListener("submit", submitting(button, "Adding…", send));
  restoreDraft(app, fields);
  const back = element("p", { class: "back" }, element("a", { href: "/students" }, "Students"));
  page.append(back, element("h1", {}, "Add a student"), form);
  return { title: "Add a student", content: page };
}

/** @returns {Fields} */
function makeFields() {
  const list = [
    field({ name: "givenName", label: "Given name", required: true }),
    field({ name: "familyName", label: "Family name", hint: "Empty for somebody with one name only." }),
    field({ name: "middleName", label: "Middle name" }),
    field({
      name: "identifier",
      label: "Student number",
      hint: "As your school writes it, such as S1001.",
      required: true,
      attributes: { spellcheck: "false" },
    }),
    field({ name: "email", label: "E-mail address", attributes: { type: "email", autocapitalize: "none" } }),
    field({ name: "birthDate", label: "Date of birth", attributes: { type: "date" } }),
    field({
      name: "grades",
      label: "Grade",
      hint: "Such as 09. Several are separated by commas.",
      attributes: { spellcheck: "false" },
    }),
    field({
      name: "username",
      label: "User name",
      attributes: { autocapitalize: "none", spellcheck: "false" },
    }),
    field({
      name: "sourcedId",
      label: "OneRoster sourcedId",
      hint: "The record's id in the school's information system.",
      attributes: { spellcheck: "false" },
    }),
    field({
      name: "status",
      label: "Status",
      choices: [
        ["active", "Active"],
        ["inactive", "Inactive"],
      ],
    }),
  ];
  return new Map(list.map((each) => [each.input.name, each]));
}

/**
 * @param {Fields} fields
 * @param {string[]} names
 */
function grid(fields, names) {
  return element("div", { class: "fields" }, ...names.map((name) => fields.get(name)?.root));
}

/**
 * The fields of StudentCreate; what was left empty is left out.
 *
 * @param {Fields} fields
 */
function read(fields) {
  /** @type {Record<string, string | string[]>} */
  const student = {};
  for (const [name, { input }] of fields) {
    const value = input.value.trim();
    if (name === "grades") {
      const grades = value
        .split(",")
        .map((grade) => grade.trim())
        .filter(Boolean);
      if (grades.length > 0) student[name] = grades;
    } else if (value) {
      student[name] = value;
    }
  }
  return student;
}

/**
 * @param {App} app
 * @param {Fields} fields
 */
function keepDraft(app, fields) {
  draft = {
    sub: app.session.lastSub,
    values: new Map([...fields].map(([name, { input }]) => [name, input.value])),
  };
  app.askToSignIn();
}

/**
 * @param {App} app
 * @param {Fields} fields
 */
function restoreDraft(app, fields) {
  if (draft && draft.sub === app.session.person?.sub) {
    for (const [name, value] of draft.values) {
      const input = fields.get(name)?.input;
      if (input) input.value = value;
    }
  }
  draft = null;
}
