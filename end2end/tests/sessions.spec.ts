// What sessions remember: by type and key, with history, and until when.
import { expect, linkTo, overflow, server, test } from "../fixtures.ts";
import { SCRIPT } from "../records.ts";

test("sessions are listed and open", async ({ open, page }) => {
  await open("crew", "/sessions");
  const row = page.locator("main .list tbody tr");
  await expect(row).toHaveCount(1);
  await expect(row.locator("td").first()).toHaveText("5"); // of six entries one expired
  await linkTo(page, "sessions", "crew-memory").click();
  await expect(page).toHaveURL(/\/sessions\/crew-memory$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("crew-memory");
});

test("the current value of each key is shown, and until when it holds", async ({ open, page }) => {
  await open("crew", "/sessions/crew-memory");
  const entries = page.locator(".entry");
  await expect(entries).toHaveCount(4);
  const rules = entries.filter({ hasText: "rules" });
  await expect(rules.locator(".value")).toHaveText('{ "tests": "are sentences", "limit": 12345678901 }');
  await expect(rules).toContainText("never expires");
  const seen = entries.filter({ hasText: "seen" });
  await expect(seen.locator(".value")).toHaveText("null");
  await expect(seen).toContainText(/expires in 3\sh/);
});

test("what expired is hidden until asked for", async ({ open, page, request }) => {
  // Posted here, as a job deletes what expired: an entry that holds, and one that does not any more.
  const session_id = `expiring-${Date.now()}-${test.info().project.name}`;
  const memory = (key: string, more: object) => ({ kind: "memory", session_id, memory_type: "episodic", key, value: key, ...more });
  const answer = await request.post(`${server("posts")}/api/v1/ingest`, { data: [memory("kept", {}), memory("gone", { ttl_hours: 0 })] });
  expect((await answer.json()).accepted).toBe(2);
  await open("posts", `/sessions/${session_id}`);
  const entries = page.locator(".entry");
  await expect(entries).toHaveCount(1);
  await page.getByRole("button", { name: "Show expired (1)" }).click();
  await expect(page).toHaveURL(/expired=on/);
  await expect(entries).toHaveCount(2);
  await expect(entries.filter({ hasText: "gone" })).toContainText("expired");
});

test("a key has a history, and types narrow the view", async ({ open, page }) => {
  await open("crew", "/sessions/crew-memory");
  await page.getByRole("link", { name: "2 versions" }).click();
  await expect(page).toHaveURL(/history=on/);
  await expect(page.locator(".entry .value")).toHaveText([/are sentences/, /were words/]);
  await page.getByRole("navigation", { name: "Types of memory" }).getByRole("link", { name: /^episodic 1/ }).click();
  await expect(page).toHaveURL(/memory_type=episodic/);
});

test("a key is found by its name, and one that is not there says so", async ({ open, page }) => {
  await open("crew", "/sessions/crew-memory");
  await page.getByLabel("Key").fill("seen");
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.locator(".entry")).toHaveCount(1);
  await open("crew", "/sessions/crew-memory?key=nothing");
  await expect(page.getByRole("heading", { name: "No entry matches" })).toBeVisible();
});

test("long values are cut and open in full; scripts are text", async ({ open, page }) => {
  await open("crew", "/sessions/crew-memory");
  const long = page.locator(".entry").filter({ has: page.getByRole("heading", { name: "long" }) });
  await expect(long.getByText("line 50 of a long value").first()).toBeHidden();
  await long.locator("summary").click();
  await expect(long.getByText("line 50 of a long value").first()).toBeVisible();
  await expect(page.getByRole("heading", { name: SCRIPT })).toBeVisible();
  expect(await overflow(page)).toBe(0);
});

test("a session exports what it stored", async ({ open, page, request }) => {
  await open("crew", "/sessions/crew-memory?memory_type=semantic");
  await page.locator("summary").filter({ hasText: "Export" }).click();
  const href = await page.getByRole("link", { name: "Memory as NDJSON" }).getAttribute("href");
  expect(href).toBe("/api/v1/export/memory.ndjson?session_id=crew-memory&memory_type=semantic");
  const text = await (await request.get(new URL(href ?? "", page.url()).href)).text();
  expect(text.trim().split("\n")).toHaveLength(2);
});

test.describe("a session nobody knows", () => {
  test.use({ expectedErrors: [/404/] });

  test("is said to be unknown", async ({ open, page }) => {
    await open("crew", "/sessions/nobody");
    await expect(page.locator("main")).toContainText("nothing is remembered of a session");
  });
});
