// The agents of a crew whose records are in records.ts: how they are, what they did, and where all of it leads.
import { expect, linkTo, live, server, test } from "../fixtures.ts";
import { crew } from "../records.ts";

test("agents are listed with their states, counted above the list", async ({ open, page }) => {
  await open("crew", "/agents?sort=agent_id&order=asc");
  const rows = page.locator("main .list tbody tr");
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText("finished"); // beater, done, quiet
  await expect(rows.nth(2)).toContainText("unknown");
  await expect(rows.nth(0)).toContainText("66.6"); // two of three tasks succeeded
  const states = page.getByRole("list", { name: "Agents by state" });
  await expect(states).toContainText("3 all");
  await states.getByRole("link", { name: /unknown/ }).click();
  await expect(page).toHaveURL(/state=unknown/);
  await expect(rows).toHaveCount(1);
  await expect(rows.first().locator("th a")).toHaveText("quiet");
  await expect(states).toContainText("3 all"); // counts are of all states, whichever is chosen
});

test("cards show what the table shows, and the address says so", async ({ open, page }) => {
  await open("crew", "/agents?sort=agent_id&order=asc");
  await page.getByRole("link", { name: "Cards" }).click();
  await expect(page).toHaveURL(/view=cards/);
  const cards = page.locator(".agent-card");
  await expect(cards).toHaveCount(3);
  const quiet = cards.filter({ hasText: "quiet" });
  await expect(quiet).toContainText("no heartbeat was ever received");
  await expect(quiet).toContainText("50.0"); // one of two
  await linkTo(page, "agents", "quiet").click();
  await expect(page).toHaveURL(/\/agents\/quiet/);
});

test("an agent says how it is and why", async ({ open, page }) => {
  await open("crew", "/agents/beater?from=now-1h");
  const health = page.locator(".health-line");
  await expect(health).toContainText(/one is expected every 10\ss, learned from its last 16 beats/);
  await open("crew", "/agents/quiet");
  await expect(health).toHaveAttribute("data-state", "unknown");
  await open("crew", "/agents/done");
  await expect(health).toHaveAttribute("data-state", "finished");
});

test("a life shows every registration, the heartbeats and the tasks by result", async ({ open, page }) => {
  await open("crew", "/agents/beater?from=now-1h");
  const life = page.locator('[data-panel="life"]');
  await expect(life).toContainText("2 of 2 lives here · 20 heartbeats · 3 tasks");
  await expect(life.locator(".lane-names li")).toHaveText([/Life 2 running/, /Life 1 error/, /Heartbeats 20/, /success 2/, /failure 1/]);
  await life.getByText("View as table").click();
  const rows = life.locator("tbody tr");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText("error");
  await expect(rows.nth(1)).toContainText(/10\smin/); // from 3000 to 2400 s ago
});

test("its metrics, healings, events, swarms and memory are there and lead on", async ({ open, page }) => {
  await open("crew", "/agents/beater?from=now-1h");
  const load = page.locator(".chart-panel").filter({ has: page.getByRole("heading", { name: "load", exact: true }) });
  await expect(load).toContainText("3 values");
  await expect(load).toContainText("mean2"); // of 1, 2 and 3
  const healings = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Healings" }) });
  await expect(healings.locator("tbody tr")).toContainText(["restart"]);
  await expect(healings).toContainText(/1\.5\ss/);
  await expect(linkTo(page, "swarms", "crew")).toBeVisible();
  await expect(page.locator("dd").getByRole("link", { name: "tasks" })).toHaveAttribute("href", "/tasks?from=now-1h&agent_id=beater");
  await linkTo(page, "sessions", "crew-memory").click();
  await expect(page).toHaveURL(/\/sessions\/crew-memory/);
});

test("what is posted appears on the page of its agent", async ({ open, page, request }) => {
  const id = `posted-${Date.now()}-${test.info().project.name}`;
  const now = Date.now();
  const records = [
    { kind: "task", task_id: `${id}-task`, agent_id: id, result: "success", duration_ms: 2500, timestamp: now - 60_000 },
    ...[50, 40, 30, 20, 10].map((s) => ({ kind: "event", event_type: "heartbeat", agent_id: id, timestamp: now - s * 1000 })),
  ];
  const answer = await request.post(`${server("posts")}/api/v1/ingest`, { data: records });
  expect((await answer.json()).accepted).toBe(6);
  await open("posts", `/agents/${id}?from=now-15m`);
  await expect(page.locator('[data-panel="life"]')).toContainText("5 heartbeats · 1 tasks");
  await expect(page.locator('[data-tile="duration"] .figure')).toHaveAttribute("title", /2,500/);
  await expect(page.locator(".health-line")).toContainText("learned from its last 5 beats");
});

test("a bar opens its task by pointer and by keyboard", async ({ open, page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "only a live page draws a canvas");
  expect(crew(0).length).toBeGreaterThan(30);
  await open("crew", "/agents/beater?from=now-1h");
  const plot = page.locator('[data-panel="life"] .lane-cursor');
  await plot.scrollIntoViewIfNeeded();
  await plot.focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowDown"); // life 2, life 1, heartbeats, success
  await expect(page.locator('[data-panel="life"] .tooltip')).toContainText("crew-");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/tasks\/crew-[13]\?at=/);
  await live(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/crew-[13]/);
});
