// Exploring: the address is the question, the form writes it, the files answer exactly it.
import { expect, overflow, server, test } from "../fixtures.ts";

test("the figures of four tasks are those one works out by hand", async ({ open, page }) => {
  await open("small", "/explore?field=duration_ms&fn=count,avg,max,p95&bucket=none");
  const row = page.locator("main section.card tbody tr").last();
  await expect(row).toContainText("2.5 s"); // (1 + 2 + 3 + 4) / 4
  await expect(row).toContainText("4 s");
  await expect(row.locator("td").last()).toHaveText(/^3\.[89]\ss$/); // 3,850 ms, which no binary number is
  await expect(row.locator("td").last()).toHaveAttribute("title", /^n = 4, exact$/);
});

test("groups are rows, and a group leads to its page", async ({ open, page }) => {
  await open("small", "/explore?fn=count&group=agent_id&from=now-1d");
  await page.locator("main").getByTitle("worker-1", { exact: true }).first().click();
  await expect(page).toHaveURL(/\/agents\/worker-1/);
});

test("the form asks by the address", async ({ open, page }) => {
  await open("demo", "/explore?from=now-7d");
  const form = page.locator("form.question");
  await form.getByLabel("p95", { exact: true }).check();
  await form.getByLabel("Group by").selectOption("model");
  await form.getByLabel("in buckets").selectOption("6h");
  await form.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/fn=p95/);
  await expect(page).toHaveURL(/group=model/);
  await expect(page.locator("[data-panel='explore-duration']")).toBeVisible();
  await expect(page.locator("main .count").first()).toContainText("per 6 h");
  await expect(page.locator("main")).toContainText("claude-sonnet-4-5");
});

test("sources are links, and each has its own functions", async ({ open, page }) => {
  await open("demo", "/explore?from=now-7d&fn=p95");
  await page.getByRole("navigation", { name: "Source" }).getByRole("link", { name: "Events" }).click();
  await expect(page).toHaveURL(/source=events/);
  await expect(page.getByLabel("avg", { exact: true })).toHaveCount(0);
  await expect(page.locator("[data-panel='explore-count']")).toBeVisible();
});

test("the files hold exactly the answer", async ({ open, page, request }) => {
  await open("demo", "/explore?from=now-7d&fn=count&group=result&bucket=1d");
  const href = (name: string) => page.locator("main").getByRole("link", { name, exact: true }).getAttribute("href");
  const json = await (await request.get(server("demo") + (await href("JSON")))).json();
  const csv = await (await request.get(server("demo") + (await href("CSV")))).text();
  const records = json.series.reduce((sum: number, series: { records: number }) => sum + series.records, 0);
  await expect(page.locator("main .count").first()).toContainText(`${records.toLocaleString("en-US")} records`);
  const lines = csv.trimEnd().split("\r\n");
  expect(lines[0]).toBe("time,result,count,count_n");
  expect(lines.length - 1).toBe(json.series.length * json.time.length);
});

test("what makes no sense is said, and the form stays", async ({ open, page }) => {
  await open("small", "/explore?fn=p200,count&tz=Mars/Olympus");
  await expect(page.locator(".wrong").first()).toContainText("p200");
  await expect(page.locator(".wrong").last()).toContainText("Mars/Olympus");
  await expect(page.locator("form.question")).toBeVisible();
});

test("the permalink stands still", async ({ open, page }) => {
  await open("demo", "/explore?from=now-7d");
  await page.getByRole("link", { name: "Permalink" }).click();
  await expect(page).toHaveURL(/from=\d{4}-.*to=\d{4}-/);
});

test("/explore does not scroll sideways", async ({ open, page }) => {
  await open("demo", "/explore?from=now-7d&fn=count,avg,p95,p99,success_rate&group=agent_id");
  expect(await overflow(page)).toBe(0);
});
