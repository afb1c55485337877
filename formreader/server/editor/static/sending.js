// Files on their way to the server, which keeps them for a while under a name of its own.

import { post } from "/static/api.js";

const PATIENCE_MS = 600_000; // over a slow network

/** Send a file; the server may have it already, and gives the same name then. */
export async function sendFile(file) {
  const { file: name } = await post("/api/form-files", file, PATIENCE_MS);
  return name;
}
