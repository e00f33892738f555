// The first-use page imports what it finds on this machine at a click.
import { expect, test } from "../fixtures.ts";

test("one click imports the transcripts that were found, and the figures appear", async ({ open, page }, info) => {
  test.skip(info.project.name !== "desktop", "the store is empty once");
  await open("fresh");
  await expect(page.getByRole("heading", { name: "Nothing recorded yet" })).toBeVisible();
  const offer = page.locator(".offers form").filter({ hasText: "Claude Code" });
  await offer.getByRole("button", { name: "Import" }).click();
  await expect(page.locator(".offers, .tiles").first()).toContainText(/Imported|Tasks/);
  await open("fresh", "/?from=all");
  await expect(page.locator('[data-tile="tasks"] .figure')).toHaveAttribute("title", "1");
});
