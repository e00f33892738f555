// Patterns: what was planted in the events is found, told in words and figures, and leads to its events.
import { expect, overflow, server, test } from "../fixtures.ts";

// What the server learns by itself comes every few minutes; here it is asked to learn now.
test.beforeEach(async ({ request }) => {
  for (const store of ["routine", "demo", "hostile"] as const) {
    expect((await request.get(`${server(store)}/api/v1/patterns?fresh=1`)).ok()).toBe(true);
  }
});

test("a workflow of four steps is one pattern, with the evidence for it", async ({ open, page }) => {
  await open("routine", "/patterns?pattern_type=sequence");
  const card = page.locator("[data-type='sequence']").filter({ hasText: "plan" });
  await expect(card).toHaveCount(1);
  await expect(card.locator(".steps-picture li")).toHaveText(["plan", "dig", "plant", "water"]);
  await expect(card).toContainText(/100\s%/);
  await expect(card).toContainText("20 of 20");
});

test("a pattern is told in a sentence, and an occurrence leads to its events", async ({ open, page }) => {
  await open("routine", "/patterns?pattern_type=sequence");
  await page.locator("[data-type='sequence'] h3 a").first().click();
  await expect(page).toHaveURL(/\/patterns\/seq_[0-9a-f]+/);
  await expect(page.locator(".explanation")).toContainText("After “plan” the same agent goes on with “dig”, “plant” and “water”");
  await expect(page.locator("[data-panel='statistics']")).toContainText("Confidence");
  await expect(page.locator("[data-panel='occurrence-list']")).toContainText("of 20, the newest first");
  await expect(page.locator(".occurrence[open] tbody tr")).toHaveCount(4);
  await page.getByRole("link", { name: "all events of that time →" }).filter({ visible: true }).first().click();
  await expect(page).toHaveURL(/\/events\?from=.*agent_id=gardener-1/);
  await expect(page.locator(".count").first()).toHaveText("1–4 of 4");
});

test("a heartbeat shows its interval and the beats it missed", async ({ open, page }) => {
  await open("routine", "/patterns?pattern_type=frequency");
  const card = page.locator("[data-type='frequency']").filter({ hasText: "heartbeat" });
  await expect(card.locator("svg.bars-picture")).toBeVisible();
  await card.locator("h3 a").click();
  await expect(page.locator(".explanation")).toContainText(/gardener-2 sends “heartbeat” every 1\smin/);
  // The oldest silence; since the test began there may be another one, which lasts.
  await expect(page.locator("[data-panel='missed'] tbody tr").last().locator("td.number")).toHaveText("3");
});

test("kind and threshold are in the address and kept by the browser", async ({ open, page }) => {
  await open("demo", "/patterns");
  await page.getByRole("navigation", { name: "Kind of pattern" }).getByRole("link", { name: /^Sequences/ }).click();
  await expect(page).toHaveURL(/pattern_type=sequence/);
  await expect(page.locator("article:not([data-type='sequence'])")).toHaveCount(0);
  await page.getByRole("navigation", { name: "Least confidence" }).getByRole("link", { name: /95/ }).click();
  await expect(page).toHaveURL(/min_confidence=0.95/);
  await page.reload();
  await expect(page.getByRole("navigation", { name: "Least confidence" }).locator("[aria-current]")).toContainText("95");
});

test("another range is learned when it is asked for", async ({ open, page }) => {
  await open("routine", "/patterns?agent_id=gardener-2");
  await expect(page.locator("main")).toContainText("heartbeat", { timeout: 15_000 });
  await expect(page.locator("[data-type='sequence']")).toHaveCount(0);
});

test("where nothing recurs the page says what it needs, and types that are scripts are text", async ({ open, page }) => {
  await open("hostile", "/patterns");
  await expect(page.locator("main")).toContainText("No pattern in these events");
  await expect(page.locator("main")).toContainText("/api/v1/ingest");
  expect(await overflow(page)).toBe(0);
});

test("the overview says the surest in short and leads on", async ({ open, page }) => {
  await open("routine", "/");
  const card = page.locator("[data-panel='patterns-short']");
  await expect(card).toContainText("confidence");
  await card.getByRole("link", { name: "all of them" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Patterns" })).toBeVisible();
});
