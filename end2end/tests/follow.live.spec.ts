// Pages follow what is stored: new records appear by themselves, and disturb nobody.
import { type Page } from "@playwright/test";
import { OwnServer } from "../server.ts";
import { expect, live, test } from "../fixtures.ts";

async function open(own: OwnServer, page: Page, path: string) {
  await page.goto(own.address + path);
  await live(page);
  await expect(page.locator(".live")).toContainText("updated"); // it follows by now
}

const task = (id: string) => ({ kind: "task", task_id: id, agent_id: "worker", result: "success", duration_ms: 1000 });
const event = (type: string) => ({ kind: "event", event_type: type, agent_id: "worker" });

const follow = test.extend<{ own: OwnServer }>({
  own: async ({}, use) => {
    const own = new OwnServer();
    await own.start();
    await own.send(...[1, 2, 3].map((n) => task(`t${n}`)), ...Array.from({ length: 60 }, (_, n) => event(`old-${n % 3}`)));
    await use(own);
    await own.remove();
  },
});

const tasks = (page: Page) => page.locator('[data-tile="tasks"] .figure');
const firstRow = (page: Page) => page.locator("main .list tbody tr").first();

follow("new records appear on the overview, the agent's page and the events without a reload", async ({ own, page }) => {
  for (const [n, path] of ["/", "/agents/worker"].entries()) {
    await open(own, page, path);
    await page.evaluate(() => Object.assign(window, { same: document.querySelector("h1") }));
    await page.mouse.wheel(0, 200);
    await expect(async () => expect(await page.evaluate(() => scrollY)).toBeGreaterThan(100)).toPass();
    const before = await page.evaluate(() => scrollY);
    await own.send(task(`new-${n}`));
    await expect(tasks(page)).toHaveAttribute("title", String(4 + n));
    const kept = await page.evaluate(() => [scrollY, (window as unknown as { same: Node }).same.isConnected]);
    expect(kept, "neither scrolled nor rebuilt").toEqual([before, true]);
  }
  await open(own, page, "/events");
  await own.send(event("brand-new"));
  await expect(firstRow(page)).toContainText("brand-new");
});

follow("rows do not move under the pointer: what is new is offered instead", async ({ own, page, isMobile, hasTouch }) => {
  follow.skip(isMobile || hasTouch, "a finger does not hover");
  await open(own, page, "/events");
  await page.locator("main .list tbody tr").nth(1).hover();
  const before = await firstRow(page).innerText();
  await own.send(event("held-1"), event("held-2"));
  const offer = page.getByRole("button", { name: "2 new" });
  await expect(offer).toBeVisible();
  expect(await firstRow(page).innerText()).toBe(before);
  await offer.click();
  await expect(firstRow(page)).toContainText("held-2");
  await expect(offer).toHaveCount(0);
});

follow("a chart that is looked at stays as it is until the pointer leaves", async ({ own, page, hasTouch }) => {
  follow.skip(!!hasTouch, "a finger does not hover");
  await open(own, page, "/");
  await page.locator("[data-panel='throughput'] .chart-cursor").hover();
  await expect(page.locator("[data-panel='throughput'] .tooltip")).toBeVisible();
  await own.send(task("while-looking"));
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(tasks(page)).toHaveAttribute("title", "3");
  await expect(page.locator("[data-panel='throughput'] .tooltip")).toBeVisible();
  await page.mouse.move(2, 2);
  await expect(tasks(page)).toHaveAttribute("title", "4");
});

follow("a paused page counts what is new and shows it when asked to", async ({ own, page }) => {
  await open(own, page, "/");
  await page.locator("a.live").click();
  await expect(page.locator("a.live")).toContainText("Paused");
  await own.send(task("p1"), task("p2"));
  await expect(page.getByRole("button", { name: "2 new" })).toBeVisible();
  await expect(tasks(page)).toHaveAttribute("title", "3");
  await page.locator("a.live").click();
  await expect(tasks(page)).toHaveAttribute("title", "5");
});

follow("an open menu and what was typed into it survive new records", async ({ own, page }) => {
  await open(own, page, "/events");
  await page.getByText("Filter", { exact: true }).click();
  await page.getByLabel("Event type").fill("half a wo");
  await own.send(event("meanwhile"));
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(page.getByLabel("Event type")).toHaveValue("half a wo");
  await expect(page.getByLabel("Event type")).toBeFocused();
});

const restarting = follow.extend({ expectedErrors: [[/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/], { option: true }] });

restarting("a page finds its server again after a restart, and misses and repeats nothing", async ({ own, page }) => {
  await open(own, page, "/events?event_type=counted");
  await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();
  await own.send(event("counted"));
  await expect(page.locator(".count").first()).toHaveText("1–1 of 1");
  await own.stop();
  await expect(page.locator(".live")).toContainText("Reconnecting…");
  await expect(page.locator(".count").first(), "what was there stays").toHaveText("1–1 of 1");
  await own.start();
  await own.send(event("counted"), event("counted"));
  await expect(page.locator(".count").first()).toHaveText("1–3 of 3");
  await expect(page.locator("a.live")).toContainText("Live");
});

follow("a hidden tab closes its stream and catches up when it is seen again", async ({ own, page }) => {
  await open(own, page, "/");
  const followers = async () => /moai_flow_stream_clients (\d+)/.exec(await (await fetch(`${own.address}/metrics`)).text())?.[1];
  await expect.poll(followers).toBe("1");
  const hide = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await hide(true);
  await own.send(task("unseen")); // the server notices the closed connection when it writes
  await expect.poll(followers).toBe("0");
  await expect(tasks(page)).toHaveAttribute("title", "3");
  await hide(false);
  await expect(tasks(page)).toHaveAttribute("title", "4");
});
