// Ids and texts are whatever agents send. On every page they are text, and links lead to them.
import { expect, linkTo, test, titled } from "../fixtures.ts";
import { ODD, SCRIPT } from "../records.ts";

for (const id of [SCRIPT, ODD]) {
  test(`${id} is shown as text on every page`, async ({ open, page }) => {
    await open("hostile");
    await expect(titled(page, id)).toBeVisible();

    await linkTo(page, "agents", id).click();
    await expect(page).toHaveURL(/\/agents\//);
    await expect(page.locator("dd").getByText(id, { exact: true }).first()).toBeVisible();
    await page.reload();
    await expect(page.locator("dd").getByText(id, { exact: true }).first()).toBeVisible();

    await linkTo(page, "tasks", id).click();
    await expect(page).toHaveURL(/\/tasks\//);
    await expect(page.locator("dd").getByText(id, { exact: true }).first()).toBeVisible();
    await page.reload();
    await expect(page.locator("dd").getByText(id, { exact: true }).first()).toBeVisible();

    await linkTo(page, "swarms", id).click();
    await expect(page).toHaveURL(/\/swarms\//);
    await page.reload();
    await expect(titled(page, id)).toBeVisible();
  });
}

for (const id of [".", ".."]) {
  test(`what is called ${id} opens`, async ({ open, page }) => {
    await open("hostile", "/tasks");
    await linkTo(page, "tasks", id).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(id);
    await linkTo(page, "agents", id).click();
    await expect(page.locator("dd").getByText(id, { exact: true }).first()).toBeVisible();
    await page.reload();
    await expect(page.locator("dd").getByText(id, { exact: true }).first()).toBeVisible();
  });
}

test("a filter by a hostile project keeps to it", async ({ open, page }) => {
  await open("hostile", `/?project=${encodeURIComponent(ODD)}`);
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "1");
  await expect(page.getByRole("list", { name: "Filters" })).toContainText(ODD);
});
