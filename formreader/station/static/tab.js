// Names this tab, so that two tabs of one browser are given different fields. The name
// outlives a reload, which keeps its fields; a copy of the tab takes another.

const KEY = "formreader-tab";

export const makeId = () => crypto.randomUUID();

/** Hold a name for as long as the page is open; false if another tab holds it. */
function hold(name) {
  return new Promise((resolve) => {
    navigator.locks.request(`${KEY} ${name}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

async function findName() {
  const known = sessionStorage.getItem(KEY);
  if (known && (await hold(known))) return known;
  const name = makeId().replaceAll("-", "").slice(0, 16);
  await hold(name);
  sessionStorage.setItem(KEY, name);
  return name;
}

export const tab = await findName().catch(() => "");
