// The store and its upkeep. Each task is asked for twice: by opening it, and by the button inside.
import { expect, overflow, test } from "../fixtures.ts";

test("the store says what it holds", async ({ open, page }) => {
  await open("demo", "/system");
  await expect(page.getByRole("heading", { level: 1, name: "System" })).toBeVisible();
  const tiers = page.getByRole("region", { name: "Size by tier" });
  await expect(tiers.locator("tbody tr")).toHaveCount(6);
  await expect(page.getByRole("region", { name: "Size by table" })).toContainText("task");
  await expect(page.getByRole("region", { name: "Retention" })).toContainText("90 d");
  expect(await overflow(page)).toBe(0);
});

test("no task runs before it was confirmed", async ({ open, page }) => {
  await open("old", "/system");
  await expect(page.getByRole("button", { name: /now$/ })).toHaveCount(0);
  await page.locator("summary").filter({ hasText: "Vacuum" }).click();
  await expect(page.locator("[data-task='vacuum']")).toContainText("Nothing is lost");
  await expect(page.getByRole("button", { name: "Vacuum now" })).toBeVisible();
});

for (const [task, button] of [["check", "Check integrity"], ["backup", "Back up"]]) {
  test(`${task} runs and its result is listed`, async ({ open, page }) => {
    await open("small", "/system");
    await page.locator("summary").filter({ hasText: button }).click();
    await page.getByRole("button", { name: `${button} now` }).click();
    const runs = page.getByRole("region", { name: "Last runs" });
    await expect(async () => {
      if (!(await runs.isVisible()) || !(await runs.innerText()).includes(task)) await page.reload();
      await expect(runs.locator("tbody tr").filter({ hasText: task }).first()).toContainText(task === "check" ? "nothing wrong" : "read back", { timeout: 2000 });
    }).toPass({ timeout: 20_000 });
  });
}
