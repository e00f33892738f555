// What is marked in charts: attempts to heal and what became of patterns, told at the cursor, in the legend and in the table.
import { expect, test } from "../fixtures.ts";

const WEEK = "/?from=now-7d";

test("healings are marked in every chart, told at the cursor and listed in the table", async ({ open, page }, info) => {
  test.skip(info.project.name !== "desktop", "there is no pointer that hovers");
  await open("demo", WEEK);
  const panel = page.locator('[data-panel="throughput"]');
  await expect(panel.locator('button[data-notes="healings"] .value')).toHaveText(/^\d+\+?$/);
  const marked = await panel.locator("table.notes tbody tr", { hasText: /healed/ }).count();
  expect(marked).toBeGreaterThan(0);
  const box = await panel.locator("canvas").boundingBox();
  if (!box) throw new Error("the chart has no size");
  await expect(async () => {
    for (let x = 0.1; x < 1; x += 0.02) {
      await page.mouse.move(box.x + x * box.width, box.y + box.height / 2);
      if (/healed/.test(await panel.locator(".tooltip").innerText({ timeout: 200 }).catch(() => ""))) return;
    }
    throw new Error("no bucket tells of a healing");
  }).toPass();
});

test("marks are hidden in all charts at once, and the address keeps it", async ({ open, page }) => {
  await open("demo", WEEK);
  const switches = page.locator('button[data-notes="healings"]');
  const charts = await switches.count();
  expect(charts).toBeGreaterThan(1);
  await switches.first().click();
  await expect(page).toHaveURL(/hide=notes\.healings/);
  await page.reload();
  await expect(page.locator('button[data-notes="healings"][aria-pressed="false"]')).toHaveCount(charts);
  await switches.first().click();
  await expect(page.locator('button[data-notes="healings"][aria-pressed="true"]')).toHaveCount(charts);
  await expect(page).not.toHaveURL(/hide=/);
});
