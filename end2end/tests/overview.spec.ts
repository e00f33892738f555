// The overview says what the store holds: checked by hand on four tasks, against the API on many.
import { type Page } from "@playwright/test";
import { expect, server, test } from "../fixtures.ts";

const hour = 3_600_000;

/** The unrounded figure of a tile, which its rounded one carries as a title. */
function exact(page: Page, tile: string) {
  return page.locator(`[data-tile="${tile}"] .figure`);
}

function grouped(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

test("four tasks give the figures one works out by hand", async ({ open, page }) => {
  await open("small");
  await expect(exact(page, "tasks")).toHaveAttribute("title", "4");
  await expect(exact(page, "success")).toHaveAttribute("title", "3 of 4");
  await expect(exact(page, "success")).toContainText("75.0");
  await expect(exact(page, "duration")).toHaveAttribute("title", /^3,850\sms$/); // 1, 2, 3, 4 s: 3 + 0.85 × 1
  await expect(exact(page, "tokens")).toHaveAttribute("title", "1,100"); // 110 × (1 + 2 + 3 + 4)
  await expect(exact(page, "agents")).toHaveAttribute("title", "1");
});

test("the tiles show the numbers that the API gives", async ({ open, page, request }) => {
  const to = Math.floor(Date.now() / hour) * hour;
  const range = `from=${new Date(to - 72 * hour).toISOString()}&to=${new Date(to).toISOString()}`;
  const answer = await request.get(`${server("demo")}/api/v1/summary?${range}`);
  expect(answer.status()).toBe(200);
  const summary = await answer.json();
  expect(summary.total_tasks).toBeGreaterThan(1000);

  await open("demo", `/?${range}`);
  await expect(exact(page, "tasks")).toHaveAttribute("title", grouped(summary.total_tasks));
  const { successful_tasks, rated_tasks } = summary;
  const share = `${grouped(successful_tasks)} of ${grouped(rated_tasks)}`;
  await expect(exact(page, "success")).toHaveAttribute("title", share);
  const p95 = new RegExp(`^${grouped(summary.p95_duration_ms)}\\sms$`);
  await expect(exact(page, "duration")).toHaveAttribute("title", p95);
  await expect(exact(page, "tokens")).toHaveAttribute("title", grouped(summary.total_tokens_used));
  await expect(exact(page, "agents")).toHaveAttribute("title", String(summary.unique_agents));
  expect(summary.unique_agents).toBe(20);
});

test("every panel and table of the overview has something to show", async ({ open, page }) => {
  await open("demo");
  for (const id of ["throughput", "latency", "success", "tokens"]) await expect(page.locator(`[data-panel="${id}"]`)).toBeVisible();
  for (const title of ["Recent failures", "Busiest agents", "Slowest agents", "Fastest agents", "Slowest tasks", "Cost by model and project"]) {
    const card = page.locator("section.card").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
    await expect(card.locator("tbody tr").first(), title).toBeVisible();
  }
});

test("tokens of a model without a price are unpriced, not free", async ({ open, page }) => {
  await open("demo");
  const row = page.locator("tr").filter({ hasText: "qwen3-coder-30b" }).first();
  await expect(row).toContainText("unpriced");
  await expect(row).not.toContainText("$0");
});
