/** Uploading a file: announced to the API, sent to S3 directly, looked at there, then shown as it is stored. */

import { ApiError } from "../api.js";
import { SessionEndedError } from "../auth.js";
import { element, fill } from "../dom.js";
import { notAllowed } from "../parts/failure.js";
import { showErrors } from "../parts/field-errors.js";
import { facts } from "../parts/facts.js";
import { downloadButton, reasonOf, sentenceOf, statusOf, tell, when } from "../parts/file.js";
import { field, summary } from "../parts/form.js";
import { humanSize, LARGEST_MB, lookedAt, refusal, send, sha256Of, TYPES, typeOf, UploadError } from "../upload.js";

/** @typedef {import("../api.js").Media} Media */
/** @typedef {import("../main.js").App} App */
/** @typedef {ReturnType<typeof makeForm>} Form */

/** @typedef {{what: string, body: object, key: string, id: string}} Attempt what is announced, and the record's id */

const DAY_MS = 24 * 60 * 60 * 1000;
const FAILED = "The file was not uploaded.";

/**
 * Chosen before the session ran out, for the same person to go on with.
 *
 * @type {{sub: string, file: File | undefined, name: string, caption: string, days: string} | null}
 */
let draft = null;

/** @type {import("../main.js").PageOf} */
export function newFilePage(app, { signal }) {
  const form = makeForm();
  const page = element("div", { class: "middling" });
  const work = element("div", {});
  /** @type {Attempt} */
  let attempt = { what: "", body: {}, key: "", id: "" };
  // The file is with S3: whatever goes wrong from here on, it is not sent again.
  const follow = async (/** @type {Media} */ sent) => {
    let stored = sent;
    try {
      stored = await lookedAt(app.api, sent, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SessionEndedError) return app.askToSignIn();
    }
    fill(work, result(app, stored));
    work.querySelector("h2")?.focus();
  };
  const start = async () => {
    const file = form.chosen();
    form.clear();
    const why = refusal(file);
    if (!file || why) {
      form.file.setError(why);
      return form.file.input.focus();
    }
    const stop = new AbortController();
    const gone = () => stop.abort();
    signal.addEventListener("abort", gone);
    const journey = makeJourney(file, () => stop.abort());
    fill(work, journey.root);
    journey.cancel.focus();
    // Closing the tab would lose what was sent so far.
    const ask = (/** @type {Event} */ event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    try {
      const announced = await announcement(form, file);
      if (attempt.what !== announced.what) {
        forget(app, attempt);
        attempt = { ...announced, key: crypto.randomUUID(), id: "" };
      }
      // The same key for the same file: a second try gets a new form, and no second record.
      stop.signal.throwIfAborted();
      const upload = await app.api.addFile(attempt.body, attempt.key, stop.signal);
      attempt.id = upload.media.id;
      // After a lost answer it may be there already.
      if (upload.media.status === "pending") await send(upload, file, journey.progress, stop.signal);
      journey.checking();
      void follow(upload.media);
    } catch (error) {
      if (signal.aborted) return forget(app, attempt);
      if (error instanceof SessionEndedError) return keepDraft(app, form);
      if (error instanceof ApiError && error.status === 403) return fill(work, notAllowed(app, error));
      fill(work, form.root);
      if (stop.signal.aborted) {
        forget(app, attempt);
        attempt = { what: "", body: {}, key: "", id: "" };
        form.problems.show("Cancelled. Nothing was stored.");
      } else {
        showWhy(error, form);
      }
      if (!form.root.querySelector('[aria-invalid="true"]')) form.button.focus();
    } finally {
      removeEventListener("beforeunload", ask);
      signal.removeEventListener("abort", gone);
    }
  };
  form.root.addEventListener("submit", (event) => {
    event.preventDefault();
    void start();
  });
  restoreDraft(app, form);
  fill(work, form.root);
  const back = element("p", { class: "back" }, element("a", { href: "/files" }, "Files"));
  page.append(back, element("h1", {}, "Upload a file"), work);
  return { title: "Upload a file", content: page };
}

function makeForm() {
  const accept = [...TYPES.keys()].map((ending) => `.${ending}`).join(",");
  const file = field({
    name: "file",
    label: "File",
    hint: `Up to ${LARGEST_MB} MB: PDF, Word, Excel, PowerPoint, CSV or text; pictures, MP3 or MP4.`,
    required: true,
    attributes: { type: "file", accept },
  });
  const name = field({
    name: "name",
    label: "Name",
    hint: "What it is called when it is downloaded.",
    required: true,
    attributes: { autocomplete: "off", spellcheck: "false" },
  });
  const caption = field({ name: "caption", label: "Caption", attributes: { autocomplete: "off" } });
  const days = field({
    name: "expiresAt",
    label: "Keep it",
    required: true,
    choices: [
      ["", "Until it is deleted"],
      ["7", "For 7 days"],
      ["30", "For 30 days"],
      ["90", "For 90 days"],
      ["365", "For a year"],
    ],
  });
  const fields = new Map([file, name, caption, days].map((each) => [each.input.name, each]));
  const problems = summary();
  const button = element("button", { type: "submit", class: "primary" }, "Upload");
  let proposed = "";
  const chosen = () => (file.input instanceof HTMLInputElement ? file.input.files?.[0] : undefined);
  file.input.addEventListener("change", () => {
    const now = chosen();
    file.setError(now ? refusal(now) : "");
    // A name that somebody typed stays.
    if (now && (!name.input.value || name.input.value === proposed)) name.input.value = proposed = now.name;
  });
  const root = element(
    "form",
    { class: "panel", method: "post", novalidate: true },
    problems.root,
    file.root,
    element("div", { class: "fields" }, name.root, caption.root, days.root),
    element("p", { class: "hint" }, "Only you and your school's administrators can get it."),
    element("p", { class: "actions" }, button, element("a", { class: "button", href: "/files" }, "Back to the list")),
  );
  const clear = () => {
    problems.clear();
    for (const each of fields.values()) each.setError("");
  };
  return { root, fields, file, name, caption, days, problems, button, chosen, clear };
}

/**
 * What the API is told before anything is sent, and what makes it the same when it is tried again.
 *
 * @param {Form} form
 * @param {File} file
 */
async function announcement(form, file) {
  const [name, caption, days] = [form.name, form.caption, form.days].map(({ input }) => input.value.trim());
  const sha256 = await sha256Of(file);
  const body = {
    name,
    contentType: typeOf(file),
    size: file.size,
    sha256,
    ...(caption ? { caption } : {}),
    ...(days ? { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() } : {}),
  };
  return { what: JSON.stringify([name, caption, days, body.contentType, sha256]), body };
}

/**
 * What is shown while a file is on its way.
 *
 * @param {File} file
 * @param {() => void} stop
 */
function makeJourney(file, stop) {
  const bar = element("progress", { id: "sent", max: "100" });
  // Read out at each quarter only; the number itself is for the eye.
  const aloud = element("p", { role: "status", class: "unseen" }, "Reading the file.");
  const step = element("span", {}, "Reading the file…");
  const cancel = element("button", { type: "button", onclick: stop }, "Cancel");
  const actions = element("p", { class: "actions" }, cancel);
  const title = element("h2", { tabindex: "-1" }, element("bdi", {}, file.name));
  let told = -1;
  return {
    root: element(
      "section",
      { class: "panel journey" },
      title,
      element("label", { for: "sent" }, step),
      bar,
      aloud,
      element("p", { class: "hint" }, "Stay on this page until it is stored."),
      actions,
    ),
    cancel,
    /** @param {number} share */
    progress: (share) => {
      const percent = Math.floor(share * 100);
      bar.value = percent;
      fill(step, `Sending: ${percent}% of ${humanSize(file.size)}`);
      const quarter = Math.floor(share * 4) * 25;
      if (quarter > told) fill(aloud, `${(told = quarter)}% is sent.`);
    },
    checking: () => {
      bar.removeAttribute("value");
      fill(step, "Sent. The content is being checked…");
      fill(aloud, "Sent. The content is being checked.");
      actions.remove();
      title.focus();
    },
  };
}

/**
 * @param {App} app
 * @param {Media} file
 */
function result(app, file) {
  const trouble = element("div", {});
  const titles = new Map([
    ["ready", "The file is stored"],
    ["pending", "The file is there, and not checked yet"],
  ]);
  const download = file.status === "ready" && downloadButton(app, file, (message) => tell(trouble, message));
  if (download) download.classList.add("primary");
  return element(
    "section",
    { class: titles.has(file.status) ? "panel" : "panel trouble" },
    element("h2", { tabindex: "-1" }, titles.get(file.status) ?? "The file cannot be used"),
    file.status === "pending" && element("p", {}, "This takes longer than usual. The list shows when it is ready."),
    facts([
      ["Status", statusOf(file)],
      ["Why", file.reason && sentenceOf(file.reason)],
      ["Name", element("bdi", {}, file.name)],
      ["Caption", file.caption],
      ["Size", humanSize(file.size)],
      ["Type", file.contentType],
      ["SHA-256", element("code", {}, file.sha256)],
      ["Uploaded", when(file.createdAt)],
      ["Kept until", file.expiresAt && when(file.expiresAt)],
    ]),
    trouble,
    element(
      "p",
      { class: "actions" },
      download,
      element("a", { class: "button", href: "/files/new" }, "Upload another"),
      element("a", { class: "button", href: "/files" }, "All files"),
    ),
  );
}

/**
 * @param {unknown} error
 * @param {Form} form
 */
function showWhy(error, form) {
  if (error instanceof UploadError) return form.problems.show(`${FAILED} ${error.message}`);
  const named = error instanceof ApiError && error.errors.length > 0;
  if (named || !(error instanceof ApiError)) return showErrors(error, form.fields, form.problems, FAILED)?.focus();
  return form.problems.show(`${FAILED} ${reasonOf(error)}`);
}

/**
 * A record whose file will not come takes room from the others. One that cannot be removed now shows in the list.
 *
 * @param {App} app
 * @param {Attempt} attempt
 */
function forget(app, { id }) {
  if (id) app.api.deleteFile({ id, version: 1 }).catch(() => {});
}

/**
 * @param {App} app
 * @param {Form} form
 */
function keepDraft(app, form) {
  draft = {
    sub: app.session.lastSub,
    file: form.chosen(),
    name: form.name.input.value,
    caption: form.caption.input.value,
    days: form.days.input.value,
  };
  app.askToSignIn();
}

/**
 * @param {App} app
 * @param {Form} form
 */
function restoreDraft(app, form) {
  if (draft && draft.sub === app.session.person?.sub) {
    if (draft.file && form.file.input instanceof HTMLInputElement) {
      const chosen = new DataTransfer();
      chosen.items.add(draft.file);
      form.file.input.files = chosen.files;
    }
    form.name.input.value = draft.name;
    form.caption.input.value = draft.caption;
    form.days.input.value = draft.days;
  }
  draft = null;
}
