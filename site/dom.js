/** The one way in which elements come into being here: by name, attributes and children, never by markup. */

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {{[name: string]: string | number | boolean | null | undefined | ((event: Event) => void)}} Attributes */

/**
 * Makes an element. An attribute that is true stands without a value; false, null and undefined leave it out. A
 * function under `onclick`, `onsubmit` and the like becomes a listener. Text children are text, whatever they hold.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]}
 * @throws {TypeError} for a listener given as text, and for an address that would run a script
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(key.replace(/^on/, ""), value);
    } else if (key.startsWith("on") || (isAddress(key) && runsScript(String(value)))) {
      throw new TypeError(`${key} of <${name}> would run a script`);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value === true ? "" : String(value));
    }
  }
  made.append(...present(children));
  return made;
}

/**
 * Replaces what a node holds.
 *
 * @param {ParentNode} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...present(children));
}

/** @param {Child[]} children */
function present(children) {
  return children.filter((child) => child !== null && child !== undefined && child !== false);
}

/** @param {string} key */
function isAddress(key) {
  return key === "href" || key === "src" || key === "action" || key === "formaction";
}

/** @param {string} address */
function runsScript(address) {
  return new URL(address, document.baseURI).protocol === "javascript:";
}
