// Every download of the export menu holds every record of the range, in its own words.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, server, test } from "../fixtures.ts";

const hour = 3_600_000;
const datasets: [name: string, route: string][] = [
  ["Tasks", "tasks"],
  ["Agent metrics", "agent-metrics"],
  ["Swarm metrics", "swarm-metrics"],
  ["Events", "events"],
  ["Healings", "healings"],
];

function promtool(text: string) {
  try {
    execFileSync("promtool", ["check", "metrics"], { input: text, stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code !== "ENOENT") throw new Error(`promtool: ${stderr}`); // absent: scripts/test says that it was not checked
  }
}

for (const [name, route] of datasets) {
  test(`${name} download in every format`, async ({ open, page, request }) => {
    const to = Math.floor(Date.now() / hour) * hour;
    const range = `from=${new Date(to - 12 * hour).toISOString()}&to=${new Date(to).toISOString()}`;
    const list = await request.get(`${server("demo")}/api/v1/${route}?${range}&limit=10000`);
    const { items, next_cursor } = await list.json();
    expect(items.length).toBeGreaterThan(0);
    expect(next_cursor).toBeNull();

    await open("demo", `/?${range}`);
    const download = async (format: string, extension: string) => {
      await page.locator("summary").filter({ hasText: "Export" }).click();
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: `${name} as ${format}`, exact: true }).click(),
      ]);
      expect(file.suggestedFilename()).toMatch(new RegExp(`${route}.*\\.${extension.replace(".", "\\.")}$`));
      return readFile(await file.path(), "utf8");
    };

    const csv = await download("CSV", "csv");
    const lines = csv.split("\r\n"); // no demo text holds a line break
    expect(lines[0]).toMatch(/^kind,/);
    expect(lines.length).toBe(items.length + 2); // header, and the end of the last row

    const json = JSON.parse(await download("JSON", "json"));
    expect((Array.isArray(json) ? json : json.items ?? json.records).length).toBe(items.length);

    const ndjson = (await download("NDJSON", "ndjson")).trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(ndjson.length).toBe(items.length);
    expect(new Set(ndjson.map((record) => record.kind)).size).toBe(1);

    const prom = await download("Prometheus", "prom");
    expect(prom).toMatch(/^# (HELP|TYPE) /m);
    promtool(prom);

    const openMetrics = await download("OpenMetrics", "om");
    expect(openMetrics.endsWith("# EOF\n")).toBe(true);

    const grafana = JSON.parse(await download("Grafana", "grafana.json"));
    expect(JSON.stringify(grafana).length).toBeGreaterThan(50);
  });
}

test("an agent's page exports that agent", async ({ open, page }) => {
  await open("small", "/agents/worker-1");
  await page.locator("summary").filter({ hasText: "Export" }).click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Tasks as NDJSON", exact: true }).click(),
  ]);
  const records = (await readFile(await file.path(), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(records.map((record) => record.task_id).sort()).toEqual(["task-1", "task-2", "task-3", "task-4"]);
});
