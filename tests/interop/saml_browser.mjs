// A SAML sign-in and logout in Chromium, with scripts and without. Standard input: {app, issuer, accounts
// (one with scripts, one without)}; prints JSON: what each page was, and what axe-core found.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.cwd() + '/');
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const town = JSON.parse(readFileSync(0, 'utf8'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.localhost 127.0.0.1'],
});
const judge = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'fr-FR', bypassCSP: true });
const violations = [];

async function look(page, name) {
  const html = await page.content();
  const css = await (await page.context().request.get(town.issuer + '/guichet.css')).text();
  const copy = await judge.newPage();
  await copy.setContent(html.replace(/<script[^>]*><\/script>/, '').replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${css}</style>`));
  await copy.evaluate(axe);
  violations.push(...await copy.evaluate(async () => (await globalThis.axe.run(document)).violations.map((v) => v.id))
    .then((found) => found.map((v) => `${name}: ${v}`)));
  await copy.close();
}

async function journey(scripts, account) {
  const context = await browser.newContext({ javaScriptEnabled: scripts, ignoreHTTPSErrors: true, locale: 'fr-FR' });
  const page = await context.newPage();
  const click = async (selector) => { await Promise.all([page.waitForLoadState('load'), page.click(selector)]); };
  const refused = [];
  page.on('console', (m) => { if (/Content Security Policy/.test(m.text())) refused.push(m.text()); });
  await page.goto(town.app + '/');
  await page.fill('#identifiant', account.email);
  await page.fill('#mot-de-passe', account.password);
  await click('#se-connecter');
  if (await page.$('form[action="/information"]')) await click('main form button');
  if (!scripts) {
    await look(page, 'saml-post');
    await click('#continuer');
  }
  await page.waitForURL(town.app + '/', { timeout: 10000 }).catch((e) => { throw new Error(`${page.url()}: ${e.message} ${refused}`); });
  const reached = await page.textContent('body');
  await page.goto(town.issuer + '/mon-compte');
  await click('#se-deconnecter');
  if (!scripts) await look(page, 'logged-out-open');
  const before = await page.textContent('main');
  const framed = await page.frameLocator('iframe.word').locator('.tag').textContent({ timeout: 10000 });
  await click('main ul.list a');
  await page.waitForURL((u) => u.href.startsWith(town.issuer), { timeout: 10000 });
  if (!scripts) await look(page, 'logged-out-done');
  const after = await page.textContent('main');
  await context.close();
  return { reached, before, framed, after, refused };
}

const result = { withScripts: await journey(true, town.accounts[0]), without: await journey(false, town.accounts[1]), violations };
await browser.close();
process.stdout.write(JSON.stringify(result));
