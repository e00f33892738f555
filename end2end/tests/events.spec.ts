// The list of events: filtered by links and forms, counted over time, and a way to whatever it names.
import { expect, linkTo, overflow, server, test } from "../fixtures.ts";

const types = ["heartbeat", "spawn", "error"];

/** Six events of one agent, a minute apart; two of each type. `who` keeps the tests apart. */
function events(who: string) {
  return [0, 1, 2, 3, 4, 5].map((i) => ({
    kind: "event",
    event_type: types[i % 3],
    agent_id: who,
    agent_type: "gardener",
    task_id: "task-1",
    swarm_id: "team",
    project: "garden",
    event_id: `${who}-${i}`,
    timestamp: Date.now() - (i + 1) * 60_000,
    metadata: { duration_ms: 1500, step: i },
  }));
}

test("events are listed, counted by type, and filtered by links and by the form", async ({ open, page, request }, info) => {
  const who = `lister-${info.project.name}`;
  expect((await request.post(`${server("events")}/api/v1/ingest`, { data: events(who) })).ok()).toBe(true);
  await open("events", `/events?agent_id=${who}`);
  await expect(page.locator(".count").first()).toHaveText("1–6 of 6");
  await expect(page.locator("main .list tbody tr")).toHaveCount(6);
  const panel = page.locator("[data-panel='events']");
  for (const type of types) await expect(panel.getByRole("button", { name: `${type} 2` })).toBeVisible();
  await expect(panel.locator("svg:visible, canvas:visible").first()).toBeVisible();

  await page.locator("main .list tbody th a").filter({ hasText: "error" }).first().click();
  await expect(page).toHaveURL(/event_type=error/);
  await expect(page.locator("main .list tbody tr")).toHaveCount(2);
  await expect(page.locator("main .list tbody th")).toContainText(["▲ error", "▲ error"]);

  await page.getByText("Filter", { exact: true }).click();
  await page.getByLabel("Event type").fill("spawn");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page).toHaveURL(/event_type=spawn/);
  await expect(page.locator("main .list tbody tr")).toHaveCount(2);
  await expect(page.locator(".filters")).toContainText("event_type = spawn");
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

test("an event leads to its agent, and its export is exactly what is filtered", async ({ open, page, request }, info) => {
  const who = `leader-${info.project.name}`;
  await request.post(`${server("events")}/api/v1/ingest`, { data: events(who) });
  await open("events", `/events?agent_id=${who}&event_type=heartbeat`);
  const href = await page.locator('.exports a[href*="/export/events.ndjson"], .exports a[href*="/export/events.json"]').first().getAttribute("href");
  const file = await (await request.get(server("events") + href)).text();
  expect(file.match(/"event_type": ?"heartbeat"/g)).toHaveLength(2);
  expect(file).not.toMatch(/"event_type": ?"(spawn|error)"/);
  await linkTo(page, "agents", who).click();
  await expect(page).toHaveURL(new RegExp(`/agents/${who}`));
});

test("the events of one task are listed without a chart, and a range without events says so", async ({ open, page, request }, info) => {
  const who = `tasked-${info.project.name}`;
  await request.post(`${server("events")}/api/v1/ingest`, { data: events(who) });
  await open("events", `/events?agent_id=${who}&task_id=task-1`);
  await expect(page.locator(".count").first()).toHaveText("1–6 of 6");
  await expect(page.locator("[data-panel='events']")).toHaveCount(0);
  await open("events", `/events?agent_id=${who}&event_type=never`);
  await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();
});

test("pages of events go on where the last one ended", async ({ open, page }) => {
  await open("demo", "/events?from=all&limit=50");
  const first = await page.locator("main .list tbody tr").last().innerText();
  await page.getByRole("link", { name: "Next →" }).click();
  await expect(page.locator(".count").first()).toContainText("51–100 of");
  await expect(page.locator("main .list tbody tr")).toHaveCount(50);
  expect(await page.locator("main .list tbody tr").first().innerText()).not.toBe(first);
});
