// Real transcripts, where this machine has some: the page shows what their description says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "../fixtures.ts";
import { transcripts } from "../servers.ts";

if (transcripts) {
  const { totals } = JSON.parse(readFileSync(join(transcripts, "expected.json"), "utf8"));

  test("imported transcripts show their tokens to the last one", async ({ open, page }) => {
    await open("real", "/?from=all");
    const { input, output, cache_creation, cache_read } = totals.tokens;
    const all = (input + output + cache_creation + cache_read).toLocaleString("en-US");
    await expect(page.locator('[data-tile="tokens"] .figure')).toHaveAttribute("title", all);
  });
}
