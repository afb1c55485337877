// Measures a run against truth that is brought, and says what can be promised.

import { get, post, tell } from "/static/api.js";
import { t } from "/static/language.js";

const PATIENCE_MS = 120_000; // a large run takes a while to compare
const find = (id) => document.getElementById(id);
const { run } = find("run").dataset;
const name = encodeURIComponent(run);
const path = `/api/runs/${name}`;

/** Let a form do something once it is sent; what is refused is told. */
function onSend(form, button, deed) {
  find(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    find(button).disabled = true;
    try {
      await deed();
    } catch (error) {
      tell(error.message);
    }
    find(button).disabled = false;
  });
}

function make(kind, text, classes = "") {
  return Object.assign(document.createElement(kind), { textContent: text, className: classes });
}

function percent(share) {
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 2 })} %`;
}

/** Show hits, their share, and between which shares the true one lies. */
function figure(words, { hits, count, share, interval }) {
  const item = document.createElement("li");
  const between = count ? t("{hits} of {count}, {low} to {high}", { hits, count, low: percent(interval[0]), high: percent(interval[1]) }) : t("nothing to say it by");
  item.append(make("b", count ? percent(share) : "–"), make("span", words), document.createElement("br"), make("small", between, "soft"));
  return item;
}

function showAccuracy(found) {
  const what = found.reviewed ? t("What holds now, with the corrections of people") : t("What the machine read");
  find("measured-what").textContent = t("{what}, compared on {date} with {count} rows of truth, {missing} of them not found.", { what, date: found.measured, count: found.exact.count, missing: found.not_found });
  find("figures").replaceChildren(
    figure(t("exact"), found.exact),
    figure(t("to review"), found.review),
    figure(t("silent errors among the others"), found.silent),
  );
  find("warnings").replaceChildren(...found.warnings.map((text) => make("li", text)));
  find("errors").replaceChildren(...found.errors.map(makeError));
  find("errors-box").hidden = !found.errors.length;
  find("measured").hidden = false;
}

function makeError(one) {
  const line = document.createElement("tr");
  const place = make("th", "");
  place.scope = "row";
  const where = t("{source}, page {page}", { source: one.file, page: one.page });
  if (one.field_id) {
    const link = make("a", where);
    link.href = `/runs/${name}/review/pages?page=${one.page_id}&field=${one.field_id}`;
    place.append(link);
  } else {
    place.textContent = where;
  }
  const state = make("td", "");
  const words = one.value === null ? t("not found") : one.silent ? t("silent") : t("to review");
  state.append(make("span", words, one.silent ? "state broken" : "soft"));
  const sure = one.confidence === null ? "" : one.confidence.toFixed(4);
  line.append(place, make("td", one.field), make("td", one.truth || "–", "value"), make("td", one.value || "–", "value"), make("td", sure, "number"), state);
  return line;
}

function showPromise({ checks, wrong, rows }) {
  find("promised-what").textContent = t("Accepted fields that were checked: {checks}; wrong: {wrong}.", { checks, wrong });
  const lines = rows.map((cells, at) => {
    const line = document.createElement("tr");
    line.append(...cells.map((text, place) => {
      const cell = make(at && place ? "td" : "th", text);
      if (cell.tagName === "TH") cell.scope = at ? "row" : "col";
      return cell;
    }));
    return line;
  });
  find("promise-head").replaceChildren(lines.shift());
  find("promise-rows").replaceChildren(...lines);
  find("promised").hidden = false;
}

onSend("measure", "compare", async () => {
  const [file] = find("truth").files;
  const wish = `names=${find("names").checked}&reviewed=${find("reviewed").checked}`;
  showAccuracy(await post(`${path}/accuracy?${wish}`, file, PATIENCE_MS));
});
onSend("audit", "audit-draw", async () => {
  await post(`${path}/audit`, { share: find("audit-share").valueAsNumber / 100 });
  location.reload();
});
onSend("promise", "reckon", async () => showPromise(await get(`${path}/promises?by=${find("by").value}`)));
onSend("keep", "keep-it", async () => {
  await post(`${path}/calibration`, { name: find("keep-name").value, by: find("by").value }, PATIENCE_MS);
  location.reload();
});
get(`${path}/accuracy`).then((found) => found && showAccuracy(found), (error) => tell(error.message));
find("compare").disabled = false;
