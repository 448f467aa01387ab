/**
 * Signing in; the first time with a one-time password, in place of which the person chooses a lasting one. Who has a
 * second factor enters a code.
 */

import { SignInError } from "../auth.js";
import { element, fill } from "../dom.js";
import { field, submitting, summary } from "../parts/form.js";
import { reshow } from "../router.js";

/** @typedef {import("../auth.js").SignInStep} SignInStep */
/** @typedef {import("../main.js").App} App */

/** The least that any deployment accepts; what more the school asks for, Cognito says. */
const SHORTEST_PASSWORD = 8;

/** @type {import("../main.js").PageOf} */
export function signInPage(app, { signal }) {
  const content = element("div", { class: "narrow" });
  /** @param {SignInStep} step @param {string} email */
  const proceed = (step, email) => {
    // Someone who has gone elsewhere meanwhile is not taken along.
    if (signal.aborted) return;
    if (step.kind === "done") {
      app.session.start(step.tokens);
      reshow();
      return;
    }
    /** @param {SignInStep} next */
    const onward = (next) => proceed(next, email);
    const [title, form] =
      step.kind === "code"
        ? ["Enter your code", codeForm(step.enter, onward)]
        : ["Choose your password", newPasswordForm(email, step.choose, onward)];
    fill(content, ...form);
    document.title = `${title} · studentdb`;
    content.querySelector("h1")?.focus();
  };
  fill(content, ...credentialsForm(app, proceed));
  return { title: "Sign in", content };
}

/**
 * @param {App} app
 * @param {(step: SignInStep, email: string) => void} proceed
 */
function credentialsForm(app, proceed) {
  const email = field({
    name: "email",
    label: "E-mail address",
    required: true,
    attributes: { type: "email", autocomplete: "username", autocapitalize: "none", spellcheck: "false" },
  });
  const password = passwordField("password", "Password", "current-password");
  const problems = summary();
  const button = element("button", { type: "submit", class: "primary" }, "Sign in");
  const submit = submitting(button, "Signing in…", async () => {
    problems.clear();
    const address = email.input.value.trim();
    email.setError(address ? "" : "Enter your e-mail address.");
    password.setError(password.input.value ? "" : "Enter your password.");
    if (!address || !password.input.value) return (address ? password : email).input.focus();
    try {
      proceed(await app.session.authenticator.signIn(address, password.input.value), address);
    } catch (error) {
      problems.show(reasonOf(error));
      if (error instanceof SignInError && error.refused) password.input.focus();
    }
  });
  return [
    element("h1", {}, "Sign in"),
    element("p", { class: "lead" }, "Use the e-mail address that your school has an account for."),
    form(submit, problems.root, email.root, password.root, element("p", { class: "actions" }, button)),
    element(
      "p",
      { class: "fine" },
      "No account, or a forgotten password? An administrator of your school can help.",
    ),
  ];
}

/**
 * @param {string} email
 * @param {(password: string) => Promise<SignInStep>} choose
 * @param {(step: SignInStep) => void} proceed
 */
function newPasswordForm(email, choose, proceed) {
  const password = passwordField(
    "new-password",
    "New password",
    "new-password",
    "A phrase is best: long, with capital and small letters, a digit and a sign such as a comma.",
  );
  const repeated = passwordField("repeated-password", "The same again", "new-password");
  const problems = summary();
  const button = element("button", { type: "submit", class: "primary" }, "Save and go on");
  const submit = submitting(button, "Saving…", async () => {
    problems.clear();
    const chosen = password.input.value;
    const short = chosen.length < SHORTEST_PASSWORD;
    const different = !short && repeated.input.value !== chosen;
    password.setError(short ? `Use at least ${SHORTEST_PASSWORD} characters.` : "");
    repeated.setError(different ? "The two are not the same." : "");
    if (short || different) return (short ? password : repeated).input.focus();
    try {
      proceed(await choose(chosen));
    } catch (error) {
      if (error instanceof SignInError && error.code === "InvalidPasswordException") {
        password.setError(error.message);
        return password.input.focus();
      }
      problems.show(reasonOf(error), element("p", {}, element("a", { href: "/" }, "Sign in again")));
    }
  });
  // Password managers file the new password under this name.
  const account = element("input", {
    type: "text",
    autocomplete: "username",
    value: email,
    hidden: true,
    readonly: true,
  });
  return [
    element("h1", { tabindex: "-1" }, "Choose your password"),
    element(
      "p",
      { class: "lead" },
      "Your one-time password worked. From now on you sign in with the one that you choose here.",
    ),
    form(
      submit,
      problems.root,
      account,
      password.root,
      repeated.root,
      element("p", { class: "actions" }, button),
    ),
  ];
}

/** What Cognito says of a code that another one can take the place of. */
const WRONG_CODE = ["CodeMismatchException", "ExpiredCodeException", "InvalidParameterException"];

/**
 * @param {(code: string) => Promise<SignInStep>} enter
 * @param {(step: SignInStep) => void} proceed
 */
function codeForm(enter, proceed) {
  const code = field({
    name: "code",
    label: "Code",
    hint: "Six digits, from your authenticator app.",
    required: true,
    attributes: { inputmode: "numeric", autocomplete: "one-time-code", spellcheck: "false" },
  });
  const problems = summary();
  const button = element("button", { type: "submit", class: "primary" }, "Go on");
  const submit = submitting(button, "Signing in…", async () => {
    problems.clear();
    // Apps show it in two groups.
    const digits = code.input.value.replace(/\s/g, "");
    const complete = /^[0-9]{6}$/.test(digits);
    code.setError(complete ? "" : "Enter the six digits that your app shows.");
    if (!complete) return code.input.focus();
    try {
      proceed(await enter(digits));
    } catch (error) {
      if (error instanceof SignInError && WRONG_CODE.includes(error.code)) {
        code.setError(error.message);
        return code.input.focus();
      }
      problems.show(reasonOf(error), element("p", {}, element("a", { href: "/" }, "Sign in again")));
    }
  });
  return [
    element("h1", { tabindex: "-1" }, "Enter your code"),
    element(
      "p",
      { class: "lead" },
      "Your account has a second factor. If your app is lost, an administrator can reset it.",
    ),
    form(submit, problems.root, code.root, element("p", { class: "actions" }, button)),
  ];
}

/**
 * @param {(event: Event) => void} submit
 * @param {...HTMLElement} children
 */
function form(submit, ...children) {
  // `post` keeps a password out of the address should the script ever fail to take over.
  return element("form", { class: "panel", method: "post", novalidate: true, onsubmit: submit }, ...children);
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} autocomplete
 * @param {string} [hint]
 */
function passwordField(name, label, autocomplete, hint = "") {
  return field({ name, label, hint, required: true, attributes: { type: "password", autocomplete } });
}

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}
