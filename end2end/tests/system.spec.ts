// The store and its upkeep. Each task is asked for twice: by opening it, and by the button inside.
import { expect, overflow, test, type Store } from "../fixtures.ts";

test("the store says what it holds", async ({ open, page }) => {
  await open("demo", "/system");
  await expect(page.getByRole("heading", { level: 1, name: "System" })).toBeVisible();
  const tiers = page.getByRole("region", { name: "Size by tier" });
  await expect(tiers.locator("tbody tr")).toHaveCount(6);
  await expect(page.getByRole("region", { name: "Size by table" })).toContainText("task");
  await expect(page.getByRole("region", { name: "Retention" })).toContainText("90 d");
  expect(await overflow(page)).toBe(0);
});

test("no task runs before it was confirmed", async ({ open, page }) => {
  await open("old", "/system");
  await expect(page.getByRole("button", { name: /now$/ })).toHaveCount(0);
  await page.locator("summary").filter({ hasText: "Vacuum" }).click();
  await expect(page.locator("[data-task='vacuum']")).toContainText("Nothing is lost");
  await expect(page.getByRole("button", { name: "Vacuum now" })).toBeVisible();
});

const tasks: [store: Store, task: string, button: string, result: string][] = [
  ["small", "check", "Check integrity", "nothing wrong"],
  ["old", "backup", "Back up", "read back"],
];
for (const [store, task, button, result] of tasks) {
  test(`${task} runs and its result is listed`, async ({ open, page, javaScriptEnabled }) => {
    await open(store, "/system");
    await page.locator("summary").filter({ hasText: button }).click();
    await page.getByRole("button", { name: `${button} now` }).click();
    const run = page.getByRole("region", { name: "Last runs" }).locator("tbody tr").filter({ hasText: task }).first();
    await expect(async () => {
      if (javaScriptEnabled === false) await page.reload(); // a live page looks by itself
      await expect(run).toContainText(result, { timeout: 2000 });
    }).toPass({ timeout: 20_000 });
  });
}

test("the key metrics stand beside their targets, each with a word for its colour", async ({ open, page }) => {
  await open("demo", "/system");
  const metrics = page.getByRole("region", { name: "Key metrics" }).locator("tbody tr");
  await expect(metrics.getByRole("rowheader")).toHaveText([
    "Uptime",
    "Response time, p95",
    "Error rate",
    "CPU",
    "Memory",
    "Disk",
    "Database size",
  ]);
  await expect(metrics.filter({ hasText: "Error rate" })).toContainText("≤ 0.1");
  await expect(metrics.filter({ hasText: "Database size" })).toContainText("watched");
  for (const row of await metrics.all()) await expect(row.locator(".state")).toHaveText(/ok|warning|critical|not known/);
  const checks = page.getByRole("region", { name: "Health checks" }).locator("tbody tr");
  await expect(checks.getByRole("rowheader")).toHaveText([
    "database",
    "disk space",
    "memory",
    "query performance",
    "agents",
  ]);
  await expect(checks.first()).toContainText("readable and writable");
  expect(await overflow(page)).toBe(0);
});

test("the key metrics are read again while somebody looks", async ({ open, page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without JavaScript the page stands still");
  await open("demo", "/system");
  await page.waitForRequest((request) => request.url().includes("/rpc/load_system_health"), { timeout: 15_000 });
});

test("a dry run says what would go and changes nothing", async ({ open, page, javaScriptEnabled }) => {
  await open("crew", "/system"); // one task at a time: no other test runs one there
  const before = await page.getByRole("region", { name: "What is kept" }).innerText();
  await page.locator("summary").filter({ hasText: "Clean up" }).click();
  await page.getByLabel("Older than").fill("30");
  await page.getByRole("checkbox", { name: /^Dry run/ }).check();
  await page.getByRole("button", { name: "Clean up now" }).click();
  const found = page.getByRole("region", { name: "Dry run" });
  await expect(async () => {
    if (javaScriptEnabled === false) await page.reload();
    await expect(found).toContainText("older than 30", { timeout: 2000 });
  }).toPass({ timeout: 20_000 });
  await expect(found).toContainText(/would (seal|delete)|spared|nothing to do/);
  expect(await page.getByRole("region", { name: "What is kept" }).innerText()).toBe(before);
});
