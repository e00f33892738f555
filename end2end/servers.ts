// Starts one server per store the tests look at, each on a free port over a temporary file, and tells
// the tests where they are by environment variables. Nothing outside the temporary folder is touched.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ADMIN_TOKEN } from "./fixtures.ts";
import { Server, program } from "./server.ts";
import { crew, healers, hostile, old, routine, small, trending } from "./records.ts";

const shared = resolve(process.env.SWARMSCOPE_DATA ?? "../../shared/data", "claude-code");

/** The folder with real transcripts, when this machine has one. */
export const transcripts = existsSync(shared) ? shared : undefined;

export default async function start() {
  const folder = mkdtempSync(join(tmpdir(), "swarmscope-e2e-"));
  const home = join(folder, "home"); // so that the first-use page does not offer this machine's own data
  mkdirSync(home);
  const env = { HOME: home };
  const servers: Server[] = [];
  const run = (db: string, ...words: string[]) =>
    execFileSync(program, ["--db", join(folder, `${db}.db`), ...words], { env: { ...process.env, ...env }, cwd: folder });

  const serve = async (db: string, env: NodeJS.ProcessEnv) => {
    const server = new Server(folder, db, env);
    servers.push(server);
    await server.start();
    process.env[`SERVER_${db.toUpperCase()}`] = server.address;
  };

  const ingest = (db: string, records: object[]) => {
    const file = join(folder, `${db}.ndjson`);
    writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    run(db, "ingest", file);
  };

  const now = Date.now();
  run("demo", "demo");
  ingest("hostile", hostile(now));
  ingest("old", old());
  ingest("small", small(now));
  ingest("guarded", small(now));
  ingest("events", small(now)); // tests add events of their own to this one
  ingest("crew", crew(now));
  ingest("healers", healers(now));
  ingest("routine", routine(now));
  ingest("trends", trending(now));
  if (transcripts) run("real", "import", "claude-code", transcripts);
  const stores = ["demo", "hostile", "old", "small", "crew", "trends", "posts", "events", "healers", "routine", "empty", ...(transcripts ? ["real"] : [])];
  const receiver = createServer((request, response) => request.resume().on("end", () => response.end("ok")));
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const alarms = alarming(folder, (receiver.address() as AddressInfo).port);
  await Promise.all([...stores.map((db) => serve(db, env)), serve("alarms", { ...env, SWARMSCOPE_CONFIG: alarms }), serve("fresh", { ...env, HOME: homeWithTranscript(folder) }), serve("guarded", { ...env, SWARMSCOPE_ADMIN_TOKEN: ADMIN_TOKEN })]);

  return async () => {
    receiver.close();
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Settings of a server that looks often, with a channel that takes everything and one that nobody answers. */
function alarming(folder: string, port: number): string {
  const file = join(folder, "alarms.toml");
  const channel = (name: string, port: number) => `[[alerts.channels]]\nname = "${name}"\ntype = "webhook"\nurl = "http://127.0.0.1:${port}/"\nallow_private = true\n`;
  writeFileSync(file, `[alerts]\ninterval = "1s"\n${channel("team", port)}${channel("nobody", 1)}`);
  return file;
}

/** A home folder in which the first-use page finds one transcript of one session. */
function homeWithTranscript(folder: string): string {
  const home = join(folder, "home-with-transcript");
  const project = join(home, ".claude/projects/-garden");
  mkdirSync(project, { recursive: true });
  const sessionId = "0b4f2a9e-1111-4222-8333-444455556666";
  const common = { sessionId, cwd: "/garden", version: "2.0.0", isSidechain: false, userType: "external" };
  const lines = [
    { ...common, type: "user", uuid: "u-1", parentUuid: null, timestamp: "2026-01-01T12:00:00.000Z", message: { role: "user", content: "water the beds" } },
    { ...common, type: "assistant", uuid: "u-2", parentUuid: "u-1", requestId: "r-1", timestamp: "2026-01-01T12:00:07.000Z", message: { id: "m-1", type: "message", role: "assistant", model: "claude-sonnet-4-5", content: [{ type: "text", text: "done" }], stop_reason: "end_turn", usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 } } },
  ];
  writeFileSync(join(project, `${sessionId}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return home;
}
