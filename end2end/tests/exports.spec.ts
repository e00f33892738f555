// The page of exports: counts and sizes before the download, and links that do what the switches say.
import { expect, overflow, server, test } from "../fixtures.ts";

test("every data set says how many rows it has", async ({ open, page, request }) => {
  await open("demo", "/exports?from=now-7d");
  const row = (name: string) => page.locator("main tbody tr").filter({ has: page.locator("th", { hasText: name }) });
  const summary = await (await request.get(`${server("demo")}/api/v1/summary?from=now-7d`)).json();
  const rows = await row("Tasks").locator("td").first().getAttribute("title");
  expect(Math.abs(Number(rows?.replaceAll(",", "")) - summary.total_tasks)).toBeLessThan(30); // the range moves
  for (const name of ["Agent metrics", "Swarm metrics", "Events", "Healings", "Agent registry", "Session memory", "Everything"]) {
    await expect(row(name).getByRole("link").first()).toBeVisible();
  }
  expect(await overflow(page)).toBe(0);
});

test("the size is about what comes", async ({ open, page, request }) => {
  await open("demo", "/exports?from=all");
  const link = page.getByRole("link", { name: "Events as NDJSON", exact: true });
  const said = await link.locator("xpath=following-sibling::small[1]").innerText();
  const [, number, unit] = /([\d.]+)\s(B|KiB|MiB)/.exec(said) ?? [];
  const estimate = Number(number) * { B: 1, KiB: 1024, MiB: 1024 ** 2 }[unit as "B"];
  const body = await (await request.get(server("demo") + (await link.getAttribute("href")))).body();
  expect(estimate / body.length).toBeGreaterThan(0.7);
  expect(estimate / body.length).toBeLessThan(1.4);
});

test("switches and filters go into every link", async ({ open, page }) => {
  await open("small", "/exports?project=garden");
  await page.getByLabel("Without metadata").check();
  await page.getByLabel("Compressed (.gz)").check();
  await page.getByRole("button", { name: "Apply" }).click();
  const link = page.getByRole("link", { name: "Tasks as JSON", exact: true });
  await expect(link).toHaveAttribute("href", /^\/api\/v1\/export\/tasks\.json\.gz\?.*project=garden.*metadata=0/);
});
