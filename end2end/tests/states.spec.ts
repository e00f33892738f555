// What a page says when it has nothing to show.
import { expect, linkTo, server, test } from "../fixtures.ts";

test("an empty store teaches how to feed it", async ({ open, page }) => {
  await open("empty");
  await expect(page.getByRole("heading", { name: "Nothing recorded yet" })).toBeVisible();
  await expect(page.locator("main")).toContainText("swarmscope import claude-code");
  await expect(page.locator("main")).toContainText("/api/v1/ingest");
  await expect(page.locator("main")).toContainText("make demo");
});

test("a range before or after the data says where the data is and jumps there", async ({ open, page }) => {
  await open("old");
  await expect(page.locator("main")).toContainText("No task in this range");
  await expect(page.locator("main")).toContainText("2025");
  await page.getByRole("link", { name: "Show all data" }).click();
  await expect(page).toHaveURL(/from=all/);
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "3");
});

test("filters that match nothing can be cleared", async ({ open, page }) => {
  await open("small", "/?project=nobody");
  await expect(page.locator("main")).toContainText("No task matches");
  await page.getByRole("link", { name: "Clear the filters" }).click();
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "4");
});

test("demo data is marked on every page, real data is not", async ({ open, page }) => {
  for (const path of ["/", "/agents/planner-01", "/swarms/search-index"]) {
    await open("demo", path);
    await expect(page.getByText("Demo data.")).toBeVisible();
  }
  await linkTo(page, "tasks").click();
  await expect(page.getByText("Demo data.")).toBeVisible();
  await open("small");
  await expect(page.getByText("Demo data.")).toHaveCount(0);
});

test.describe("pages that are not there", () => {
  test.use({ expectedErrors: [/404 \(Not Found\)/] });

  test("an unknown page is a 404 with a way out", async ({ page }) => {
    const answer = await page.goto(`${server("small")}/nowhere`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
    await expect(page.getByText("Demo data.")).toHaveCount(0);
    await page.getByRole("link", { name: "Go to the overview" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  });

  for (const path of ["/nowhere", "/agents/nobody"]) {
    test(`${path} of a demo says that it is one`, async ({ page }) => {
      await page.goto(server("demo") + path);
      await expect(page.getByText("Demo data.")).toBeVisible();
    });
  }

  for (const path of ["/agents/nobody", "/tasks/nothing", "/swarms/none"]) {
    test(`${path} is a 404 that says so`, async ({ page }) => {
      const answer = await page.goto(server("small") + path);
      expect(answer?.status()).toBe(404);
      await expect(page.getByRole("alert")).toBeVisible();
      await expect(page.getByRole("link", { name: "Back to the overview" })).toBeVisible();
    });
  }
});
