/** Who is signed in, their own record where they are a student, and signing out. */

import { element, fill } from "../dom.js";
import { facts } from "../parts/facts.js";
import { showFailure } from "../parts/failure.js";

/** @typedef {import("../api.js").Student} Student */

const ROLES = new Map([
  ["admin", "Administrator"],
  ["lecturer", "Lecturer"],
  ["student", "Student"],
]);

/** @type {import("../main.js").PageOf} */
export function accountPage(app, { signal }) {
  const person = app.session.person;
  const record = element("div", { "aria-busy": "true" });
  const load = async () => {
    fill(record, element("p", { class: "loading", role: "status" }, "Loading your record…"));
    try {
      const { student } = await app.api.me(signal);
      fill(record, student && ownRecord(student));
    } catch (error) {
      if (!signal.aborted) showFailure(app, record, error, load);
    } finally {
      record.removeAttribute("aria-busy");
    }
  };
  void load();
  const roles = (person?.groups ?? []).map((group) => ROLES.get(group) ?? group).join(", ");
  const content = element(
    "div",
    { class: "middling" },
    element("h1", {}, "Account"),
    element(
      "section",
      { class: "panel" },
      facts([
        ["Signed in as", person?.email ?? ""],
        ["Role", roles || "None yet. An administrator of your school can give you one."],
      ]),
      element(
        "p",
        { class: "hint" },
        "Signing out ends this session here and on the server. Other devices stay signed in.",
      ),
      element(
        "p",
        { class: "actions" },
        element("button", { type: "button", onclick: () => void app.signOut() }, "Sign out"),
      ),
    ),
    record,
  );
  return { title: "Account", content };
}

/** @param {Student} student */
function ownRecord(student) {
  const name = [student.givenName, student.middleName, student.familyName].filter(Boolean).join(" ");
  const born =
    student.birthDate &&
    new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeZone: "UTC" }).format(
      new Date(student.birthDate),
    );
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, "Your record at the school"),
    facts([
      ["Name", name],
      ["Student number", student.identifier],
      ["E-mail address", student.email ?? ""],
      ["Date of birth", born ?? ""],
      ["Grade", student.grades.join(", ")],
      ["Status", student.status === "active" ? "Active" : "Inactive"],
    ]),
    element("p", { class: "hint" }, "Is something wrong? Your school's office can correct it."),
  );
}
