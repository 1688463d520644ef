// The sections Comptes, Agents, Clés, Journal, Files d'attente and État, as an administrator goes through them,
// scripts off; each page is looked at. Standard input: {admin, account, citizen, folder}; prints JSON.
import { readFileSync } from 'node:fs';
import { judge, launch, totp } from './look.mjs';

const town = JSON.parse(readFileSync(0, 'utf8'));
const browser = await launch();
const results = [], facts = {};
const judgement = await browser.newContext({ locale: 'fr-FR', bypassCSP: true });

async function look(page, name) {
  results.push(await judge(page, judgement, name));
  if (!town.folder) return;
  for (const width of [320, 1100]) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: `${town.folder}/section-${String(results.length).padStart(2, '0')}-${name}-${width}.png`, fullPage: true });
  }
}
const click = async (page, selector) => { await Promise.all([page.waitForNavigation(), page.click(selector)]); };
const main = (page) => page.innerText('main');

const plain = await browser.newContext({ locale: 'fr-FR', javaScriptEnabled: false });
const page = await plain.newPage();
await page.goto(town.admin + '/comptes');
await page.fill('[name=identifiant]', town.account.login);
await page.fill('[name=mot-de-passe]', town.account.password);
await click(page, 'main form button');
for (let used = 0; await page.$('#code');) {
  const step = Math.floor(Date.now() / 30000);
  if (step <= used) { await new Promise((done) => setTimeout(done, 500)); continue; }
  used = step;
  await page.fill('#code', totp(town.account.totp_secret, step));
  await click(page, 'main form button');
}

// ---- Comptes ----
await look(page, 'comptes');
await page.fill('#compte', 'personne@exemple.fr');
await click(page, '#chercher');
facts.kept = await page.inputValue('#compte');
await look(page, 'comptes-personne');
await page.fill('#compte', town.citizen.email);
await click(page, '#chercher');
await look(page, 'compte');
facts.address_in_address = page.url().includes('@') || page.url().includes('%40');
await click(page, '#changer');
await look(page, 'compte-fermer');
await page.fill('#raison', 'Ce compte a été ouvert deux fois.');
await click(page, '#fermer');
facts.closed = (await main(page)).includes('Le compte est fermé');
await look(page, 'compte-ferme');
const citizen = await (await browser.newContext({ locale: 'fr-FR', javaScriptEnabled: false })).newPage();
await citizen.goto(town.issuer + '/connexion');
await citizen.fill('#identifiant', town.citizen.email);
await citizen.fill('#mot-de-passe', town.citizen.password);
await click(citizen, '#se-connecter');
facts.reason_read = (await main(citizen)).includes('Ce compte a été ouvert deux fois.');
await look(citizen, 'citoyen-compte-ferme');
await click(page, '#changer');
await look(page, 'compte-rouvrir');
await click(page, '#rouvrir');
facts.opened = (await main(page)).includes('Le compte est rouvert');

// ---- Agents ----
await page.goto(town.admin + '/agents');
await look(page, 'agents');
await click(page, 'main td a, main th a');
await look(page, 'agent');
await click(page, '#effacer');
await look(page, 'agent-facteurs');
await page.goBack();
await click(page, '#terminer');
await look(page, 'agent-sessions');
await page.goto(town.admin + '/agents/code');
await page.fill('#identifiant', 'personne');
await click(page, '#imprimer');
await look(page, 'agent-code-personne');
await page.fill('#identifiant', town.agent);
await click(page, '#imprimer');
facts.code = /^[0-9A-Z]{4}(-[0-9A-Z]{4})+$/.test((await page.innerText('#le-code')).trim());
await look(page, 'agent-code');
await page.emulateMedia({ media: 'print' });
await look(page, 'agent-code-imprime');
await page.emulateMedia({ media: 'screen' });

// ---- Journal ----
await page.goto(town.admin + '/journal?evenement=account');
facts.found = (await main(page)).includes('account.disable');
await look(page, 'journal');
await page.goto(town.admin + '/journal?du=hier');
await look(page, 'journal-faux');
await page.goto(town.admin + '/journal?evenement=account');
await click(page, '#exporter');
await look(page, 'journal-export');
const [download] = await Promise.all([page.waitForEvent('download'), page.click('#exporter')]);
facts.csv = readFileSync(await download.path(), 'utf8').startsWith('time,event,reason,partner,actor,request,count\r\n');
await page.goto(town.admin + '/journal/verifier');
await click(page, '#verifier');
facts.intact = (await main(page)).includes('Le journal est intact');
await look(page, 'journal-verifier');

// ---- Files, État, Clés ----
await page.goto(town.admin + '/files');
await look(page, 'files');
await page.goto(town.admin + '/etat');
facts.state = (await main(page)).includes('Tout répond');
await look(page, 'etat');
await page.goto(town.admin + '/cles');
await look(page, 'cles');
await page.goto(town.admin + '/cles/changer?cle=ES256');
await look(page, 'cle-changer');
await click(page, '#avancer');
facts.rotated = (await main(page)).includes('La nouvelle clé est publiée');
await look(page, 'cles-apres');
for (let i = 0; i < 60 && !(facts.next = (await main(page)).includes('Prochaine, ne signe pas encore')); i++) {
  await new Promise((done) => setTimeout(done, 250));
  await page.goto(town.admin + '/cles');
}
await look(page, 'cles-prochaine');
await page.goto(town.admin + '/cles/changer?cle=ES256');
facts.too_early = (await main(page)).includes('Pas avant le') && !(await page.$('#avancer'));
await look(page, 'cle-trop-tot');
await browser.close();
console.log(JSON.stringify({ results, facts }));
