// Lists: sorted, filtered and turned by links and forms, all of it in the address.
import { type Page } from "@playwright/test";
import { expect, linkTo, overflow, server, test } from "../fixtures.ts";

/** What the first column of the list says, row by row. */
function names(page: Page) {
  return page.locator("main .list tbody th a");
}

test("tasks are listed, the newest first, and sorted by a click on a column", async ({ open, page }) => {
  await open("small", "/tasks");
  await expect(page.locator(".count").first()).toHaveText("1–4 of 4");
  await expect(names(page)).toHaveText(["task-4", "task-3", "task-2", "task-1"]);
  const duration = page.locator("main .list thead").getByRole("link", { name: /^Duration/ });
  await duration.click();
  await expect(page).toHaveURL(/sort=duration_ms/);
  await expect(page.locator("th[aria-sort='descending']")).toContainText("Duration");
  await expect(names(page)).toHaveText(["task-4", "task-3", "task-2", "task-1"]);
  await duration.click();
  await expect(page.locator("th[aria-sort='ascending']")).toContainText("Duration");
  await expect(names(page)).toHaveText(["task-1", "task-2", "task-3", "task-4"]);
});

test("a filter narrows the list, its chip takes it away again", async ({ open, page }) => {
  await open("small", "/tasks");
  await page.locator("summary").filter({ hasText: "Filter" }).click();
  await page.getByLabel("Result").selectOption("failure");
  await page.locator(".form").getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/result=failure/);
  await expect(names(page)).toHaveText(["task-4"]);
  await page.getByRole("list", { name: "Filters" }).getByRole("link").click();
  await expect(names(page)).toHaveCount(4);
});

test("pages of a list lead on and back, and no row is on two of them", async ({ open, page }) => {
  await open("demo", "/tasks?limit=40&from=now-7d");
  const count = page.locator(".list-bar .count");
  await expect(count).toHaveText(/^1–40 of /);
  const first = await names(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  await page.getByRole("link", { name: "Next →" }).click();
  await expect(count).toHaveText(/^41–80 of /);
  const second = await names(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(new Set([...first, ...second]).size).toBe(80);
  await page.getByRole("link", { name: "Next →" }).click();
  await expect(count).toHaveText(/^81–120 of /);
  await page.getByRole("link", { name: "← Previous" }).click();
  await expect(count).toHaveText(/^41–80 of /);
  await expect.poll(() => names(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual(second);
  await page.getByRole("link", { name: "First page" }).click();
  await expect(count).toHaveText(/^1–40 of /);
});

test("agents and swarms are listed with their figures and lead to their pages", async ({ open, page }) => {
  await open("small", "/agents");
  await expect(names(page)).toHaveText(["worker-1"]);
  await expect(page.locator("main .list tbody")).toContainText("75.0");
  await linkTo(page, "agents", "worker-1").click();
  await expect(page).toHaveURL(/\/agents\/worker-1$/);
  await open("small", "/swarms");
  await expect(names(page)).toHaveText(["team"]);
  await linkTo(page, "swarms", "team").click();
  await expect(page).toHaveURL(/\/swarms\/team$/);
});

test("every agent of the demo is listed once", async ({ open, page, request }) => {
  const summary = await (await request.get(`${server("demo")}/api/v1/summary?from=now-7d`)).json();
  await open("demo", "/agents?from=now-7d&sort=agent_id&order=asc");
  const listed = await names(page).evaluateAll((links) => links.map((link) => link.getAttribute("title")));
  expect(listed).toEqual([...new Set(listed)].sort());
  expect(listed.length).toBeGreaterThanOrEqual(summary.unique_agents);
});

test("a task opens by its id", async ({ open, page }) => {
  await open("small", "/tasks");
  await page.getByLabel("Task id").fill("task-3");
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("task-3");
});

test("a filter that nothing fits, an empty range and an empty store each say so", async ({ open, page }) => {
  await open("small", "/tasks?model=nobody");
  await expect(page.locator("main")).toContainText("No task matches");
  await open("old", "/agents");
  await expect(page.locator("main")).toContainText("No agent in this range");
  await page.getByRole("link", { name: "Show all data" }).click();
  await expect(names(page)).toHaveText(["archivist"]);
  await open("empty", "/swarms");
  await expect(page.getByRole("heading", { name: "Nothing recorded yet" })).toBeVisible();
});

test("the list exports what it is filtered by", async ({ open, page }) => {
  await open("small", "/tasks?result=failure&from=now-7d");
  await page.locator("summary").filter({ hasText: "Export" }).click();
  const link = page.getByRole("link", { name: "Tasks as CSV", exact: true });
  await expect(link).toHaveAttribute("href", "/api/v1/export/tasks.csv?from=now-7d&to=now&result=failure");
});

for (const path of ["/tasks", "/agents", "/swarms"]) {
  test(`${path} does not scroll sideways`, async ({ open, page }) => {
    await open("demo", path);
    expect(await overflow(page)).toBe(0);
    await open("hostile", path);
    expect(await overflow(page)).toBe(0);
  });
}
