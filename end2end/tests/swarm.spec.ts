// One swarm: its agents and tasks on one time axis, its health by parts, its members.
import { expect, linkTo, test } from "../fixtures.ts";

test("agents and tasks stand on one axis, each agent leading to its page", async ({ open, page }) => {
  await open("crew", "/swarms/crew?from=now-1h");
  const gantt = page.locator('[data-panel="gantt"]');
  await expect(gantt).toContainText("all 3 agents · 6 tasks · a bar is a task");
  await expect(gantt.locator(".lane-names a")).toHaveText(["beater", /quiet/, "done"]); // by tasks: 3, 2, 1
  await gantt.getByText("View as table").click();
  const rows = gantt.locator("tbody tr");
  await expect(rows).toHaveCount(6);
  await expect(rows.first()).toContainText("crew-6"); // the newest first
  await expect(rows.first()).toContainText(/20\ss/);
  await rows.first().getByRole("link", { name: "crew-6" }).click();
  await expect(page).toHaveURL(/\/tasks\/crew-6\?at=/);
});

test("health is told part by part, with what it stands on and its limits", async ({ open, page }) => {
  await open("crew", "/swarms/crew?from=now-1h");
  const health = page.locator('[data-panel="health"]');
  const part = (name: string) => health.locator("tr").filter({ hasText: name });
  await expect(part("Success rate")).toContainText("66.6");
  await expect(part("Success rate")).toContainText("critical"); // below 80 %
  await expect(part("Backlog")).toContainText("not enough data");
  await expect(health).toContainText("The swarm itself reported 0.9");
});

test("members show state, tasks, success, p95 and tokens", async ({ open, page }) => {
  await open("crew", "/swarms/crew?from=now-1h");
  const rows = page.locator(".members tbody tr");
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText("unknown");
  await expect(rows.nth(1)).toContainText("50.0"); // quiet: a success and a timeout
  await expect(page.locator("dd").getByRole("link", { name: "agents" })).toHaveAttribute("href", "/agents?from=now-1h&swarm_id=crew");
  await linkTo(page, "agents", "quiet").click();
  await expect(page).toHaveURL(/\/agents\/quiet\?from=now-1h$/);
});

test("many tasks are counted in columns that lead to the list of exactly those", async ({ open, page }) => {
  await open("demo", "/swarms/nightly-etl?from=now-7d");
  const gantt = page.locator('[data-panel="gantt"]');
  await expect(gantt).toContainText("zoom in to see tasks one by one");
  const total = Number((await page.locator('[data-tile="tasks"] .figure').getAttribute("title"))?.replace(/,/g, ""));
  await gantt.getByText("View as table").click();
  const cells = await gantt.locator("tbody td").allInnerTexts();
  const counted = cells.map((text) => Number(/^[\d,]+/.exec(text)?.[0].replace(/,/g, "") ?? 0)).reduce((a, b) => a + b, 0);
  expect(counted).toBe(total);
});

test("a drag zooms until single tasks are seen", async ({ open, page, javaScriptEnabled, hasTouch }) => {
  test.skip(javaScriptEnabled === false || hasTouch, "by a mouse, on a live page");
  await open("demo", "/swarms/nightly-etl?from=now-7d");
  const plot = page.locator('[data-panel="gantt"] .lane-cursor');
  const box = await plot.boundingBox();
  if (!box) throw new Error("no drawing");
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.56, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=\d{4}-/);
  await expect(page.locator('[data-panel="gantt"]')).toContainText("a bar is a task");
});
