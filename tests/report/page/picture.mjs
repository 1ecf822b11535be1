// SPDX-License-Identifier: Apache-2.0
// node picture.mjs REPORT OUTPUT.png|OUTPUT.pdf WIDTH [HEIGHT] [dark] [SECTION]: how the page looks; without a height the whole of it.
import { withPage } from './browser.mjs';

const [file, output, width, height, ...more] = process.argv.slice(2);
const section = more.find((word) => word !== 'dark');
await withPage(file, { width: Number(width), height: Number(height ?? 0) || 900, dark: more.includes('dark'), everything: section !== undefined || !height }, async (page) => {
  await page.waitForTimeout(300);
  if (output.endsWith('.pdf')) await page.pdf({ path: output, format: 'A4' });
  else if (section) await page.locator(`#${section}`).screenshot({ path: output });
  else await page.screenshot({ path: output, fullPage: !height });
});
