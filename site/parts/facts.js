/** Names and values, one below the other. */

import { element } from "../dom.js";

/** @param {[name: string, value: import("../dom.js").Child][]} pairs those without a value are left out */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value);
  return element(
    "dl",
    {},
    ...shown.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}
