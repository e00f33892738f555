// What gets better or worse: verdicts, the figures they stand on, the records behind them, and what was reported.
import { type Page, expect, linkTo, server, test } from "../fixtures.ts";

/** The row of the trends card that is about `metric`. */
function trend(page: Page, metric: string) {
  return page.locator('[data-card="trends"] tbody tr').filter({ has: page.locator("th", { hasText: metric }) });
}

/** Opens the overview as soon as somebody has looked at what gets worse, which happens right after the start. */
async function looked(open: (store: "trends" | "small" | "demo", path?: string) => Promise<void>, page: Page, store: "trends" | "small" | "demo", path = "/") {
  await expect(async () => {
    await open(store, path);
    await expect(page.locator('[data-card="degradations"]')).toContainText("looked at", { timeout: 500 });
  }).toPass();
}

test("the overview lists what gets worse, by which figures, and leads to the records", async ({ open, page }) => {
  await looked(open, page, "trends");
  const card = page.locator('[data-card="degradations"]');
  const slower = card.locator("li").filter({ hasText: "agent slowing: duration" });
  // Averages of 100 … 3000: 550 … 2550 by hundreds; the last five 2350 on average, the sixteen before 1300.
  await expect(slower).toContainText("degrading");
  await expect(slower).toContainText(/1\.3\ss → 2\.4\ss/);
  await expect(slower).toContainText(/\+80\.8\s%/);
  await expect(slower).toContainText(/the last 14 of 30 tasks · Mann–Kendall p\s<\s0\.001/);
  await expect(card).not.toContainText("steady");
  await expect(card).toContainText(/The newest 60 tasks of all:/);
  await slower.getByRole("link", { name: "the last 14 of 30 tasks" }).click();
  await expect(page).toHaveURL(/\/tasks\?from=.*agent_id=slowing/);
  await expect(page.locator("main tbody tr")).toHaveCount(14);
});

test("its name leads to the agent, over the very records it was judged by", async ({ open, page }) => {
  await looked(open, page, "trends");
  const slower = page.locator('[data-card="degradations"] li').filter({ hasText: "agent slowing: duration" });
  await slower.getByRole("link", { name: "slowing" }).click();
  await expect(page).toHaveURL(/\/agents\/slowing\?from=/);
  await expect(page.locator('[data-card="trends"]')).toContainText("of the range");
  await expect(trend(page, "duration")).toContainText("degrading");
  await expect(trend(page, "duration")).toContainText(/\+80\.8\s%/);
});

test("the page of an agent shows every trend with what it stands on", async ({ open, page }) => {
  await open("trends", "/agents/slowing");
  await expect(page.locator('[data-card="trends"]')).toContainText("the newest 500 records of each");
  await expect(trend(page, "duration")).toContainText("degrading");
  await expect(trend(page, "tokens")).toContainText("stable");
  await expect(trend(page, "success rate")).toContainText("stable"); // every task succeeded
  await expect(trend(page, "success_rate")).toContainText("degrading"); // what it reported of itself
  await expect(trend(page, "heartbeat_interval_ms")).toContainText("stable");
  await trend(page, "duration").getByRole("link", { name: "30" }).click();
  await expect(page).toHaveURL(/\/tasks\?from=/);
  await expect(page.locator("main tbody tr")).toHaveCount(30);
});

test("trends download in both forms, with the figures of the page", async ({ open, page, request }) => {
  await open("trends", "/agents/slowing");
  const menu = page.locator('[data-card="trends"] details');
  const csv = await menu.getByText("Download as CSV").getAttribute("href");
  const text = await (await request.get(server("trends") + csv)).text();
  expect(text).toContain("tasks,slowing,,,,duration_ms,lower,degrading,,30,0,,2350,1300,");
  const json = await menu.getByText("Download as JSON").getAttribute("href");
  const items = (await (await request.get(server("trends") + json)).json()).items;
  expect(items.map((item: { metric: string; verdict: string }) => [item.metric, item.verdict])).toContainEqual(["duration_ms", "degrading"]);
});

test("what swarms report of tokens, memory, queues and agents is drawn", async ({ open, page }) => {
  await open("trends", "/?from=now-1h");
  for (const [id, title] of [["tokens", "Token usage"], ["memory", "Memory usage"], ["queue", "Queue depth"], ["agents", "Active agents"]]) {
    const panel = page.locator(`[data-panel="resource-${id}"]`);
    await expect(panel).toContainText(title);
    await expect(panel.locator("svg").first()).toBeAttached();
  }
  await expect(page.locator('[data-panel="resource-queue"] .legend')).toContainText("night");
  await linkTo(page, "agents", "slowing").click();
  await expect(page.getByRole("heading", { name: "Reported metrics" })).toBeVisible();
  await open("trends", "/swarms/night?from=now-1h");
  await expect(page.locator('[data-panel^="metric-"]')).toHaveCount(4);
  await expect(trend(page, "active_agents")).toContainText("falling"); // nobody said whether that is bad
  await expect(trend(page, "queue_depth")).toContainText("degrading");
});

test("where too little was sent, the page says how much is needed and what to send", async ({ open, page }) => {
  await looked(open, page, "small");
  await expect(page.locator('[data-card="degradations"]')).toContainText("has 15 records");
  const resources = page.locator("details.teach");
  await resources.getByText("Resource use").click();
  await expect(resources).toContainText('"type":"resource_metric"');
  await open("small", "/agents/worker-1");
  await expect(trend(page, "duration")).toContainText("4 of 15 needed");
  await page.locator("details.teach").getByText("Reported metrics").click();
  await expect(page.locator("details.teach")).toContainText('"agent_id":"worker-1"');
});
