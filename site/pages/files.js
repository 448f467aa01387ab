/** The person's own files, the newest first, a page at a time: download, delete, restore. */

import { ApiError } from "../api.js";
import { element, fill } from "../dom.js";
import { confirmed } from "../parts/confirm.js";
import { showFailure } from "../parts/failure.js";
import { actionButton, downloadButton, sentenceOf, statusOf, tell, when } from "../parts/file.js";
import { labelled, noMore, nothingYet, placeOf, stalePage, turnPages } from "../parts/pages.js";
import { humanSize } from "../upload.js";

/** @typedef {import("../api.js").Media} Media */
/** @typedef {import("../main.js").App} App */
/** @typedef {import("../parts/pages.js").Place} Place */
/** @typedef {{fail: (message: string) => void, say: (message: string) => void, signal: AbortSignal}} Voice */

const PATH = "/files";
const COLUMNS = ["Name", "Size", "Status", "Uploaded"];
const RESTORE_DAYS = 30;
/** @type {Intl.DateTimeFormatOptions} */
const DAY = { dateStyle: "medium" };
const DAY_MS = 24 * 60 * 60 * 1000;

/** @type {import("../main.js").PageOf} */
export function filesPage(app, { url, state, signal }) {
  const place = placeOf(url, state);
  const trouble = element("div", {});
  const said = element("div", { role: "status" });
  /** @type {Voice} */
  const voice = {
    fail: (message) => tell(trouble, message),
    say: (message) => fill(said, message && element("p", { class: "news" }, message)),
    signal,
  };
  const body = element("div", { "aria-busy": "true" });
  const load = async () => {
    fill(body, element("p", { class: "loading", role: "status" }, "Loading your files…"));
    try {
      const { media, nextCursor } = await app.api.files(place, signal);
      const count = media.length === 1 ? "1 file" : `${media.length} files`;
      const list = [table(app, media, voice), turnPages(PATH, place, nextCursor, count)];
      fill(body, ...(media.length > 0 ? list : [nothing(place)]));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 400 && place.cursor) fill(body, stalePage(PATH, place));
      else showFailure(app, body, error, load);
    } finally {
      body.removeAttribute("aria-busy");
    }
  };
  void load();
  const add = element("a", { class: "button primary", href: "/files/new" }, "Upload a file");
  const head = element("div", { class: "page-head" }, element("h1", {}, "Files"), add);
  return { title: "Files", content: element("div", {}, head, trouble, said, body) };
}

/**
 * @param {App} app
 * @param {Media[]} files
 * @param {Voice} voice
 */
function table(app, files, voice) {
  const heads = COLUMNS.map((name) => element("th", { role: "columnheader", scope: "col" }, name));
  const acts = element("th", { role: "columnheader", scope: "col" }, element("span", { class: "unseen" }, "Actions"));
  return element(
    "table",
    { role: "table", class: "panel files" },
    element("caption", { class: "unseen" }, "Your files, the newest first"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads, acts)),
    element("tbody", { role: "rowgroup" }, ...files.map((file) => row(app, file, voice))),
  );
}

/**
 * @param {App} app
 * @param {Media} file
 * @param {Voice} voice
 * @returns {HTMLTableRowElement}
 */
function row(app, file, voice) {
  const name = element(
    "th",
    { role: "rowheader", scope: "row" },
    element("bdi", {}, file.name),
    file.caption && element("span", { class: "caption" }, file.caption),
  );
  const status = element("div", {}, statusOf(file), file.reason && element("p", { class: "hint" }, sentenceOf(file.reason)));
  const until =
    file.expiresAt && file.status === "ready"
      ? element("p", { class: "hint until" }, "until ", when(file.expiresAt, DAY))
      : null;
  const made = element("tr", { role: "row" });
  const replace = (/** @type {Media} */ now) => {
    const next = row(app, now, voice);
    made.replaceWith(next);
    next.querySelector("button")?.focus();
  };
  const acts = element("div", { class: "acts" }, ...actions(app, file, voice, replace));
  made.append(
    name,
    labelled("Size", humanSize(file.size)),
    labelled("Status", status),
    labelled("Uploaded", element("div", {}, when(file.createdAt, DAY), until)),
    element("td", { role: "cell", class: "acting" }, acts),
  );
  return made;
}

/**
 * @param {App} app
 * @param {Media} file
 * @param {Voice} voice
 * @param {(now: Media) => void} replace shows the file as it is now
 */
function actions(app, file, voice, replace) {
  if (file.status === "deleted") return restorable(file) ? [restoreButton(app, file, voice, replace)] : [];
  const remove = deleteButton(app, file, voice, replace);
  return file.status === "ready" ? [downloadButton(app, file, voice.fail), remove] : [remove];
}

/** @param {Media} file */
function restorable({ deletedAt, removedAt }) {
  return deletedAt !== null && removedAt === null && Date.parse(deletedAt) + RESTORE_DAYS * DAY_MS > Date.now();
}

/**
 * @param {App} app
 * @param {Media} file
 * @param {Voice} voice
 * @param {(now: Media) => void} replace
 */
function deleteButton(app, file, voice, replace) {
  const failed = `${file.name} was not deleted.`;
  // It says the same all the while: nothing is being deleted while the question stands.
  return actionButton(app, named("Delete", file), "Delete", failed, voice.fail, async () => {
    voice.say("");
    const detail = [
      element("bdi", {}, file.name),
      ` can be restored for ${RESTORE_DAYS} days. Links that were given out work until they end, an hour at most.`,
    ];
    const question = { title: "Delete this file?", detail, yes: "Delete", no: "Keep it" };
    if (!(await confirmed(question, voice.signal))) return;
    await decided(app, file, replace, () => app.api.deleteFile(file));
    const now = await app.api.file(file.id);
    voice.say(`${file.name} is deleted. For ${RESTORE_DAYS} days it can be restored.`);
    replace(now);
  });
}

/**
 * @param {App} app
 * @param {Media} file
 * @param {Voice} voice
 * @param {(now: Media) => void} replace
 */
function restoreButton(app, file, voice, replace) {
  const failed = `${file.name} was not restored.`;
  return actionButton(app, named("Restore", file), "Restoring…", failed, voice.fail, async () => {
    voice.say("");
    const now = await decided(app, file, replace, () => app.api.restoreFile(file));
    voice.say(`${file.name} is restored.`);
    replace(now);
  });
}

/**
 * Who decided on what is no longer so sees it as it is now, beside the reason.
 *
 * @template Result
 * @param {App} app
 * @param {Media} file
 * @param {(now: Media) => void} replace
 * @param {() => Promise<Result>} work
 */
async function decided(app, file, replace, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) replace(await app.api.file(file.id));
    throw error;
  }
}

/**
 * The buttons of all rows look alike; who hears them is told which file it is.
 *
 * @param {string} act
 * @param {Media} file
 */
function named(act, { name }) {
  return [element("span", {}, act), element("span", { class: "unseen" }, ` ${name}`)];
}

/** @param {Place} place */
function nothing({ limit, cursor }) {
  if (cursor) return noMore("No more files", PATH, limit);
  const link = element("a", { class: "button primary", href: "/files/new" }, "Upload the first file");
  return nothingYet(
    "No files yet",
    "What you upload here, or with the command-line tool, is yours alone:",
    "studentdb media upload FILE",
    link,
  );
}
