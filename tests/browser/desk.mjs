// The agents' door of a service in Chromium with scripts off, by keyboard: list, reason, filing, an error, the end;
// and who has read, as the responsable sees it. Each page is looked at. Standard input: {doors: [{url, login,
// password, code}], number, folder}; prints JSON.
import { readFileSync } from 'node:fs';
import { judge, launch } from './look.mjs';

const given = JSON.parse(readFileSync(0, 'utf8'));
const browser = await launch();
const results = [], facts = {};
const judgement = await browser.newContext({ locale: 'fr-FR', bypassCSP: true, ignoreHTTPSErrors: true });

async function look(page, name) {
  results.push(await judge(page, judgement, name));
  if (given.folder)
    await page.screenshot({ path: `${given.folder}/desk-${String(results.length).padStart(2, '0')}-${name}.png`, fullPage: true });
}
const click = async (page, selector) => { await Promise.all([page.waitForNavigation(), page.click(selector)]); };
const enter = async (page, selector) => { await page.focus(selector); await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]); };
const at = (page) => new URL(page.url()).pathname;

async function signIn(door) {
  const context = await browser.newContext({ locale: 'fr-FR', javaScriptEnabled: false, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(door.url + '/agents');
  await page.fill('#identifiant', door.login);
  await page.fill('#mot-de-passe', door.password);
  await click(page, '#se-connecter');
  await page.fill('#code', door.code);
  await page.click('#verifier-code', { noWaitAfter: true });
  // The page that sets a Strict cookie leads on by itself, before it has loaded.
  await page.locator('#se-deconnecter').waitFor();
  return page;
}

const page = await signIn(given.doors[0]);
facts.came_in = at(page);
await look(page, 'list');
await enter(page, `a[href$="${given.number}"]`);
await look(page, 'reason');
await enter(page, 'main form button');
facts.reason_asked = await page.locator('[role=alert]').innerText();
await look(page, 'reason-missing');
await page.focus('#raison-instruction');
await page.keyboard.press('Space');
await enter(page, 'main form button');
await look(page, 'filing');
await enter(page, '#marquer-recue');
await look(page, 'filing-received');
await page.fill('#mot', 'x'.repeat(1001));
await enter(page, '#terminer');
facts.kept = (await page.inputValue('#mot')).length;
await look(page, 'word-too-long');
await page.fill('#mot', 'Votre acte est parti.\nÀ bientôt.');
await enter(page, '#terminer');
facts.closed = (await page.innerText('main')).includes('Terminée');
await look(page, 'filing-closed');
await page.goto(given.doors[0].url + '/agents/lectures');
await look(page, 'refused');
await page.goto(given.doors[0].url + '/agents?lang=en');
await look(page, 'list-english');

const chief = await signIn(given.doors[1]);
await chief.goto(given.doors[1].url + '/agents/lectures');
facts.readings = at(chief);
await look(chief, 'readings');
await enter(chief, '#se-deconnecter');
facts.out = await chief.goto(given.doors[1].url + '/agents').then(() => new URL(chief.url()).host !== new URL(given.doors[1].url).host);
await browser.close();
console.log(JSON.stringify({ results, facts }));
