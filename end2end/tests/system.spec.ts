// The store and its upkeep. Each task is asked for twice: by opening it, and by the button inside.
import { expect, overflow, test, type Store } from "../fixtures.ts";

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

const tasks: [store: Store, task: string, button: string, result: string][] = [
  ["small", "check", "Check integrity", "nothing wrong"],
  ["old", "backup", "Back up", "read back"],
];
for (const [store, task, button, result] of tasks) {
  test(`${task} runs and its result is listed`, async ({ open, page, javaScriptEnabled }) => {
    await open(store, "/system");
    await page.locator("summary").filter({ hasText: button }).click();
    await page.getByRole("button", { name: `${button} now` }).click();
    const run = page.getByRole("region", { name: "Last runs" }).locator("tbody tr").filter({ hasText: task }).first();
    await expect(async () => {
      if (javaScriptEnabled === false) await page.reload(); // a live page looks by itself
      await expect(run).toContainText(result, { timeout: 2000 });
    }).toPass({ timeout: 20_000 });
  });
}
