/** Puts the site together: configuration, session, API, and which page belongs to which address. */

import { Api } from "./api.js";
import { Session } from "./auth.js";
import { CognitoAuthenticator } from "./cognito.js";
import { loadConfig } from "./config.js";
import { element, fill } from "./dom.js";
import { accountPage } from "./pages/account.js";
import { filesPage } from "./pages/files.js";
import { newFilePage } from "./pages/new-file.js";
import { newStudentPage } from "./pages/new-student.js";
import { notFoundPage } from "./pages/not-found.js";
import { signInPage } from "./pages/sign-in.js";
import { studentsPage } from "./pages/students.js";
import { failurePanel } from "./parts/failure.js";
import { navigate, reshow, startRouter } from "./router.js";
import { present, showMenu } from "./shell.js";

/**
 * What every page is given.
 *
 * @typedef {object} App
 * @property {Session} session
 * @property {Api} api
 * @property {(...message: import("./dom.js").Child[]) => void} sayNext shown, and read out, with the next page
 * @property {() => void} askToSignIn the session is over: sign in, then go on where one was
 * @property {() => Promise<void>} signOut
 */

/** @typedef {{title: string, content: HTMLElement}} Page content begins with the page's only h1 */
/** @typedef {(app: App, visit: import("./router.js").Visit) => Page} PageOf */

/** @type {Map<string, PageOf>} */
const PAGES = new Map([
  ["/students", studentsPage],
  ["/students/new", newStudentPage],
  ["/files", filesPage],
  ["/files/new", newFilePage],
  ["/account", accountPage],
]);

/** @param {import("./config.js").Config} config */
function start(config) {
  const authenticator = new CognitoAuthenticator(config);
  const session = new Session(authenticator, `${config.userPoolId}/${config.clientId}`);
  /** @type {import("./dom.js").Child[]} */
  let news = [];
  /** @type {App} */
  const app = {
    session,
    api: new Api(session),
    sayNext: (...message) => {
      news = message;
    },
    askToSignIn: () => {
      news = ["Your session has ended. Sign in again to go on where you were."];
      reshow();
    },
    signOut: async () => {
      const confirmed = await session.signOut();
      news = confirmed
        ? ["You are signed out."]
        : ["You are signed out here. The server could not be told: there, the session ends by itself later."];
      navigate("/");
    },
  };
  document.getElementById("where")?.replaceChildren(config.deployment);
  startRouter((visit, moved) => {
    const { person } = session;
    if (person && visit.url.pathname === "/") {
      navigate(person.groups.includes("admin") ? "/students" : "/account", { replace: true });
      return;
    }
    const pageOf = person ? (PAGES.get(visit.url.pathname) ?? notFoundPage) : signInPage;
    showMenu(person, visit.url.pathname, app.signOut);
    present(pageOf(app, visit), news, moved);
    news = [];
  });
}

async function load() {
  try {
    start(await loadConfig());
  } catch (error) {
    const page = document.getElementById("page");
    const why = error instanceof Error ? error.message : String(error);
    const panel = failurePanel("Its settings could not be read", why, () => void load());
    if (page) fill(page, element("h1", {}, "This site is not ready"), panel);
  }
}

void load();
