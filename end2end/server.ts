// One server of the program that is tried: on a free port, started and stopped as its operator would.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "@playwright/test";

// SWARMSCOPE_PROGRAM names another build, such as the debug one.
export const program = resolve(process.env.SWARMSCOPE_PROGRAM ?? join(import.meta.dirname, "../target/release/swarmscope"));
const site = resolve(process.env.SWARMSCOPE_SITE ?? join(import.meta.dirname, "../target/site"));

/** A server over a store in `folder`, which is its working folder, too. */
export class Server {
  /** Where it answers; one that is started again answers there again. */
  address = "";
  private process?: ChildProcess;

  constructor(readonly folder: string, private db: string, private env: NodeJS.ProcessEnv = {}) {}

  async start() {
    const bind = this.address.replace("http://", "") || "127.0.0.1:0";
    const words = ["--log-level", "warn", "--db", join(this.folder, `${this.db}.db`), "serve", "--bind", bind];
    const env = { ...process.env, SWARMSCOPE_SITE: site, ...this.env };
    const child = spawn(program, words, { env, cwd: this.folder, stdio: ["ignore", "pipe", "inherit"] });
    this.process = child;
    this.address = await new Promise<string>((found, failed) => {
      let text = "";
      child.stdout?.on("data", (chunk) => {
        text += chunk;
        const match = /http:\/\/127\.0\.0\.1:\d+(?=\s)/.exec(text);
        if (match) found(match[0]);
      });
      child.on("exit", (code) => failed(new Error(`the server over ${this.db}.db ended with ${code}`)));
    });
  }

  async stop() {
    const child = this.process;
    if (!child || child.exitCode !== null) return;
    child.removeAllListeners("exit");
    const ended = new Promise((end) => child.on("exit", end));
    child.kill("SIGTERM");
    await ended;
  }
}

/** A server of one test, over an empty store in a folder that goes with it. */
export class OwnServer extends Server {
  constructor(settings = "") {
    const folder = mkdtempSync(join(tmpdir(), "swarmscope-own-"));
    const config = join(folder, "own.toml");
    writeFileSync(config, settings);
    super(folder, "own", { HOME: folder, SWARMSCOPE_CONFIG: config });
  }

  async send(...records: object[]) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.address}/api/v1/ingest`, { method: "POST", headers, body: JSON.stringify(records) });
    expect((await answer.json()).accepted).toBe(records.length);
  }

  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
