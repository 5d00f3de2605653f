/** What a page may not do on a narrow window. */
import { expect, type Page } from "@playwright/test";

/** Checks that a page has no horizontal overflow at 360 px: neither the window nor a dialog scrolls sideways. */
export async function expectNoOverflow(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 800 });
  await expect.poll(() => page.evaluate(findOverflow), `${name} at 360 px`).toEqual([]);
  if (before) await page.setViewportSize(before);
}

/** The elements that reach beyond the window. The content of an element that scrolls or clips may do so. */
function findOverflow(): string[] {
  const { clientWidth, scrollWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide`] : [];
  const isContained = (element: Element): boolean => {
    for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
      if (getComputedStyle(parent).overflowX !== "visible") return true;
    }
    return false;
  };
  for (const element of document.body.querySelectorAll("*")) {
    const { left, right, width, height } = element.getBoundingClientRect();
    const isOutside = width > 0 && height > 0 && (right > clientWidth + 1 || left < -1);
    if (isOutside && element.checkVisibility() && !isContained(element)) {
      found.push(`${element.tagName} ${element.className} from ${left} to ${right}`);
    }
  }
  for (const dialog of document.querySelectorAll("[role=dialog], [role=dialog] *")) {
    const { overflowX } = getComputedStyle(dialog);
    const scrolls = overflowX === "auto" || overflowX === "scroll";
    if (scrolls && dialog.tagName !== "PRE" && dialog.scrollWidth > dialog.clientWidth + 1) {
      found.push(`${dialog.tagName} ${dialog.className} scrolls sideways`);
    }
  }
  return found;
}
