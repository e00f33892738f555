// A click while the code of a page is still on its way.
import { expect, server, test } from "../fixtures.ts";

test("a click before the page is live goes where it leads", async ({ page }, info) => {
  test.skip(info.project.name !== "desktop", "a phone's menu opens by script");
  await page.route(/split_.*\.wasm/, async (route) => {
    await new Promise((later) => setTimeout(later, 1500));
    await route.continue().catch(() => undefined); // the page that asked is gone
  });
  await page.goto(`${server("demo")}/tasks?from=now-7d`, { waitUntil: "load" });
  await expect(page.locator("html[data-hydrated]")).toHaveCount(0);
  await page.getByRole("link", { name: "Agents", exact: true }).first().click();
  await expect(page).toHaveURL(/\/agents/);
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  await expect(page.getByRole("heading", { name: "Agents", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Swarms", exact: true }).first().click();
  await expect(page.getByRole("heading", { name: "Swarms", level: 1 })).toBeVisible();
});
