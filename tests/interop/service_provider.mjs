// @node-saml/node-saml as a service of ours. Standard input: {issuer, idp, entry, logout_url, certificate, key,
// own_certificate, acs, slo, cache, step, ...}; each call does one step, since the citizen's browser is the
// test's. `cache` is what the service remembers of the requests that it sent; every answer carries it on.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.cwd() + '/');
const { SAML, ValidateInResponseTo } = require('@node-saml/node-saml');
const input = JSON.parse(readFileSync(0, 'utf8'));
const cache = input.cache ?? {};
const saml = new SAML({
  issuer: input.issuer, callbackUrl: input.acs, logoutCallbackUrl: input.slo, audience: input.issuer,
  entryPoint: input.entry, logoutUrl: input.logout_url, idpIssuer: input.idp, idpCert: input.certificate,
  privateKey: input.key, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256',
  wantAssertionsSigned: true, wantAuthnResponseSigned: input.response_signed ?? true,
  identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  forceAuthn: input.force ?? false, passive: input.passive ?? false, acceptedClockSkewMs: 0,
  // Of a LogoutResponse by POST the library does not find the attribute.
  validateInResponseTo: input.step === 'logout-answered' ? ValidateInResponseTo.ifPresent : ValidateInResponseTo.always,
  cacheProvider: {
    async saveAsync(key, value) { cache[key] = value; return { value, createdAt: Date.now() }; },
    async getAsync(key) { return cache[key] ?? null; },
    async removeAsync(key) { delete cache[key]; return key; },
  },
});

// A message by either binding, as the browser brought it.
async function received(message) {
  if (message.query === undefined) {
    return message.fields.SAMLRequest ? saml.validatePostRequestAsync(message.fields) : saml.validatePostResponseAsync(message.fields);
  }
  const fields = Object.fromEntries(new URLSearchParams(message.query));
  // The library takes a query without a signature for a good one.
  if (!fields.Signature) throw new Error('unsigned');
  return saml.validateRedirectAsync(fields, message.query);
}

async function step() {
  if (input.step === 'metadata') return { metadata: saml.generateServiceProviderMetadata(null, input.own_certificate) };
  if (input.step === 'start') return { url: await saml.getAuthorizeUrlAsync(input.relay_state ?? '', '', {}) };
  if (input.step === 'start-post') return { fields: await saml.getAuthorizeMessageAsync(input.relay_state ?? '', '', {}) };
  if (input.step === 'logout') return { url: await saml.getLogoutUrlAsync(input.profile, input.relay_state ?? '', {}) };
  const { profile, loggedOut } = await received(input.message);
  if (input.step !== 'logout-asked') return { profile, loggedOut };
  return { profile, url: await saml.getLogoutResponseUrlAsync(profile, input.relay_state ?? '', {}, true) };
}

let answer;
try {
  answer = await step();
} catch (e) {
  answer = { refused: e.message };
}
process.stdout.write(JSON.stringify({ ...answer, cache }));
