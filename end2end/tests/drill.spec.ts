// From a figure to what is behind it, and back.
import { expect, linkTo, test } from "../fixtures.ts";

test("an agent, its task and its swarm open, and Back leads back", async ({ open, page }) => {
  await open("small");
  await linkTo(page, "agents", "worker-1").click();
  await expect(page).toHaveURL(/\/agents\/worker-1$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("worker-1");
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "4");

  await linkTo(page, "tasks", "task-4").click();
  await expect(page).toHaveURL(/\/tasks\/task-4\?at=/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("task-4");
  await expect(page.locator("main")).toContainText("failure");
  await expect(page.locator("main")).toContainText("claude-sonnet-4-5");

  await linkTo(page, "swarms", "team").click();
  await expect(page).toHaveURL(/\/swarms\/team/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("team");
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "4");

  await page.goBack();
  await expect(page).toHaveURL(/\/tasks\/task-4/);
  await page.goBack();
  await expect(page).toHaveURL(/\/agents\/worker-1/);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("the range goes along to the agent", async ({ open, page }) => {
  await open("demo", "/?from=now-7d");
  const busiest = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Busiest agents" }) });
  await busiest.locator("a[href^='/agents/']").first().click();
  await expect(page).toHaveURL(/\/agents\/[^?]+\?from=now-7d$/);
});

test("a failed task shows its events and what it cost", async ({ open, page }) => {
  await open("demo", "/?from=now-7d");
  const failures = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Recent failures" }) });
  await failures.locator("a[href^='/tasks/']").first().click();
  await expect(page).toHaveURL(/\/tasks\//);
  await expect(page.locator("main")).toContainText("task_start");
  await expect(page.locator("main")).toContainText("failure_type");
});
