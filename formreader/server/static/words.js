// Numbers in words, as several pages show them.

import { t } from "/static/language.js";

/** Say about how long some seconds are. */
export function duration(seconds) {
  if (seconds < 90) return t("about {count} s", { count: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return t("about {count} minutes", { count: Math.round(seconds / 60) });
  return t("about {count} hours", { count: (seconds / 3600).toFixed(1) });
}
