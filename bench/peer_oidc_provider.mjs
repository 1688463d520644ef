// oidc-provider as a peer of the bench: two clients, accounts without a password to hash, everything in memory,
// no page to agree to. Arguments: PORT ISSUER REDIRECT_URI SECRET.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('npm/', import.meta.url));
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);
const [port, issuer, redirect, secret] = process.argv.slice(2);

const key = (kind, options, alg) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), alg, kid: alg, use: 'sig' });
const client = (alg) => ({
  client_id: `bench-${alg.toLowerCase()}`, client_secret: secret, redirect_uris: [redirect], response_types: ['code'],
  grant_types: ['authorization_code'], id_token_signed_response_alg: alg, token_endpoint_auth_method: 'client_secret_basic',
});

const provider = new Provider(issuer, {
  clients: [client('ES256'), client('RS256')],
  jwks: { keys: [key('ec', { namedCurve: 'P-256' }, 'ES256'), key('rsa', { modulusLength: 2048 }, 'RS256')] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 3600, Session: 86400 },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  async loadExistingGrant(ctx) {
    const { oidc } = ctx;
    const known = oidc.session.grantIdFor(oidc.client.clientId);
    if (known) return oidc.provider.Grant.find(known);
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

async function interaction(req, res) {
  let body = '';
  for await (const chunk of req) body += chunk;
  if (req.method === 'GET') {
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    res.end('<!doctype html><form method="post"><input name="identifiant"><input name="mot-de-passe" type="password"></form>');
    return;
  }
  await provider.interactionFinished(req, res, { login: { accountId: new URLSearchParams(body).get('identifiant') } });
}

const callback = provider.callback();
createServer((req, res) => (req.url.startsWith('/interaction/') ? interaction(req, res) : callback(req, res)))
  .listen(Number(port), '127.0.0.1');
