// Healing: figures one works out by hand, and a way from each of them to its attempts and their events.
import { type Page } from "@playwright/test";
import { expect, overflow, test, titled } from "../fixtures.ts";
import { SCRIPT } from "../records.ts";

function tile(page: Page, name: string) {
  return page.locator(`[data-tile="${name}"] .figure`);
}

function strategy(page: Page, name: string) {
  return page.locator("[data-panel='strategies'] tbody tr").filter({ hasText: name });
}

test("sixteen attempts give the figures one works out by hand", async ({ open, page }) => {
  await open("healers", "/healing");
  await expect(tile(page, "failures")).toHaveAttribute("title", "16");
  await expect(tile(page, "healings")).toHaveAttribute("title", "16");
  await expect(tile(page, "success")).toHaveAttribute("title", "12 of 16");
  await expect(tile(page, "avg")).toHaveAttribute("title", /^1,500\sms$/); // (12 × 1 s + 4 × 3 s) / 16
  await expect(tile(page, "mttr")).toHaveAttribute("title", /^1,167\sms$/); // (11 × 1 s + 1 × 3 s) / 12
  await expect(tile(page, "recovery")).toContainText("no data");
});

test("a strategy is judged by its rate and interval, or not at all where there is too little", async ({ open, page }) => {
  await open("healers", "/healing");
  await expect(strategy(page, "restart")).toContainText("keep");
  await expect(strategy(page, "restart")).toContainText(/91\.6\s% \(64\.6 – 98\.5\s%\)/); // Wilson, 11 of 12
  await expect(strategy(page, "rollback")).toContainText("not enough data");
});

test("a strategy leads to its attempts, an attempt to its events", async ({ open, page }) => {
  await open("healers", "/healing");
  await strategy(page, "restart").getByRole("link", { name: "restart" }).click();
  await expect(page).toHaveURL(/strategy=restart.*#healings$/);
  await expect(page.getByRole("list", { name: "Filters" })).toContainText("strategy = restart");
  await expect(page.locator("#healings tbody tr")).toHaveCount(12);
  await page.locator("summary").filter({ hasText: "Filter" }).click();
  await page.getByLabel("Worked").selectOption("false");
  await page.locator(".form").getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.locator("#healings tbody tr")).toHaveCount(1);
  await page.locator("#healings tbody td a").last().click();
  await expect(page).toHaveURL(/\/events\?from=.*agent_id=worker-1/);
});

test("a cell of the heat map leads to exactly what it counts", async ({ open, page }) => {
  await open("healers", "/healing");
  await page.locator("[data-panel='healing-agents']").getByLabel("bad_deploy, worker-2: 1").click();
  await expect(page).toHaveURL(/agent_id=worker-2&failure_type=bad_deploy/);
  await expect(page.locator("#healings tbody tr")).toHaveCount(1);
});

test("reported and derived attempts are told apart in the address", async ({ open, page }) => {
  await open("healers", "/healing");
  const origins = page.getByRole("navigation", { name: "Where attempts come from" });
  await origins.getByRole("link", { name: "Derived", exact: true }).click();
  await expect(page).toHaveURL(/origins=derived/);
  await expect(page.locator("main")).toContainText("No healing");
  await origins.getByRole("link", { name: "Reported", exact: true }).click();
  await expect(tile(page, "healings")).toHaveAttribute("title", "16");
});

test("durations are drawn with the mean time to recovery, and listed", async ({ open, page }) => {
  await open("healers", "/healing");
  const panel = page.locator("[data-panel='healing-times']");
  await expect(panel.locator("svg:visible, canvas:visible").first()).toBeVisible();
  await panel.getByText("View as table").click();
  await expect(panel.locator("tbody tr").filter({ hasText: /^1\ss – 2\ss/ })).toContainText(/11\s*1$/);
});

test("the overview says it in short and leads on", async ({ open, page }) => {
  await open("demo", "/?from=now-7d");
  const card = page.locator("[data-panel='healing-short']");
  await expect(card).toContainText("attempts worked, MTTR");
  await card.getByRole("link", { name: "all of it" }).click();
  await expect(page).toHaveURL(/\/healing\?from=now-7d/);
  await expect(page.getByRole("heading", { level: 1, name: "Healing" })).toBeVisible();
});

test("a strategy that is a script is text, and the page fits", async ({ open, page }) => {
  await open("hostile", "/healing");
  await expect(titled(page, SCRIPT)).toBeVisible();
  expect(await overflow(page)).toBe(0);
});

test("without healings the page teaches how to send one", async ({ open, page }) => {
  await open("old", "/healing?from=all");
  await expect(page.locator("main")).toContainText("No healing yet");
  await expect(page.locator("main")).toContainText("TaskRetryStrategy");
});
