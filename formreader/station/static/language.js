// Says things in the language of the page. Messages stand here as in English; what the
// catalogue of a language lacks is said in English.

const language = document.documentElement.lang;

async function load() {
  if (language === "en") return {};
  const answer = await fetch(`/static/messages/${language}.json`).catch(() => null);
  return answer?.ok ? answer.json() : {};
}

const messages = await load();

/**
 * @param {string} text in English; `{name}` stands for a value
 * @param {Record<string, string | number>} values by name
 */
export function t(text, values = {}) {
  const said = messages[text] || text;
  return said.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Name a type of value, such as `date DD/MM/YYYY`, whose format is the same everywhere. */
export const sayType = (type) => type.replace(/^[a-z]+( [a-z]+)?/, (words) => t(words));
