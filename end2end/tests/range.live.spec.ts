// The range: chosen by hand, kept in the address, back with Back.
import { expect, live, test } from "../fixtures.ts";

test("a chosen range changes the figures, survives a reload, and Back undoes it", async ({ open, page }) => {
  const tasks = page.locator('[data-tile="tasks"] .figure');
  await open("demo");
  const count = async () => Number((await tasks.getAttribute("title"))?.replaceAll(",", ""));
  const day = await count();

  await page.getByLabel("Time range").click();
  await page.locator(".presets").getByRole("link", { name: /7 days/ }).click();
  await expect(page).toHaveURL(/\?from=now-7d$/);
  await expect.poll(count).toBeGreaterThan(3 * day);
  const week = await count();

  await page.reload();
  await live(page);
  await expect(page).toHaveURL(/\?from=now-7d$/);
  await expect.poll(count).toBeGreaterThan(0.99 * week); // the range moves with the clock

  await page.goBack();
  await expect(page).not.toHaveURL(/from=/);
  await expect.poll(count).toBeLessThan(1.1 * day);
});

test("an absolute range can be typed in", async ({ open, page }) => {
  await open("old");
  await page.getByLabel("Time range").click();
  await page.getByLabel("From").fill("2025-01-01T12:00:30Z");
  await page.getByLabel("To").fill("2025-01-01T12:02:00Z"); // exclusive: of three tasks, the second alone
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "1");
  await expect(page).toHaveURL(/from=2025-01-01T12%3A00%3A30Z/);
});

test("a series that is hidden stays hidden after a reload", async ({ open, page }) => {
  await open("demo");
  const legend = page.locator('[data-panel="latency"] .legend');
  const p99 = legend.getByRole("button", { name: /p99/ });
  await expect(p99).toHaveAttribute("aria-pressed", "true");
  await p99.click();
  await expect(p99).toHaveAttribute("aria-pressed", "false");
  await page.reload();
  await live(page);
  await expect(p99).toHaveAttribute("aria-pressed", "false");
});

test("comparing shows the range before and stays in the address", async ({ open, page }) => {
  await open("demo", "/?from=now-3d");
  const legend = page.locator('[data-panel="latency"] .legend');
  await expect(legend).not.toContainText("previous p95");
  await page.getByRole("link", { name: "Compare" }).click();
  await expect(page).toHaveURL(/compare=on/);
  await expect(legend).toContainText("previous p95");
  await page.reload();
  await live(page);
  await expect(legend).toContainText("previous p95");
  await page.getByRole("link", { name: "Comparing" }).click();
  await expect(legend).not.toContainText("previous p95");
});

test("charts are painted on a canvas and answer to the pointer", async ({ open, page }) => {
  await open("demo");
  await expect(page.locator("[data-panel] canvas[data-painted]").nth(3)).toBeAttached();
  const chart = page.locator('[data-panel="throughput"] .chart');
  const before = await page.locator('[data-panel="throughput"] .legend').innerText();
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * 0.6, (box?.y ?? 0) + (box?.height ?? 0) * 0.5);
  await expect(page.locator('[data-panel="throughput"] .legend')).not.toHaveText(before);
});
