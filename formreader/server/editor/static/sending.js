// Files on their way to the server, which keeps them for a while under a name of its own.

import { post } from "/static/api.js";

const PATIENCE_MS = 600_000; // over a slow network

/** Send a file; gives the name that the server knows it by. */
export async function sendFile(file) {
  const { file: name } = await post("/api/form-files", file, PATIENCE_MS);
  return name;
}
