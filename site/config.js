/** What the page knows about its deployment: /config.json, written at deploy. */

/**
 * @typedef {object} Config
 * @property {string} deployment name of the deployment
 * @property {string} region
 * @property {string} siteUrl
 * @property {string} apiUrl not used here: the page calls /api on its own origin
 * @property {string} userPoolId
 * @property {string} clientId
 * @property {string} cognitoUrl where sign-in requests go
 */

/** @type {readonly (keyof Config)[]} */
const KEYS = ["deployment", "region", "siteUrl", "apiUrl", "userPoolId", "clientId", "cognitoUrl"];

/**
 * @returns {Promise<Config>}
 * @throws {Error} when it cannot be read or lacks a value
 */
export async function loadConfig() {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`/config.json answered ${response.status}`);
  const found = await response.json();
  for (const key of KEYS) {
    if (typeof found?.[key] !== "string") throw new Error(`/config.json has no ${key}`);
  }
  return found;
}
