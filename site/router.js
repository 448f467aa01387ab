/** The URL is the state: a page is shown for the address, and going somewhere means changing the address. */

/**
 * @typedef {object} Visit one showing of a page
 * @property {URL} url
 * @property {unknown} state what the history keeps beside the address
 * @property {AbortSignal} signal aborted when another page takes over
 */

/** @typedef {(visit: Visit, moved: boolean) => void} Show `moved`: the person came here from another page of ours */

/** @type {AbortController} */
let current = new AbortController();
/** @type {Show} */
let show = () => {};

/**
 * Shows the page of the present address, and from now on that of every later one.
 *
 * @param {Show} with_
 */
export function startRouter(with_) {
  show = with_;
  addEventListener("popstate", () => visit(true));
  document.addEventListener("click", followLink);
  visit(false);
}

/**
 * Goes to an address of this site.
 *
 * @param {string} address path and query
 * @param {{replace?: boolean, state?: unknown}} [how]
 */
export function navigate(address, { replace = false, state = null } = {}) {
  if (replace) history.replaceState(state, "", address);
  else history.pushState(state, "", address);
  visit(true);
}

/** Shows the present address again, as after signing in. */
export function reshow() {
  visit(true);
}

/** @param {boolean} moved */
function visit(moved) {
  current.abort();
  current = new AbortController();
  show({ url: new URL(location.href), state: history.state, signal: current.signal }, moved);
}

/**
 * Plain clicks on links of this site stay in the page; all other clicks are the browser's.
 *
 * @param {MouseEvent} event
 */
function followLink(event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.origin !== location.origin || link.target) return;
  if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
  event.preventDefault();
  const state = link.dataset["state"];
  navigate(link.pathname + link.search, { state: state ? JSON.parse(state) : null });
  scrollTo(0, 0);
}
